import { decodeWith } from './emscripten.js'
import type { Decode } from './types.js'

/** JPEG-LS, lossless and near-lossless, with CharLS. */
export const decode: Decode = (job) =>
  decodeWith('@cornerstonejs/codec-charls/decodewasmjs', 'JpegLSDecoder', job)
