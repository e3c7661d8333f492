import { Embeddings } from '../embeddings.js'
import { argumentError, wrongType } from '../errors.js'
import type { FilmInput } from '../image/image-model.js'
import { OwnedFilm } from '../image/owned.js'
import { type PixelOptions, pixelSchema, pixelsOf } from '../image/pixel-options.js'
import type { ImageInput } from '../image/types.js'
import { oneOf, optional, own, readOptions, signal } from '../options.js'
import { ensemble } from '../prompts/index.js'
import { type Marked, marksOf, type Standing } from '../standing.js'
import { ownText, type Punctuation, type TextInput } from '../text/prompts.js'

/** Cosine similarities: `scores[i][j]` is of rows[i] and columns[j], from -1 to 1. */
export interface SimilarityMatrix extends Marked {
  readonly rows: readonly SimilarityItem[]
  readonly columns: readonly SimilarityItem[]
  readonly scores: number[][]
}

/** A text or pair of texts; several texts whose mean stands for them (a prompt ensemble); or an image. */
export type SimilarityItem =
  | TextInput
  | { readonly texts: readonly TextInput[] }
  | { readonly image: ImageInput; readonly prior?: ImageInput }

export interface SimilarityOptions extends PixelOptions {
  punctuation?: Punctuation
  signal?: AbortSignal
}

const schema = {
  punctuation: optional(oneOf('strip', 'keep')),
  ...pixelSchema,
  signal,
}

/** What a model embeds items with; a part that it lacks throws. */
export interface Embedders {
  text(texts: readonly TextInput[], options: object): Promise<Embeddings>
  image(images: readonly OwnedFilm[], options: object): Promise<Embeddings>
  readonly standing: Standing
}

/** Cosines of every row with every column; everything is checked before anything is embedded. */
export async function similarityMatrix(
  embedders: Embedders,
  rows: readonly SimilarityItem[],
  columns: readonly SimilarityItem[],
  options: SimilarityOptions | undefined,
): Promise<SimilarityMatrix> {
  const read = readOptions(options, schema)
  const rowItems = readItems(rows, 'rows')
  const columnItems = columns === rows ? rowItems : readItems(columns, 'columns')
  const given = { rows: [...rows], columns: [...columns] }
  const a = await embedItems(embedders, rowItems, read)
  const b = columnItems === rowItems ? a : await embedItems(embedders, columnItems, read)
  const scores = a.similarity(b)
  const m = columnItems.length
  return {
    ...given,
    scores: rowItems.map((_, i) => Array.from(scores.subarray(i * m, (i + 1) * m))),
    ...marksOf(embedders.standing),
  }
}

/** An item as an image, or as the texts whose mean it is; copies of what the caller may change meanwhile. */
type Item =
  | { readonly image: OwnedFilm; readonly texts: undefined }
  | { readonly image: undefined; readonly texts: readonly TextInput[] }

function readItems(items: unknown, name: string): Item[] {
  if (!Array.isArray(items)) throw wrongType(name, 'an array', items)
  return Array.from(items, (item: unknown, i) => readItem(item, `${name}[${i}]`))
}

function readItem(item: unknown, name: string): Item {
  // The encoder checks texts and pairs itself.
  if (typeof item === 'string') return { image: undefined, texts: [item] }
  if (Array.isArray(item)) return { image: undefined, texts: [ownText(item as unknown as TextInput)] }
  if (typeof item === 'object' && item !== null) {
    if (Object.hasOwn(item, 'image')) return { image: OwnedFilm.of(item as FilmInput), texts: undefined }
    const texts = own(item, 'texts')
    if (Array.isArray(texts)) {
      if (texts.length > 0) return { image: undefined, texts: Array.from(texts, ownText) }
      const message = `Expected at least one text for ${name}.texts but received none`
      throw argumentError('ERR_INVALID_ARG_VALUE', message)
    }
  }
  throw wrongType(name, 'a text, a pair of texts, { texts: […] } or { image }', item)
}

async function embedItems(
  { text, image, standing }: Embedders,
  items: readonly Item[],
  options: ReturnType<typeof readOptions<typeof schema>>,
): Promise<Embeddings> {
  const { punctuation, signal: abort } = options
  const images = items.flatMap((item) => (item.image === undefined ? [] : [item.image]))
  const texts = items.flatMap((item) => (item.image === undefined ? item.texts : []))
  const common = { normalize: false, signal: abort }
  const ofImages = images.length > 0 ? await image(images, { ...common, ...pixelsOf(options) }) : undefined
  const ofTexts =
    texts.length > 0 || items.length === 0 ? await text(texts, { ...common, punctuation }) : undefined
  const d = (ofImages ?? (ofTexts as Embeddings)).dims[1]
  const data = new Float32Array(items.length * d)
  let nextImage = 0
  let nextText = 0
  for (const [i, item] of items.entries()) {
    if (item.image !== undefined) data.set((ofImages as Embeddings).at(nextImage++), i * d)
    else {
      const rows = (ofTexts as Embeddings).data.subarray(nextText * d, (nextText + item.texts.length) * d)
      data.set(ensemble(rows, d), i * d)
      nextText += item.texts.length
    }
  }
  const { untrained, demonstration } = standing
  return new Embeddings(data, [items.length, d], { normalized: false, untrained, demonstration })
}
