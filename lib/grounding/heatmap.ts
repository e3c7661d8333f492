import type { Interpolation } from './resize.js'
import { ResizedRows } from './resize.js'
import type { Framing, Grid, Size } from './types.js'

/** The square of the original film that the model saw. */
export interface Crop {
  readonly left: number
  readonly top: number
  readonly side: number
}

/**
 * Where the model's crop lies in the original film, with the reference's rounding: the side down, the margins left and top
 * down (so right and bottom up). A film too small for one pixel gets one.
 */
export function cropOf({ width, height }: Size, { resize, crop }: Framing): Crop {
  const side = Math.max(1, Math.trunc((crop * Math.min(width, height)) / resize))
  return { left: Math.floor((width - side) / 2), top: Math.floor((height - side) / 2), side }
}

/** A grid at the size of the original film: float32 [height, width], NaN outside the crop. */
export function heatmapOf(grid: Grid, size: Size, crop: Crop, interpolation: Interpolation): Float32Array {
  const { left, top, side } = crop
  const result = new Float32Array(size.width * size.height)
  result.fill(Number.NaN, 0, top * size.width)
  result.fill(Number.NaN, (top + side) * size.width)
  const rows = new ResizedRows(grid, { width: side, height: side }, interpolation)
  for (let y = 0; y < side; y++) {
    const start = (top + y) * size.width
    result.fill(Number.NaN, start, start + left)
    rows.read(y, result.subarray(start + left, start + left + side))
    result.fill(Number.NaN, start + left + side, start + size.width)
  }
  return result
}
