import type { ImageWarning } from '../warnings.js'
import type { Attributes } from './attributes.js'
import { applySteps, type GreyTransform, greyTransform } from './grey.js'
import type { Layout } from './layout.js'
import { type Padding, paddingText, readPadding } from './padding.js'
import type { SampleArray } from './samples.js'
import type { Values } from './steps.js'

/** A film as a viewer shows it, before it is scaled to grey levels: high is bright. */
export interface Displayed {
  readonly data: Values
  readonly applied: readonly string[]
  readonly warnings: readonly ImageWarning[]
}

/**
 * Grey values in the standard's order: modality LUT or rescale, VOI LUT or window, inversion.
 *
 * An inversion maps `v` to `low + high - v`, where low and high are the least and the greatest value of the image
 * after the VOI step. Padding pixels (by their stored value) count for neither; they are set to `low` after the
 * inversion, that is to the darkest value of the image, so that they never widen the range that is scaled to grey
 * levels. An image that is padding throughout is left as it is.
 */
export function displayGrey(stored: SampleArray, attributes: Attributes, layout: Layout): Displayed {
  const transform = greyTransform(attributes, layout)
  const padding = readPadding(attributes, layout)
  const applied = transform.steps.map((step) => step.applied)
  const { data, padded } =
    stored.BYTES_PER_ELEMENT <= 2
      ? throughTable(stored, transform, padding)
      : directly(stored, transform, padding)
  if (transform.inversion) applied.push(`inverted: ${transform.inversion}`)
  if (padding && padded > 0) {
    applied.push(`pixel padding ${paddingText(padding)}: ${padded} pixels set to the darkest value`)
  }
  return { data, applied, warnings: transform.warnings }
}

/** Values of up to 16 bits: transforms every possible value once, then looks the pixels up. */
function throughTable(stored: SampleArray, transform: GreyTransform, padding: Padding | undefined) {
  const size = 2 ** (stored.BYTES_PER_ELEMENT * 8)
  // A negative value is looked up by its bits.
  const unsigned = stored.BYTES_PER_ELEMENT === 1 ? bytesOf(stored) : wordsOf(stored)
  const counts = new Uint32Array(size)
  for (const value of unsigned) counts[value] = (counts[value] as number) + 1
  const domain = allValues(stored, size)
  const table = applySteps(transform, domain)
  const isPadding = padding && ((i: number) => isWithin(domain[i] as number, padding))
  const padded = finish(table, transform.inversion !== undefined, isPadding, (i) => counts[i] as number)
  const data = new (table.constructor as new (length: number) => Values)(stored.length)
  for (let i = 0; i < data.length; i++) data[i] = table[unsigned[i] as number] as number
  return { data, padded }
}

function directly(stored: SampleArray, transform: GreyTransform, padding: Padding | undefined) {
  const applied = applySteps(transform, stored)
  const data = applied === stored ? stored.slice() : applied
  const isPadding = padding && ((i: number) => isWithin(stored[i] as number, padding))
  const padded = finish(data, transform.inversion !== undefined, isPadding, () => 1)
  return { data, padded }
}

/**
 * Inverts values in place and darkens those of padding pixels.
 * @param count How many pixels have the value at an index.
 * @returns How many pixels are padding.
 */
function finish(
  values: Values,
  inverts: boolean,
  isPadding: ((index: number) => boolean) | undefined,
  count: (index: number) => number,
): number {
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  let padded = 0
  for (let i = 0; i < values.length; i++) {
    const pixels = count(i)
    if (pixels === 0) continue
    if (isPadding?.(i)) {
      padded += pixels
      continue
    }
    const value = values[i] as number
    if (value < low) low = value
    if (value > high) high = value
  }
  const anyImage = low <= high
  if (!anyImage) return 0
  for (let i = 0; i < values.length; i++) {
    if (isPadding?.(i)) values[i] = low
    else if (inverts) values[i] = low + high - (values[i] as number)
  }
  return padded
}

function allValues(stored: SampleArray, size: number): SampleArray {
  const domain = new (stored.constructor as new (length: number) => SampleArray)(size)
  for (let i = 0; i < size; i++) domain[i] = i
  return domain
}

function isWithin(value: number, { from, to }: Padding): boolean {
  return value >= from && value <= to
}

function bytesOf(data: SampleArray): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.length)
}

function wordsOf(data: SampleArray): Uint16Array {
  return new Uint16Array(data.buffer, data.byteOffset, data.length)
}
