import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import type { Embeddings } from '../../embeddings.js'
import { type Model, textModelOf } from '../../model/model.js'
import { marksOf } from '../../standing.js'
import { WINDOW } from '../../text/stream.js'
import type { CommandContext } from '../command.js'
import type { RowFile } from '../rows/row-file.js'
import { earlierRows } from './earlier-rows.js'
import { type Row, readRows, type TextSource } from './read-texts.js'

/** What a job with a row a text asks of its output: a stream can go on where a window begins. */
export const textRows = { keySize: 32, unit: WINDOW } as const

/** Stands for a row without a text: no text may hold half a surrogate, so nothing is computed for it. */
const NO_TEXT = '\ud800'

/** Embeds all rows of a source that are not done yet; returns the number of all rows. */
export async function embedTexts(
  model: Model,
  source: TextSource,
  file: RowFile,
  how: { normalize: boolean; punctuation: 'strip' | 'keep'; isNpy: boolean },
  total: number | undefined,
  context: CommandContext,
): Promise<number> {
  const { isNpy, ...options } = how
  const errors = new Map<number, Error>()
  const waiting: Row[] = []
  let read = 0
  async function* texts(): AsyncGenerator<string> {
    for await (const row of readRows(source, context.signal)) {
      const index = read++
      if (index < file.done) compare(file, index, row)
      else waiting.push(row)
      if (row.text === undefined && index >= file.done) errors.set(index, row.error)
      yield row.text ?? NO_TEXT
    }
  }
  let written = file.done
  const embed = {
    ...options,
    signal: context.signal,
    onProgress: ({ done }: { done: number }) =>
      context.onProgress({
        stage: 'embed',
        item: basename(source.path),
        done,
        unit: 'texts',
        ...(total === undefined ? {} : { total }),
      }),
    onInvalid: (error: Error, index: number) => {
      if (!errors.has(index)) errors.set(index, error)
    },
  }
  const stream = textModelOf(model).embedStream(texts(), embed, earlierRows(file, isNpy, model.dimension))
  for await (const embeddings of stream) {
    const rows = waiting.splice(0, embeddings.length)
    for (const [index, error] of errors) {
      embeddings.at(index - written).fill(Number.NaN)
      context.note(`text ${index}: ${error.message}`)
    }
    const first = written
    await file.append({
      keys: Buffer.concat(rows.map(keyOf)),
      data: embeddings.data,
      lines: rows.map((row, i) => jsonLine(first + i, row, embeddings, i, errors.get(first + i))),
      failed: errors.size,
    })
    written += embeddings.length
    errors.clear()
  }
  return read
}

function compare(file: RowFile, index: number, row: Row): void {
  if (!keyOf(row).equals(file.key(index)))
    throw file.cannotResume(`text ${index} is not the one of the run before`)
}

/** A hash: what is kept beside the output for a later run must not tell what a report says. */
function keyOf(row: Row): Buffer {
  return createHash('sha256')
    .update(row.text === undefined ? NO_TEXT : `text ${row.text}`)
    .digest()
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
