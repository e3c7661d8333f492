import { argumentError, BiovilError } from '../errors.js'
import type { Framing } from '../grounding/index.js'
import { bare } from '../json.js'

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

/** What a caller asks for in place of what the weights say. */
export interface FramingChoice {
  readonly resize?: number | undefined
  readonly crop?: number | undefined
  readonly stride?: number | undefined
}

/**
 * How the films of an encoder are framed: as its weight file asks for (`resize`, `crop`, `sigma` and `stride` in
 * `biovil.json`, or in the `__metadata__` of safetensors), else as the published ones are, whose files say nothing; and
 * before both as the caller does.
 *
 * @param strides Those that there is a graph for
 * @throws ERR_MODEL_CONFIG when one of resize and crop is missing from the file, they do not make a grid of patches, no
 *   graph has the stride, or sigma is not above 0 and at most the side of the grid; ERR_OUT_OF_RANGE when the caller's do
 *   not
 */
export function framingOf(
  metadata: Readonly<Record<string, string>>,
  published: Framing,
  strides: readonly number[],
  path: string,
  choice: FramingChoice = {},
): ImageFraming {
  const stored = storedFraming(metadata, published, strides, path)
  const given = Object.fromEntries(Object.entries(choice).filter(([, value]) => value !== undefined))
  if (Object.keys(given).length === 0) return stored
  const framing = { ...stored, ...given }
  const problem = framingProblem(framing, strides)
  if (problem !== undefined) {
    const { resize, crop, stride } = framing
    const received = problem.isStride ? stride : `crop ${crop} and resize ${resize}`
    throw argumentError(
      'ERR_OUT_OF_RANGE',
      `Expected ${problem.expected} for this model but received ${received}`,
    )
  }
  return { ...framing, grid: framing.crop / framing.stride }
}

function storedFraming(
  metadata: Readonly<Record<string, string>>,
  published: Framing,
  strides: readonly number[],
  path: string,
): ImageFraming {
  const says = bare(metadata)
  const stride = says['stride'] === undefined ? STRIDE : size(says['stride'])
  const { resize: resized, crop: cut } = says
  const isSilent = resized === undefined && cut === undefined
  const { resize, crop } = isSilent ? published : { resize: size(resized), crop: size(cut) }
  const problem = framingProblem({ resize, crop, stride }, strides)
  if (problem !== undefined) {
    const sizes = `crop ${cut ?? 'missing'} and resize ${resized ?? 'missing'}`
    const found = problem.isStride ? says['stride'] : sizes
    throw new BiovilError('ERR_MODEL_CONFIG', `${path}: expected ${problem.expected}, but found ${found}`)
  }
  const grid = crop / stride
  const sigma = isSilent || says['sigma'] === undefined ? SIGMA : Number(says['sigma'])
  if (!(sigma > 0 && sigma <= grid)) {
    const expected = `expected for sigma a number above 0 and at most ${grid}, the side of the grid`
    throw new BiovilError('ERR_MODEL_CONFIG', `${path}: ${expected}, but found ${says['sigma']}`)
  }
  return { resize, crop, stride, grid, sigma }
}

/** What a framing that makes no grid of patches should have been. */
function framingProblem(
  { resize, crop, stride }: Omit<ImageFraming, 'grid' | 'sigma'>,
  strides: readonly number[],
): { readonly expected: string; readonly isStride: boolean } | undefined {
  if (!strides.includes(stride)) return { expected: `for stride ${strides.join(' or ')}`, isStride: true }
  if (resize >= crop && resize <= MOST && crop >= stride && crop % stride === 0) return undefined
  const expected = `for crop a multiple of ${stride}, and for resize a number from crop to ${MOST}`
  return { expected, isStride: false }
}

/** A whole number as JSON writes it; NaN for anything else. */
function size(text: string | undefined): number {
  return text !== undefined && /^[1-9]\d{0,5}$/.test(text) ? Number(text) : Number.NaN
}
