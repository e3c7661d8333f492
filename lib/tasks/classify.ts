import { wrongType } from '../errors.js'
import {
  type EncodeStreamOptions,
  type FilmInput,
  type Films,
  type ImageModel,
  streamSchema,
} from '../image/image-model.js'
import { ownFilms } from '../image/owned.js'
import { numberAbove, optional, readOptions } from '../options.js'
import {
  embedLabels,
  type LabelPrompts,
  type LabelScore,
  type PromptSetName,
  type Prompts,
  promptSet,
  promptTexts,
  readPrompts,
  scoreLabels,
} from '../prompts/index.js'
import { type Marked, marksOf, type Standing } from '../standing.js'
import type { TextModel } from '../text/text-model.js'
import type { ImageWarning } from '../warnings.js'

/** Labels that are their own prompts, prompts by label, or the name of a built-in set. */
export type Labels = PromptSetName | Prompts

export interface ClassifyOptions extends Omit<EncodeStreamOptions, 'keepFilm'> {
  /** What cosines are divided by before the softmax, above 0 (default 0.5). It changes no order. */
  temperature?: number
}

/** Scores of one image, or why it has none. Scores rank and compare; nothing here is a calibrated probability. */
export type Classified =
  | (Marked & {
      readonly index: number
      readonly input: FilmInput
      /** In the order of the labels. */
      readonly scores: readonly LabelScore[]
      readonly warnings: readonly ImageWarning[]
      readonly error?: undefined
    })
  | { readonly index: number; readonly input: FilmInput; readonly scores?: undefined; readonly error: Error }

type Images = Iterable<FilmInput> | AsyncIterable<FilmInput>
interface Models {
  readonly text: TextModel
  readonly image: ImageModel
  readonly standing: Standing
}

const schema = { ...streamSchema, temperature: optional(numberAbove(0, Number.MAX_VALUE)) }

/**
 * Scores a stream of images in order; the prompts are embedded once, a broken image costs only itself. Arguments are
 * checked at the call, not when the first score is asked for.
 */
export function classifyImages(
  model: Models,
  images: FilmInput | Images,
  labels: Labels,
  options: ClassifyOptions | undefined,
): AsyncGenerator<Classified, void, undefined> {
  const { temperature, ...encode } = readOptions(options, schema)
  const prompts = typeof labels === 'string' ? promptSet(labels) : readPrompts(labels)
  return scoreImages(model, imagesOf(images), prompts, encode, temperature)
}

async function* scoreImages(
  model: Models,
  images: Films,
  prompts: readonly LabelPrompts[],
  options: Omit<ReturnType<typeof readOptions<typeof schema>>, 'temperature'>,
  temperature: number | undefined,
): AsyncGenerator<Classified, void, undefined> {
  const texts = await model.text.embed(promptTexts(prompts), {
    normalize: false,
    ...(options.signal && { signal: options.signal }),
  })
  const embedded = embedLabels(prompts, texts)
  for await (const { index, input, encoding, error } of model.image.stream(images, {
    ...options,
    keepFilm: false,
  })) {
    if (!encoding) yield { index, input, error }
    else {
      const scores = scoreLabels(encoding.global, embedded, temperature)
      yield { index, input, scores, warnings: encoding.film.warnings, ...marksOf(model.standing) }
    }
  }
}

/** One image as a list of it. Bytes and streams of bytes are iterable, too, but one image. Lists are copies. */
function imagesOf(images: FilmInput | Images): Films {
  if (typeof images === 'string') return ownFilms([images])
  if (Array.isArray(images)) return ownFilms(images)
  if (typeof images !== 'object' || images === null) {
    throw wrongType('images', 'an image or an iterable of images', images)
  }
  const isMany =
    !(images instanceof Uint8Array) &&
    !('pipe' in images) &&
    (Symbol.iterator in images || Symbol.asyncIterator in images)
  return isMany ? (images as Images) : ownFilms([images as FilmInput])
}
