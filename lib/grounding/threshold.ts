import { argumentError, wrongType } from '../errors.js'
import { readOptions } from '../options.js'
import type { Threshold } from './types.js'

/** The similarity that a threshold means for these cells. */
export function thresholdLevel(cells: Float32Array, threshold: Threshold): number {
  if (typeof threshold === 'number') return threshold
  const sorted = cells.slice().sort()
  return threshold === 'otsu' ? otsu(sorted) : percentile(sorted, threshold.percentile)
}

/** An option check: a finite number, `'otsu'`, or `{ percentile }` from 0 to 100. */
export function threshold(value: unknown, name: string): Threshold {
  if (value === 'otsu') return value
  const kinds = "a number, 'otsu' or { percentile }"
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return value
    throw argumentError('ERR_OUT_OF_RANGE', `Expected a finite number for ${name} but received ${value}`)
  }
  if (typeof value === 'string') {
    throw argumentError('ERR_INVALID_ARG_VALUE', `Expected ${kinds} for ${name} but received '${value}'`)
  }
  if (typeof value !== 'object' || value === null) throw wrongType(name, kinds, value)
  return readOptions(value, {
    percentile: (given) => {
      if (typeof given !== 'number') throw wrongType(`${name}: percentile`, 'a number', given)
      if (given >= 0 && given <= 100) return given
      const expected = `Expected a number from 0 to 100 for ${name}: percentile`
      throw argumentError('ERR_OUT_OF_RANGE', `${expected} but received ${given}`)
    },
  })
}

/** Linear between the two nearest ranks, as NumPy's default. */
function percentile(sorted: Float32Array, percent: number): number {
  const at = ((sorted.length - 1) * percent) / 100
  const below = Math.floor(at)
  const low = sorted[below] as number
  const high = sorted[Math.min(below + 1, sorted.length - 1)] as number
  return low + (high - low) * (at - below)
}

/** Similarities closer than this are the same number, computed twice. */
const FLAT = 1e-6

/**
 * Otsu's threshold without a histogram: of all splits of the sorted cells the one with the greatest variance between its
 * two sides; the middle of its gap. Cells that are all equal, but for float32's rounding, have none above.
 */
function otsu(sorted: Float32Array): number {
  const n = sorted.length
  const most = sorted[n - 1] as number
  if (most - (sorted[0] as number) < FLAT) return most
  const total = sorted.reduce((sum, value) => sum + value, 0)
  let best = Number.NEGATIVE_INFINITY
  let level = most
  let below = 0
  for (let i = 1; i < n; i++) {
    const low = sorted[i - 1] as number
    const high = sorted[i] as number
    below += low
    if (low === high) continue
    const difference = below / i - (total - below) / (n - i)
    const between = i * (n - i) * difference * difference
    if (between > best) {
      best = between
      level = (low + high) / 2
    }
  }
  return level
}
