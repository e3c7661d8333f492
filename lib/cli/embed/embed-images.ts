import { normalizeRows } from '../../embeddings.js'
import type { Model } from '../../model/model.js'
import type { CommandContext } from '../command.js'
import type { RowFile } from '../rows/row-file.js'
import { jsonFloats } from './embed-texts.js'

export const parts = ['global', 'patches', 'pooled'] as const
export type Part = (typeof parts)[number]

/** Rows that are written, and survive a kill, together. */
const BLOCK = 16

/** Shape of one image's row. */
export function rowShape(model: Model, what: Part): number[] {
  const facts = model.facts.image
  if (!facts) return []
  if (what === 'pooled') return [facts.pooled]
  return what === 'global' ? [facts.dimension] : [facts.grid * facts.grid, facts.dimension]
}

/** Embeds the files that are not done yet; a broken file gets an error line and costs only itself. */
export async function embedImages(
  model: Model,
  files: readonly string[],
  file: RowFile,
  how: {
    what: Part
    normalize: boolean
    dicom?: 'display' | 'reference'
    frame?: number
    ahead?: number
    isNpy: boolean
  },
  context: CommandContext,
): Promise<void> {
  for (const name of files.slice(0, file.done)) file.skip(name)
  const rest = files.slice(file.done)
  const { what, normalize, isNpy, ...encode } = how
  const width = model.facts.image?.dimension ?? 0
  let done = file.done
  let block: { name: string; line: string; row?: Float32Array }[] = []
  const flush = async () => {
    const rows = block.map(({ row }) => row).filter((row) => row !== undefined)
    const data = new Float32Array(rows.reduce((sum, row) => sum + row.length, 0))
    rows.reduce((at, row) => {
      data.set(row, at)
      return at + row.length
    }, 0)
    await file.append({
      keys: block.map(({ name }) => name),
      data,
      lines: block.map(({ line }) => line),
      failed: block.length - rows.length,
    })
    block = []
  }
  const report = () => context.onProgress({ stage: 'embed', done, total: files.length, unit: 'files' })
  report()
  let next = file.written
  for await (const { index, encoding, error } of model.encodeImageStream(rest, {
    ...encode,
    signal: context.signal,
  })) {
    const name = rest[index] as string
    if (encoding) {
      const row = encoding[what]
      if (normalize && what !== 'pooled') normalizeRows(row, width)
      for (const { message } of encoding.film.warnings) context.note(`${name}: ${message}`)
      block.push({
        name,
        row,
        line: JSON.stringify(
          isNpy ? { row: next++, file: name } : { file: name, embedding: jsonFloats(row) },
        ),
      })
    } else {
      context.signal.throwIfAborted()
      const { message, code } = error as Error & { code?: string }
      context.note(message)
      block.push({ name, line: JSON.stringify({ file: name, error: { code, message } }) })
    }
    done++
    report()
    if (block.length >= BLOCK) await flush()
  }
  if (block.length > 0) await flush()
}
