import { isFloat32Array, isInt16Array, isUint8Array, isUint16Array } from 'node:util/types'
import { argumentError, wrongType } from '../errors.js'
import { type Check, integer, oneOf, optional, readOptions } from '../options.js'
import { checkSize } from './limits.js'
import type { DecodedImage, RawPixels } from './types.js'

type RawSamples = RawPixels['pixels']

const samples: Check<RawSamples> = (value, name) => {
  if ([isUint8Array, isUint16Array, isInt16Array, isFloat32Array].some((is) => is(value))) {
    return value as RawSamples
  }
  throw wrongType(name, 'a Uint8Array, Uint16Array, Int16Array or Float32Array', value)
}

/**
 * Takes raw grey samples. MONOCHROME1, in which the smallest value is white, is turned round in `display` mode, in place.
 *
 * @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE, ERR_UNKNOWN_OPTION, ERR_IMAGE_TOO_LARGE
 */
export function decodeRaw(input: RawPixels, mode: 'display' | 'reference', maxPixels: number): DecodedImage {
  const { pixels, width, height, bitsStored, photometric } = readOptions(input, {
    pixels: samples,
    width: integer(1),
    height: integer(1),
    bitsStored: optional(integer(1, 32)),
    photometric: optional(oneOf('MONOCHROME1', 'MONOCHROME2')),
  })
  checkSize(width, height, maxPixels)
  if (pixels.length !== width * height) {
    throw argumentError(
      'ERR_INVALID_ARG_VALUE',
      `Expected width * height = ${width * height} pixels but received ${pixels.length}`,
    )
  }
  const negative = photometric === 'MONOCHROME1'
  if (negative && mode === 'display') invert(pixels)
  return {
    format: 'raw',
    width,
    height,
    channels: 1,
    data: pixels,
    applied: negative && mode === 'display' ? ['inverted (MONOCHROME1)'] : [],
    warnings:
      negative && mode === 'reference'
        ? [{ code: 'WARN_POLARITY', message: 'MONOCHROME1 pixels were not inverted: the film is a negative' }]
        : [],
    ...(bitsStored === undefined ? {} : { bitsStored }),
    ...(photometric === undefined ? {} : { photometric }),
  }
}

/** Turns the order of the values round; where zero ends up does not matter, since they are stretched afterwards. */
function invert(data: RawSamples): void {
  if (isFloat32Array(data)) for (let i = 0; i < data.length; i++) data[i] = -(data[i] as number)
  else for (let i = 0; i < data.length; i++) data[i] = ~(data[i] as number)
}
