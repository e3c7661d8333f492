import { wrongType } from '../errors.js'
import { type Check, numberAbove, oneOf, optional, readOptions } from '../options.js'

/** What lies beyond the edge: the grid mirrored, its edge cells doubled (the reference's), or zeros. */
export type Padding = 'reflect' | 'zero'

/** Smoothing of a similarity grid. */
export interface Smoothing {
  /** Standard deviation in grid cells (default 1.5, as in the reference). */
  readonly sigma?: number
  /** Default `'reflect'`, as in the reference. `'zero'` keeps the peak away from the border. */
  readonly padding?: Padding
}

/** An option check: a smoothing, of which only what was given is in the result; or false or nothing. */
export const smoothing: Check<Smoothing | false | undefined> = (value, name) => {
  if (value === undefined || value === false) return value
  if (typeof value !== 'object') throw wrongType(name, 'an object or false', value)
  const { sigma, padding } = readOptions(value, {
    sigma: optional(numberAbove(0, 100)),
    padding: optional(oneOf('reflect', 'zero')),
  })
  return { ...(sigma !== undefined && { sigma }), ...(padding && { padding }) }
}

/** The reference's. */
const standard: Required<Smoothing> = { sigma: 1.5, padding: 'reflect' }

/** The kernel reaches this many standard deviations to each side. */
const TRUNCATE = 4

/**
 * Gaussian smoothing of a grid [rows, columns]: rows first, then columns. Sums are float64 and the result of each pass is
 * float32, in SciPy's order of additions, so that `gaussian_filter` gives the same bits (modes `reflect` and `constant`).
 */
export function gaussianFilter(
  data: Float32Array,
  rows: number,
  columns: number,
  how: Smoothing = standard,
): Float32Array {
  const { sigma, padding } = { ...standard, ...how }
  const kernel = gaussianKernel(sigma)
  const passed = pass(data, { lines: columns, length: rows, step: columns, next: 1 }, kernel, padding)
  return pass(passed, { lines: rows, length: columns, step: 1, next: columns }, kernel, padding)
}

/** Half a kernel: the weight at the centre, then those to one side. */
function gaussianKernel(sigma: number): Float64Array {
  const radius = Math.trunc(TRUNCATE * sigma + 0.5)
  const weights = new Float64Array(2 * radius + 1)
  for (let i = -radius; i <= radius; i++) weights[i + radius] = Math.exp((-0.5 / (sigma * sigma)) * i * i)
  const sum = pairwiseSum(weights)
  return weights.subarray(radius).map((weight) => weight / sum)
}

/** NumPy's sum of fewer than 128 numbers: eight at a time, then the rest. */
function pairwiseSum(values: Float64Array): number {
  if (values.length < 8) return values.reduce((sum, value) => sum + value, 0)
  const whole = values.length - (values.length % 8)
  const r = values.slice(0, 8)
  for (let i = 8; i < whole; i++) r[i % 8] = (r[i % 8] as number) + (values[i] as number)
  const [a, b, c, d, e, f, g, h] = r as unknown as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  let sum = a + b + (c + d) + (e + f + (g + h))
  for (let i = whole; i < values.length; i++) sum += values[i] as number
  return sum
}

interface Lines {
  readonly lines: number
  readonly length: number
  /** Distance between neighbours on a line. */
  readonly step: number
  /** Distance between the starts of two lines. */
  readonly next: number
}

function pass(data: Float32Array, shape: Lines, kernel: Float64Array, padding: Padding): Float32Array {
  const { lines, length, step, next } = shape
  const radius = kernel.length - 1
  const result = new Float32Array(data.length)
  const padded = new Float64Array(length + 2 * radius)
  for (let line = 0; line < lines; line++) {
    const start = line * next
    for (let i = -radius; i < length + radius; i++) {
      const inside = i >= 0 && i < length
      padded[i + radius] =
        inside || padding === 'reflect' ? (data[start + mirrored(i, length) * step] as number) : 0
    }
    for (let i = 0; i < length; i++) {
      const centre = i + radius
      let sum = (padded[centre] as number) * (kernel[0] as number)
      for (let k = radius; k > 0; k--) {
        sum += ((padded[centre - k] as number) + (padded[centre + k] as number)) * (kernel[k] as number)
      }
      result[start + i * step] = sum
    }
  }
  return result
}

/** Index in a line that is mirrored at its ends again and again: … 1 0 | 0 1 2 | 2 1 … */
function mirrored(i: number, length: number): number {
  const period = 2 * length
  const at = ((i % period) + period) % period
  return at < length ? at : period - 1 - at
}
