import { normalizeRows } from '../../embeddings.js'
import type { Model } from '../../model/model.js'
import { marksOf } from '../../standing.js'
import type { CommandContext } from '../command.js'
import type { PixelChoice } from '../images/pixel-options.js'
import { failedRow, writeFileRows } from '../rows/file-rows.js'
import type { Comparison } from '../rows/film-key.js'
import type { RowFile } from '../rows/row-file.js'
import { jsonFloats } from './embed-texts.js'

export const parts = ['global', 'patches', 'pooled'] as const
export type Part = (typeof parts)[number]

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
  how: PixelChoice & {
    what: Part
    normalize: boolean
    ahead?: number
    isNpy: boolean
    comparison: Comparison
  },
  context: CommandContext,
): Promise<void> {
  const { what, normalize, isNpy, comparison, ...encode } = how
  const width = model.facts.image?.dimension ?? 0
  await writeFileRows(files, file, { stage: 'embed', comparison }, context, async function* (rest) {
    let next = file.written
    const stream = model.encodeImageStream(rest, { ...encode, signal: context.signal })
    for await (const { input, encoding, error } of stream) {
      const name = input as string
      if (!encoding) {
        yield failedRow(name, error, context)
        continue
      }
      for (const { message } of encoding.film.warnings) context.note(`${name}: ${message}`)
      const data = encoding[what]
      if (normalize && what !== 'pooled') normalizeRows(data, width)
      const line = isNpy ? { row: next++, file: name } : { file: name, embedding: jsonFloats(data) }
      yield { name, data, line: JSON.stringify({ ...line, ...marksOf(model) }) }
    }
  })
}
