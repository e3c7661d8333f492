import { decodeWith } from './emscripten.js'
import type { Decode } from './types.js'

/** JPEG 2000, with OpenJPEG. */
export const decode: Decode = (job) =>
  decodeWith('@cornerstonejs/codec-openjpeg/decodewasmjs', 'J2KDecoder', job)
