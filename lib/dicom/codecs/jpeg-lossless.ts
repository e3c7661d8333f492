import { createRequire } from 'node:module'
import type { Decode } from './types.js'

/** The package declares types for a file that it does not ship. */
interface Library {
  readonly Decoder: new () => {
    decode(buffer: ArrayBuffer, offset: number, length: number, bytes: number): Uint8Array<ArrayBuffer> | null
  }
}

const { Decoder } = createRequire(import.meta.url)('jpeg-lossless-decoder-js') as Library

/** Lossless JPEG (process 14, all predictors), up to 16 bits. */
export const decode: Decode = ({ stream, precision }) => {
  const copy = new Uint8Array(stream) // the decoder reads an ArrayBuffer from its start
  const samples = new Decoder().decode(copy.buffer, 0, copy.length, precision > 8 ? 2 : 1)
  if (!samples) throw new Error('nothing decoded')
  return { bytes: new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength), planar: false }
}
