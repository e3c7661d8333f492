import type { Layout } from './layout.js'

/** The values that a step of the grey pipeline can give, both ends included; `low` is never above `high`. */
export interface Range {
  readonly low: number
  readonly high: number
}

/** What Bits Stored and Pixel Representation allow. */
export function storedRange({ stored, signed }: Layout): Range {
  return signed ? { low: -(2 ** (stored - 1)), high: 2 ** (stored - 1) - 1 } : unsignedRange(stored)
}

export function unsignedRange(bits: number): Range {
  return { low: 0, high: 2 ** bits - 1 }
}
