import type { Attributes } from './attributes.js'
import type { Layout } from './layout.js'

export type WindowFunction = 'LINEAR' | 'LINEAR_EXACT' | 'SIGMOID'

/** A VOI window. */
export interface Window {
  readonly centre: number
  readonly width: number
  readonly shape: WindowFunction
  /** How many windows the file offers; the first is taken. */
  readonly count: number
}

/** What a window maps to: the range that the modality-transformed values can have. */
export interface Range {
  readonly low: number
  readonly high: number
}

/** Reads the first window; undefined where there is none, `'invalid'` for one that cannot be applied. */
export function readWindow(attributes: Attributes): Window | 'invalid' | undefined {
  const centre = attributes.number('x00281050')
  const width = attributes.number('x00281051')
  if (centre === undefined || width === undefined) return undefined
  const shape = attributes.text('x00281056') || 'LINEAR'
  if (shape !== 'LINEAR' && shape !== 'LINEAR_EXACT' && shape !== 'SIGMOID') return 'invalid'
  if (width <= 0 || (shape === 'LINEAR' && width < 1)) return 'invalid'
  return { centre, width, shape, count: attributes.count('x00281050') }
}

/** The output range of a window, from Bits Stored or a modality table, and the rescale. */
export function outputRange(
  layout: Layout,
  tableBits: number | undefined,
  slope: number,
  intercept: number,
): Range {
  const bits = tableBits ?? layout.stored
  const signed = tableBits === undefined && layout.signed
  const low = signed ? -(2 ** (bits - 1)) : 0
  const high = signed ? 2 ** (bits - 1) - 1 : 2 ** bits - 1
  return { low: low * slope + intercept, high: high * slope + intercept }
}

/** Applies a window as PS3.3 C.11.2.1.2 and C.11.2.1.3 define it. */
export function applyWindow(values: ArrayLike<number>, window: Window, { low, high }: Range): Float64Array {
  const result = new Float64Array(values.length)
  const range = high - low
  if (window.shape === 'SIGMOID') {
    for (let i = 0; i < result.length; i++) {
      const value = values[i] as number
      result[i] = range / (1 + Math.exp((-4 * (value - window.centre)) / window.width)) + low
    }
    return result
  }
  const exact = window.shape === 'LINEAR_EXACT'
  const centre = exact ? window.centre : window.centre - 0.5
  const width = exact ? window.width : window.width - 1
  for (let i = 0; i < result.length; i++) {
    const value = values[i] as number
    if (value <= centre - width / 2) result[i] = low
    else if (value > centre + width / 2) result[i] = high
    else result[i] = ((value - centre) / width + 0.5) * range + low
  }
  return result
}
