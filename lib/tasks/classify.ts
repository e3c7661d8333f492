import type { EncodeStreamOptions, FilmInput, ImageModel } from '../image/image-model.js'
import {
  embedLabels,
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
  /** What cosines are divided by before the softmax (default 0.5). It changes no order. */
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

/** Scores a stream of images in order; the prompts are embedded once, a broken image costs only itself. */
export async function* classifyImages(
  model: { readonly text: TextModel; readonly image: ImageModel; readonly standing: Standing },
  images: Iterable<FilmInput> | AsyncIterable<FilmInput>,
  labels: Labels,
  { temperature, ...options }: ClassifyOptions,
): AsyncGenerator<Classified, void, undefined> {
  const prompts = typeof labels === 'string' ? promptSet(labels) : readPrompts(labels)
  const texts = await model.text.embed(promptTexts(prompts), {
    normalize: false,
    ...(options.signal && { signal: options.signal }),
  })
  const embedded = embedLabels(prompts, texts)
  for await (const { index, input, encoding, error } of model.image.encodeStream(images, options)) {
    if (!encoding) yield { index, input, error }
    else {
      const scores = scoreLabels(encoding.global, embedded, temperature)
      yield { index, input, scores, warnings: encoding.film.warnings, ...marksOf(model.standing) }
    }
  }
}
