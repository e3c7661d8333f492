import { wrongType } from '../errors.js'
import { smoothing } from '../grounding/gaussian.js'
import { type Grounding, groundPatches, type Smoothing } from '../grounding/index.js'
import type { FilmInput, ImageEncoding, ImageModel } from '../image/image-model.js'
import { type PixelOptions, pixelSchema, pixelsOf } from '../image/pixel-options.js'
import { oneOf, optional, type readOptions, signal } from '../options.js'
import type { Standing } from '../standing.js'
import type { Punctuation } from '../text/prompts.js'
import type { TextModel } from '../text/text-model.js'

export interface GroundOptions extends PixelOptions {
  /**
   * The model's Gaussian by default (the reference's, 1.5 patches, where its weights do not say otherwise);
   * `{ padding: 'zero' }` keeps peaks from the border, `false` smooths nothing.
   */
  smoothing?: Smoothing | false
  punctuation?: Punctuation
  signal?: AbortSignal
}

/** Checks the options of `ground`. */
export const groundSchema = {
  smoothing,
  punctuation: optional(oneOf('strip', 'keep')),
  ...pixelSchema,
  signal,
}

/** Whether it is an encoding that `encodeImage` gave, rather than an image. */
export function isEncoding(input: FilmInput | ImageEncoding): input is ImageEncoding {
  if (typeof input !== 'object' || input === null) return false
  return Object.hasOwn(input, 'patches') && Object.hasOwn(input, 'film')
}

function ownEncoding(encoding: ImageEncoding): ImageEncoding {
  const { patches, film } = encoding
  if (!(patches instanceof Float32Array)) throw wrongType("the encoding's patches", 'a Float32Array', patches)
  if (typeof film !== 'object' || film === null) throw wrongType("the encoding's film", 'an object', film)
  return { ...encoding, patches: patches.slice() }
}

/** Grounds phrases in one film; the film is encoded once. */
export async function groundPhrases(
  model: { readonly text: TextModel; readonly image: ImageModel; readonly standing: Standing },
  input: FilmInput | ImageEncoding,
  texts: readonly string[],
  options: ReturnType<typeof readOptions<typeof groundSchema>>,
): Promise<Grounding[]> {
  // Copies: the caller may change its arrays while this waits.
  const phrases = [...texts]
  const known = isEncoding(input) ? ownEncoding(input) : undefined
  for (const [i, phrase] of phrases.entries())
    if (typeof phrase !== 'string') throw wrongType(`phrase ${i}`, 'a string', phrase)
  const { smoothing: given, punctuation, signal: abort } = options
  const [encoding, embedded] = await Promise.all([
    known ??
      model.image.encode(input as FilmInput, {
        ...pixelsOf(options),
        ...(abort && { signal: abort }),
      }),
    model.text.embedPhrases(phrases, {
      ...(punctuation && { punctuation }),
      ...(abort && { signal: abort }),
    }),
  ])
  const { resize, crop, sigma } = model.image.facts
  const { untrained, demonstration } = model.standing
  return phrases.map((phrase, i) =>
    groundPatches(encoding.patches, embedded.at(i), {
      ...encoding.grid,
      film: { width: encoding.film.width, height: encoding.film.height },
      framing: { resize, crop },
      phrase,
      untrained,
      demonstration,
      smoothing: given === false ? false : { sigma, ...given },
    }),
  )
}
