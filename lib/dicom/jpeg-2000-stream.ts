import { isCodeStream, type StreamHeader, text, uint16, uint32 } from './codestream.js'
import { damaged } from './failure.js'

/** The JPEG 2000 code stream in the bytes of a frame: some files wrap it in the boxes of a JP2 file. */
export function jpeg2000Stream(bytes: Uint8Array): Uint8Array {
  if (isCodeStream(bytes, 0)) return bytes
  for (let position = 0; position + 8 <= bytes.length; ) {
    const length = uint32(bytes, position)
    if (text(bytes, position + 4, 4) === 'jp2c') {
      const start = position + (length === 1 ? 16 : 8)
      if (isCodeStream(bytes, start)) return bytes.subarray(start)
      break
    }
    if (length < 8) break
    position += length
  }
  throw damaged('the pixel data are no JPEG 2000 stream')
}

/** Reads the SIZ segment of a JPEG 2000 or HTJ2K code stream. */
export function readJpeg2000Header(bytes: Uint8Array): StreamHeader {
  if (bytes.length < 45) throw damaged('the JPEG 2000 stream ends inside its header')
  const at = (index: number) => uint32(bytes, 8 + 4 * index)
  const [right, bottom, left, top] = [at(0), at(1), at(2), at(3)]
  const components = uint16(bytes, 40)
  if (bytes.length < 42 + 3 * components || components === 0) {
    throw damaged('the JPEG 2000 stream ends inside its header')
  }
  const depth = bytes[42] ?? 0
  for (let i = 0; i < components; i++) {
    const start = 42 + 3 * i
    if (bytes[start] !== depth || bytes[start + 1] !== 1 || bytes[start + 2] !== 1) {
      throw damaged('the components of the JPEG 2000 stream differ in depth or are subsampled')
    }
  }
  checkTiles(right, bottom, at)
  return {
    width: right - left,
    height: bottom - top,
    components,
    precision: (depth & 127) + 1,
    signed: depth > 127,
  }
}

/** Whether the stream is HTJ2K: the segment after SIZ then lists the capabilities of Part 15. */
export function isHtj2k(bytes: Uint8Array): boolean {
  const next = 4 + uint16(bytes, 4)
  return uint16(bytes, next) === 0xff50 && (uint32(bytes, next + 4) & 0x20000) !== 0
}

/**
 * Checks that the tile-parts, which say how long they are, end in the end marker. OpenJPH decodes what there is of a
 * stream, without a word.
 */
export function requireAllTiles(bytes: Uint8Array): void {
  let position = 2
  while (position < bytes.length && uint16(bytes, position) !== 0xff90)
    position += 2 + uint16(bytes, position + 2)
  while (uint16(bytes, position) === 0xff90) {
    const length = uint32(bytes, position + 6)
    // 0: up to the end marker, which does not occur among the data.
    position =
      length === 0
        ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf('\xff\xd9', position, 'latin1')
        : position + Math.max(length, 12)
  }
  if (uint16(bytes, position) !== 0xffd9) {
    throw damaged(
      'the tiles of the JPEG 2000 stream do not end with its end marker: it is truncated or damaged',
    )
  }
}

/** A copy of a JPEG 2000 stream that declares all its samples unsigned. */
export function readAsUnsigned(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(bytes)
  const { components } = readJpeg2000Header(bytes)
  for (let i = 0; i < components; i++) copy[42 + 3 * i] = (copy[42 + 3 * i] as number) & 127
  return copy
}

/** The standard allows 65,535 tiles; a damaged tile size would ask for billions. */
function checkTiles(right: number, bottom: number, at: (index: number) => number): void {
  const columns = Math.ceil((right - at(6)) / at(4))
  const rows = Math.ceil((bottom - at(7)) / at(5))
  if (!(columns >= 1 && rows >= 1 && columns * rows <= 65535)) {
    throw damaged('the tiles of the JPEG 2000 stream have no sensible size')
  }
}
