import { BiovilError } from '../errors.js'
import type { Framing } from '../grounding/index.js'

/** Pixels of a film in one patch, across and down: what the encoders' strides come to. */
const PATCH = 32
/** Longest side that a weight file may ask for: a film of it is 16 MB. */
const MOST = 4096

/**
 * How a film becomes the input of an image encoder: as its weight file says (`resize` and `crop` in `biovil.json`, or in
 * the `__metadata__` of safetensors), else as the published ones need it, whose files say nothing.
 *
 * @throws ERR_MODEL_CONFIG when only one of them is there, or they do not make a grid of patches
 */
export function framingOf(
  metadata: Readonly<Record<string, string>>,
  published: Framing,
  path: string,
): Framing & { readonly grid: number } {
  const { resize: resized, crop: cut } = metadata
  if (resized === undefined && cut === undefined) {
    const { resize, crop } = published
    return { resize, crop, grid: crop / PATCH }
  }
  const [resize, crop] = [size(resized), size(cut)]
  if (resize >= crop && resize <= MOST && crop >= PATCH && crop % PATCH === 0) {
    return { resize, crop, grid: crop / PATCH }
  }
  throw new BiovilError(
    'ERR_MODEL_CONFIG',
    `${path}: expected for crop a multiple of ${PATCH}, and for resize a number from crop to ${MOST}, ` +
      `but found crop ${cut ?? 'missing'} and resize ${resized ?? 'missing'}`,
  )
}

/** A whole number as JSON writes it; NaN for anything else. */
function size(text: string | undefined): number {
  return text !== undefined && /^[1-9]\d{0,5}$/.test(text) ? Number(text) : Number.NaN
}
