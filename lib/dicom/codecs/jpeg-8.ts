import { decodeWith } from './emscripten.js'
import type { Decode } from './types.js'

/** JPEG of 8 bits, with libjpeg-turbo. */
export const decode: Decode = (job) =>
  decodeWith('@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs', 'JPEGDecoder', job)
