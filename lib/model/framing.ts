import { BiovilError } from '../errors.js'
import type { Framing } from '../grounding/index.js'

/** Pixels of a film in one patch, across and down: what the published encoders' strides come to. */
const STRIDE = 32
/** Standard deviation of the reference's smoothing of a similarity map, in patches. */
const SIGMA = 1.5
/** Longest side that a weight file may ask for: a film of it is 16 MB. */
const MOST = 4096

/** How a film becomes the input of an image encoder, and the similarities of its patches a map. */
export interface ImageFraming extends Framing {
  readonly stride: number
  readonly grid: number
  readonly sigma: number
}

/**
 * The framing that a weight file asks for (`resize`, `crop`, `sigma` and `stride` in `biovil.json`, or in the
 * `__metadata__` of safetensors), else that of the published ones, whose files say nothing.
 *
 * @param strides Those that there is a graph for
 * @throws ERR_MODEL_CONFIG when one of resize and crop is missing, they do not make a grid of patches, no graph has the
 *   stride, or sigma is not above 0 and at most the side of the grid
 */
export function framingOf(
  metadata: Readonly<Record<string, string>>,
  published: Framing,
  strides: readonly number[],
  path: string,
): ImageFraming {
  const stride = metadata['stride'] === undefined ? STRIDE : size(metadata['stride'])
  if (!strides.includes(stride)) {
    const expected = `expected for stride ${strides.join(' or ')}`
    throw new BiovilError('ERR_MODEL_CONFIG', `${path}: ${expected}, but found ${metadata['stride']}`)
  }
  const { resize: resized, crop: cut } = metadata
  if (resized === undefined && cut === undefined) {
    const { resize, crop } = published
    return { resize, crop, stride, grid: crop / stride, sigma: SIGMA }
  }
  const [resize, crop] = [size(resized), size(cut)]
  if (!(resize >= crop && resize <= MOST && crop >= stride && crop % stride === 0)) {
    const expected = `expected for crop a multiple of ${stride}, and for resize a number from crop to ${MOST}`
    const found = `crop ${cut ?? 'missing'} and resize ${resized ?? 'missing'}`
    throw new BiovilError('ERR_MODEL_CONFIG', `${path}: ${expected}, but found ${found}`)
  }
  const grid = crop / stride
  const sigma = metadata['sigma'] === undefined ? SIGMA : Number(metadata['sigma'])
  if (!(sigma > 0 && sigma <= grid)) {
    const expected = `expected for sigma a number above 0 and at most ${grid}, the side of the grid`
    throw new BiovilError('ERR_MODEL_CONFIG', `${path}: ${expected}, but found ${metadata['sigma']}`)
  }
  return { resize, crop, stride, grid, sigma }
}

/** A whole number as JSON writes it; NaN for anything else. */
function size(text: string | undefined): number {
  return text !== undefined && /^[1-9]\d{0,5}$/.test(text) ? Number(text) : Number.NaN
}
