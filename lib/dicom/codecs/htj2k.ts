import { decodeWith } from './emscripten.js'
import type { Decode } from './types.js'

/** High-throughput JPEG 2000, with OpenJPH. */
export const decode: Decode = (job) => decodeWith('@cornerstonejs/codec-openjph/wasmjs', 'HTJ2KDecoder', job)
