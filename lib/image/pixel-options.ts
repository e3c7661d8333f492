import { argumentError, wrongType } from '../errors.js'
import { type Check, integer, oneOf, optional, withDefault } from '../options.js'
import { defaultMaxPixels } from './limits.js'
import { defaultDecodeMemory } from './memory.js'

/** How an image becomes grey values, and what that may cost. */
export interface PixelOptions {
  /** `display` (default): a DICOM film as a viewer shows it. `reference`: raw stored pixels, as hi-ml takes them. */
  readonly dicom?: 'display' | 'reference' | undefined
  /** Which frame or page to take where there are several; default 0. */
  readonly frame?: number | undefined
  /**
   * Percentiles of the samples, from 0 to 100, whose values become black and white: `[0.1, 99.9]` takes the range from
   * outliers. As hi-ml's `remap_to_uint8(array, percentiles)`; by default the extremes do, as `[0, 100]`.
   */
  readonly percentiles?: readonly [low: number, high: number] | undefined
  /** Most pixels that an image may declare; default 100 million. */
  readonly maxPixels?: number | undefined
  /**
   * Most bytes that images may take together while they are decoded, in this JavaScript thread; default 3 GiB. Those for
   * which there is no room wait, and one that alone needs more than three quarters of it is refused.
   */
  readonly decodeMemory?: number | undefined
}

/** Two percentiles, copied: the values of hi-ml's own checks. */
const percentiles: Check<[low: number, high: number]> = (value, name) => {
  if (!Array.isArray(value)) throw wrongType(name, 'an array of two percentiles', value)
  if (value.length !== 2) {
    throw argumentError(
      'ERR_INVALID_ARG_VALUE',
      `Expected two percentiles for ${name} but received ${value.length}`,
    )
  }
  const [low, high] = value as unknown[]
  if (typeof low !== 'number' || typeof high !== 'number') {
    throw wrongType(name, 'an array of two numbers', typeof low === 'number' ? high : low)
  }
  if (!(low >= 0 && high <= 100)) {
    throw argumentError(
      'ERR_OUT_OF_RANGE',
      `Expected percentiles from 0 to 100 for ${name} but received ${low}, ${high}`,
    )
  }
  if (!(low < high)) {
    throw argumentError(
      'ERR_INVALID_ARG_VALUE',
      `Expected the lower percentile first for ${name} but received ${low}, ${high}`,
    )
  }
  return [low, high]
}

/** Checks {@link PixelOptions}. */
export const pixelSchema = {
  dicom: withDefault(oneOf('display', 'reference'), 'display'),
  frame: withDefault(integer(0), 0),
  percentiles: optional(percentiles),
  maxPixels: withDefault(integer(1), defaultMaxPixels),
  decodeMemory: withDefault(integer(1), defaultDecodeMemory),
}

/** Pixel options as they are after reading. */
export type Pixels = { readonly [K in keyof typeof pixelSchema]: ReturnType<(typeof pixelSchema)[K]> }

/** The pixel options among others. */
export function pixelsOf({ dicom, frame, percentiles: range, maxPixels, decodeMemory }: Pixels): Pixels {
  return { dicom, frame, percentiles: range, maxPixels, decodeMemory }
}
