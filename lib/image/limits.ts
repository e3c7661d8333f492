import { BiovilError } from '../errors.js'

/** Most pixels of an image unless the caller says otherwise: far above any film, far below what fills memory. */
export const defaultMaxPixels = 100_000_000

/** Most bytes of a file: 8 a pixel, the largest sample, and room for headers. */
export function byteLimit(maxPixels: number): number {
  return maxPixels * 8 + 64 * 1024 * 1024
}

/** @throws ERR_IMAGE_DECODE for an image without pixels, ERR_IMAGE_TOO_LARGE for one with more than `maxPixels`. */
export function checkSize(width: number, height: number, maxPixels: number): void {
  if (!(width >= 1 && height >= 1)) {
    throw new BiovilError(
      'ERR_IMAGE_DECODE',
      `Expected an image with pixels but it declares ${width}x${height}`,
    )
  }
  if (width * height > maxPixels) {
    throw new BiovilError(
      'ERR_IMAGE_TOO_LARGE',
      `Expected at most ${maxPixels} pixels but the image declares ${width}x${height}. Raise the option maxPixels if it is genuine`,
    )
  }
}
