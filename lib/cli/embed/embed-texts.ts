import { basename } from 'node:path'
import type { Embeddings } from '../../embeddings.js'
import type { Model } from '../../model/model.js'
import { marksOf } from '../../standing.js'
import type { CommandContext } from '../command.js'
import type { RowFile } from '../rows/row-file.js'
import { type Row, readRows, type TextSource } from './read-texts.js'

/** Embeds all rows of a source that are not done yet; returns the number of all rows. */
export async function embedTexts(
  model: Model,
  source: TextSource,
  file: RowFile,
  how: { normalize: boolean; punctuation: 'strip' | 'keep' },
  total: number | undefined,
  context: CommandContext,
): Promise<number> {
  const errors = new Map<number, Error>()
  const waiting: Row[] = []
  let read = 0
  async function* texts(): AsyncGenerator<string> {
    for await (const row of readRows(source)) {
      const index = read++
      if (index < file.done) {
        file.skip(keyOf(row))
        continue
      }
      waiting.push(row)
      if (row.text === undefined) errors.set(index, row.error)
      yield row.text ?? ''
    }
  }
  let written = file.done
  const stream = model.embedTextStream(texts(), {
    ...how,
    signal: context.signal,
    onProgress: ({ done }) =>
      context.onProgress({
        stage: 'embed',
        item: basename(source.path),
        done: file.done + done,
        unit: 'texts',
        ...(total === undefined ? {} : { total }),
      }),
    onInvalid: (error, index) => errors.set(file.done + index, error),
  })
  for await (const embeddings of stream) {
    const rows = waiting.splice(0, embeddings.length)
    for (const [index, error] of errors) {
      embeddings.at(index - written).fill(Number.NaN)
      context.note(`text ${index}: ${error.message}`)
    }
    const first = written
    await file.append({
      keys: rows.map(keyOf),
      data: embeddings.data,
      lines: rows.map((row, i) => jsonLine(first + i, row, embeddings, i, errors.get(first + i))),
      failed: errors.size,
    })
    written += embeddings.length
    errors.clear()
  }
  return read
}

function keyOf(row: Row): string {
  return row.text === undefined ? '\u0001' : `\u0000${row.text}`
}

function jsonLine(
  index: number,
  row: Row,
  embeddings: Embeddings,
  at: number,
  error: Error | undefined,
): string {
  if (error) {
    const { message, code } = error as Error & { code?: string }
    return JSON.stringify({ index, text: row.text ?? null, error: { code, message } })
  }
  return JSON.stringify({
    index,
    text: row.text,
    embedding: jsonFloats(embeddings.at(at)),
    ...marksOf(embeddings),
  })
}

/** Nine significant digits give back the same float32. */
export function jsonFloats(values: Float32Array): number[] {
  return Array.from(values, (value) => Number(value.toPrecision(9)))
}
