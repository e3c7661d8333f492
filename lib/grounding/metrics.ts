import { argumentError, wrongType } from '../errors.js'
import { boolean, finite, integer, oneOf, own, readOptions, withDefault } from '../options.js'
import { readBoxes } from './boxes.js'
import { Grounding } from './grounding.js'
import type { Point, Rectangle, Size } from './types.js'

/**
 * A map over a film: float32 [height, width]; NaN where there are no values. The metrics take a `Grounding` as well, which
 * stands for its bilinear `heatmap()` and cannot have its sides swapped.
 */
export interface Heatmap extends Size {
  readonly data: Float32Array
}

export interface ContrastOptions {
  /**
   * Several boxes: `'union'` (default) takes all of them as the inside; `'mean'` averages the ratios of single boxes, where
   * each box is left out of the outside of those after it, as a public implementation of the MS-CXR benchmark does.
   */
  readonly boxes?: 'union' | 'mean'
  /** Raise negative values to 0 first (default false). */
  readonly clamp?: boolean
}

/** Contrast-to-noise ratio: published tables mean `absolute`; `signed` is negative where the inside is colder. */
export interface Contrast {
  readonly signed: number
  readonly absolute: number
}

/**
 * Contrast-to-noise ratio of a map and boxes: (mean inside - mean outside) / sqrt(variance inside + variance outside), with
 * population variances, NaN ignored. NaN when the inside, or the outside, is empty or both are constant.
 *
 * @throws ERR_INVALID_ARG_TYPE for boxes that are not `{ x, y, width, height }` of finite numbers and for a map that is none,
 *   ERR_INVALID_ARG_VALUE when the map's values do not fill its sides, ERR_OUT_OF_RANGE for a negative size
 */
export function contrastToNoise(
  map: Heatmap | Grounding,
  boxes: readonly Rectangle[],
  options?: ContrastOptions,
): Contrast {
  const read = readOptions(options, {
    boxes: withDefault(oneOf('union', 'mean'), 'union'),
    clamp: withDefault(boolean, false),
  })
  const { data, ...size } = readMap(map)
  const rectangles = readBoxes(boxes, 'boxes')
  if (read.boxes === 'union') {
    const signed = contrast(data, paint(rectangles, size), undefined, read.clamp)
    return { signed, absolute: Math.abs(signed) }
  }
  const left = new Uint8Array(data.length)
  const ratios = rectangles.map((box) => {
    const inside = paint([box], size)
    const ratio = contrast(data, inside, left, read.clamp)
    for (let i = 0; i < left.length; i++) if (inside[i]) left[i] = 1
    return Number.isFinite(ratio) ? ratio : 0
  })
  return { signed: meanOf(ratios), absolute: meanOf(ratios.map(Math.abs)) }
}

function contrast(
  data: Float32Array,
  inside: Uint8Array,
  leftOut: Uint8Array | undefined,
  clamp: boolean,
): number {
  // Two passes: a map is nearly constant, and a difference of squares would lose its variance.
  const count = [0, 0]
  const mean = [0, 0]
  const squares = [0, 0]
  for (const round of [mean, squares]) {
    for (let i = 0; i < data.length; i++) {
      const raw = data[i] as number
      if (Number.isNaN(raw) || leftOut?.[i]) continue
      const value = clamp && raw < 0 ? 0 : raw
      const side = inside[i] as 0 | 1
      if (round === mean) {
        count[side] = (count[side] as number) + 1
        mean[side] = (mean[side] as number) + value
      } else squares[side] = (squares[side] as number) + (value - (mean[side] as number)) ** 2
    }
    for (const side of [0, 1] as const) round[side] = (round[side] as number) / (count[side] as number)
  }
  const [outside, within] = mean as [number, number]
  const ratio = (within - outside) / Math.sqrt((squares[0] as number) + (squares[1] as number))
  return Number.isFinite(ratio) ? ratio : Number.NaN
}

/**
 * Mean over thresholds of the intersection over union of `map > threshold` and the union of the boxes.
 *
 * @throws those of contrastToNoise; ERR_INVALID_ARG_VALUE without thresholds
 */
export function meanIoU(
  map: Heatmap | Grounding,
  boxes: readonly Rectangle[],
  thresholds: readonly number[] = [0.1, 0.2, 0.3, 0.4, 0.5],
): number {
  const { data, ...size } = readMap(map)
  const truth = paint(readBoxes(boxes, 'boxes'), size)
  if (!Array.isArray(thresholds)) throw wrongType('thresholds', 'an array of numbers', thresholds)
  if (thresholds.length === 0) {
    throw argumentError('ERR_INVALID_ARG_VALUE', 'Expected at least one threshold but received none')
  }
  return meanOf(
    Array.from(thresholds, (value, i) => {
      const threshold = finite()(value, `thresholds[${i}]`)
      const found = new Uint8Array(data.length)
      for (let at = 0; at < found.length; at++) found[at] = (data[at] as number) > threshold ? 1 : 0
      return intersectionOverUnion(found, truth)
    }),
  )
}

/** Pixels in both masks (what is not 0) divided by pixels in either; NaN when both are empty. */
export function intersectionOverUnion(a: Uint8Array, b: Uint8Array): number {
  const { both, either } = overlap(a, b)
  return both / either
}

/** Twice the pixels in both masks divided by the sum of their pixels; NaN when both are empty. */
export function dice(a: Uint8Array, b: Uint8Array): number {
  const { both, either } = overlap(a, b)
  return (2 * both) / (both + either)
}

function overlap(a: Uint8Array, b: Uint8Array): { both: number; either: number } {
  for (const mask of [a, b]) {
    if (!(mask instanceof Uint8Array)) throw wrongType('a mask', 'a Uint8Array', mask)
  }
  if (a.length !== b.length) {
    const expected = `Expected masks of equal length`
    throw argumentError('ERR_INVALID_ARG_VALUE', `${expected} but received ${a.length} and ${b.length}`)
  }
  let both = 0
  let either = 0
  for (let i = 0; i < a.length; i++) {
    if (a[i] && b[i]) both++
    if (a[i] || b[i]) either++
  }
  return { both, either }
}

/**
 * The pointing game: whether the pixel lies in one of the boxes, or no further than `tolerance` pixels from one. The game
 * is usually played with 15 pixels on images of about 500, 3 % of a side.
 *
 * @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE
 */
export function pointsInside(
  point: { readonly x: number; readonly y: number },
  boxes: readonly Rectangle[],
  tolerance = 0,
): boolean {
  if (typeof point !== 'object' || point === null) throw wrongType('the point', '{ x, y }', point)
  const [x, y] = (['x', 'y'] as const).map((axis) => finite()(own(point, axis), `the point's ${axis}`))
  const rectangles = readBoxes(boxes, 'boxes')
  finite(0)(tolerance, 'tolerance')
  const centre: Point = [(x as number) + 0.5, (y as number) + 0.5]
  return rectangles.some(
    (box) => covers(box, centre) || (tolerance > 0 && distance(box, centre) <= tolerance),
  )
}

/** From a point outside to the nearest edge; 0 inside and on an edge. */
function distance({ x, y, width, height }: Rectangle, [px, py]: Point): number {
  return Math.hypot(Math.max(x - px, 0, px - x - width), Math.max(y - py, 0, py - y - height))
}

/**
 * 1 in the pixels whose centre lies in a box, 0 elsewhere: uint8 [height, width].
 *
 * @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE
 */
export function rectanglesMask(boxes: readonly Rectangle[], size: Size): Uint8Array {
  return paint(readBoxes(boxes, 'boxes'), readSize(size, 'the size'))
}

function paint(boxes: readonly Rectangle[], { width, height }: Size): Uint8Array {
  const mask = new Uint8Array(width * height)
  for (const box of boxes) {
    const [left, right] = pixels(box.x, box.width, width)
    const [top, bottom] = pixels(box.y, box.height, height)
    if (right <= left) continue
    for (let y = top; y < bottom; y++) mask.fill(1, y * width + left, y * width + right)
  }
  return mask
}

/** Pixels of an axis, first and behind the last, whose centres lie from `start` to before `start + length`. */
function pixels(start: number, length: number, size: number): [number, number] {
  return [Math.max(0, Math.ceil(start - 0.5)), Math.min(size, Math.ceil(start + length - 0.5))]
}

function covers({ x, y, width, height }: Rectangle, [px, py]: Point): boolean {
  return px >= x && px < x + width && py >= y && py < y + height
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function readMap(map: Heatmap | Grounding): Heatmap {
  if (map instanceof Grounding) return { data: map.heatmap(), ...map.film }
  const { width, height } = readSize(map, 'the map')
  const data = own(map, 'data')
  if (!(data instanceof Float32Array)) throw wrongType("the map's data", 'a Float32Array', data)
  if (data.length === width * height) return { data, width, height }
  const expected = `Expected ${width} x ${height} values for the map`
  throw argumentError('ERR_INVALID_ARG_VALUE', `${expected} but received ${data.length}`)
}

function readSize(value: Size, name: string): Size {
  if (typeof value !== 'object' || value === null)
    throw wrongType(name, 'an object with width and height', value)
  const side = (key: string) => integer(1)(own(value, key), `${name}'s ${key}`)
  return { width: side('width'), height: side('height') }
}
