import type { Attributes, Decimal } from './attributes.js'
import type { Range } from './range.js'

export type WindowFunction = 'LINEAR' | 'LINEAR_EXACT' | 'SIGMOID'

/** A VOI window. */
export interface Window {
  readonly centre: number
  readonly width: number
  readonly shape: WindowFunction
  /** How many windows the file offers; the first is taken. */
  readonly count: number
}

/** Reads the first window, where there is one that can be applied; and says what is wrong with what there is. */
export function readWindow(attributes: Attributes): { window: Window | undefined; problems: string[] } {
  const centre = attributes.decimal('x00281050')
  const width = attributes.decimal('x00281051')
  if (!centre && !width) return { window: undefined, problems: [] }
  const leftOut = (problem: string) => ({ window: undefined, problems: [`${problem}; it was not applied`] })
  if (!centre || !width) return leftOut(`The window of the file has no ${centre ? 'width' : 'centre'}`)
  if (Number.isNaN(centre.value)) return leftOut('The centre of the window is no number')
  if (Number.isNaN(width.value)) return leftOut('The width of the window is no number')
  const named = attributes.text('x00281056') || 'LINEAR'
  const shape: WindowFunction = named === 'LINEAR_EXACT' || named === 'SIGMOID' ? named : 'LINEAR'
  if (width.value <= 0 || (shape === 'LINEAR' && width.value < 1)) {
    return leftOut(`The window of the file has a width of ${width.value}, which cannot be`)
  }
  const problems = [...improper('centre', centre), ...improper('width', width)]
  if (shape !== named)
    problems.push('The VOI LUT Function of the file does not exist; it was taken as LINEAR')
  const window = { centre: centre.value, width: width.value, shape, count: attributes.count('x00281050') }
  return { window, problems }
}

function improper(name: string, { value, proper }: Decimal): string[] {
  return proper
    ? []
    : [`The ${name} of the window is not written as a decimal string; it was read as ${value}`]
}

/**
 * Applies a window as PS3.3 C.11.2.1.2 and C.11.2.1.3 define it.
 * @param range What it maps to. A window never inverts: the darker of two values stays the darker one.
 */
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
