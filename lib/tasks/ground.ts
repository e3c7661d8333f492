import { wrongType } from '../errors.js'
import { type Grounding, groundPatches, type Smoothing } from '../grounding/index.js'
import type { FilmInput, ImageEncoding, ImageModel } from '../image/image-model.js'
import { type Check, integer, numberAbove, oneOf, optional, readOptions, signal } from '../options.js'
import type { Standing } from '../standing.js'
import type { Punctuation } from '../text/prompts.js'
import type { TextModel } from '../text/text-model.js'

export interface GroundOptions {
  /**
   * The model's Gaussian by default (the reference's, 1.5 patches, where its weights do not say otherwise);
   * `{ padding: 'zero' }` keeps peaks from the border, `false` smooths nothing.
   */
  smoothing?: Smoothing | false
  punctuation?: Punctuation
  /** DICOM as it is displayed (default), or the reference's raw pixels. */
  dicom?: 'display' | 'reference'
  /** Frame of a multi-frame image, from 0. */
  frame?: number
  signal?: AbortSignal
}

/** Checks the options of `ground`. */
export const groundSchema = {
  smoothing: ((value, name) => {
    if (value === undefined || value === false) return value
    if (typeof value !== 'object') throw wrongType(name, 'an object or false', value)
    const { sigma, padding } = readOptions(value, {
      sigma: optional(numberAbove(0, 100)),
      padding: optional(oneOf('reflect', 'zero')),
    })
    return { ...(sigma !== undefined && { sigma }), ...(padding && { padding }) }
  }) satisfies Check<Smoothing | false | undefined>,
  punctuation: optional(oneOf('strip', 'keep')),
  dicom: optional(oneOf('display', 'reference')),
  frame: optional(integer(0)),
  signal,
}

/** Whether it is an encoding that `encodeImage` gave, rather than an image. */
export function isEncoding(input: FilmInput | ImageEncoding): input is ImageEncoding {
  return typeof input === 'object' && input !== null && 'patches' in input && 'film' in input
}

/** Grounds phrases in one film; the film is encoded once. */
export async function groundPhrases(
  model: { readonly text: TextModel; readonly image: ImageModel; readonly standing: Standing },
  input: FilmInput | ImageEncoding,
  phrases: readonly string[],
  options: GroundOptions,
): Promise<Grounding[]> {
  for (const [i, phrase] of phrases.entries())
    if (typeof phrase !== 'string') throw wrongType(`phrase ${i}`, 'a string', phrase)
  const { smoothing, punctuation, dicom, frame, signal: abort } = options
  const [encoding, texts] = await Promise.all([
    isEncoding(input)
      ? input
      : model.image.encode(input, {
          ...(dicom && { dicom }),
          ...(frame !== undefined && { frame }),
          ...(abort && { signal: abort }),
        }),
    model.text.embedPhrases(phrases, {
      ...(punctuation && { punctuation }),
      ...(abort && { signal: abort }),
    }),
  ])
  const { resize, crop, sigma } = model.image.facts
  return phrases.map((phrase, i) =>
    groundPatches(encoding.patches, texts.at(i), {
      ...encoding.grid,
      film: { width: encoding.film.width, height: encoding.film.height },
      framing: { resize, crop },
      phrase,
      ...model.standing,
      smoothing: smoothing === false ? false : { sigma, ...smoothing },
    }),
  )
}
