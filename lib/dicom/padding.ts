import type { Attributes } from './attributes.js'
import type { Layout } from './layout.js'

/** Stored values, both ends included, of pixels that are no part of the image. */
export interface Padding {
  readonly from: number
  readonly to: number
}

/** Pixel Padding Value, with its Range Limit where there is one: 16 bits each, signed as the pixels are. */
export function readPadding(attributes: Attributes, layout: Layout): Padding | undefined {
  const value = attributes.short('x00280120', layout.signed)
  if (value === undefined) return undefined
  const limit = attributes.short('x00280121', layout.signed) ?? value
  return { from: Math.min(value, limit), to: Math.max(value, limit) }
}

/** For people: `0` or `0 to 15`. */
export function paddingText({ from, to }: Padding): string {
  return from === to ? `${from}` : `${from} to ${to}`
}
