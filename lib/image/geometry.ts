import { integer } from '../options.js'

/** A rectangle in the pixels of the original image; its edges need not fall between pixels. */
export interface Rectangle {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/**
 * Where the crop lies in an image whose shorter side is resized to `resize`.
 *
 * @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE
 */
export function cropRectangle(width: number, height: number, resize: number, crop: number): Rectangle {
  for (const [name, size] of Object.entries({ width, height, resize, crop })) integer(1)(size, name)
  const [resizedWidth, resizedHeight] = resizedSize(width, height, resize)
  const scaleX = width / resizedWidth
  const scaleY = height / resizedHeight
  return {
    x: halfToEven(resizedWidth - crop) * scaleX,
    y: halfToEven(resizedHeight - crop) * scaleY,
    width: crop * scaleX,
    height: crop * scaleY,
  }
}

/** Width and height after resizing: the longer side is truncated. */
export function resizedSize(width: number, height: number, resize: number): [number, number] {
  return width <= height
    ? [resize, Math.trunc((resize * height) / width)]
    : [Math.trunc((resize * width) / height), resize]
}

/** Half of a whole number, rounded to the even neighbour when it lies between two. */
function halfToEven(doubled: number): number {
  const half = Math.floor(doubled / 2)
  return doubled % 2 !== 0 && half % 2 !== 0 ? half + 1 : half
}
