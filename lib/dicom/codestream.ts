import { damaged } from './failure.js'

/** What a code stream says about itself. */
export interface StreamHeader {
  readonly width: number
  readonly height: number
  readonly components: number
  readonly precision: number
  readonly signed: boolean
  /** JPEG: identifiers of the components. */
  readonly ids?: readonly number[]
  /** JPEG: number of the start-of-frame marker, 0 to 15, or 55 for JPEG-LS. */
  readonly frame?: number
  /** JPEG: a JFIF marker is there, which makes three components YCbCr. */
  readonly jfif?: boolean
  /** JPEG: whether the end marker is among the last bytes. */
  readonly ended?: boolean
  /** JPEG: low bits that a lossless scan leaves out. */
  readonly pointTransform?: number
}

/** Reads the header of a JPEG or JPEG-LS stream, up to its first scan. */
export function readJpegHeader(bytes: Uint8Array): StreamHeader {
  let header: StreamHeader | undefined
  let jfif = false
  for (const { marker, start, end } of segments(bytes)) {
    if (marker === 0xe0 && text(bytes, start, 4) === 'JFIF') jfif = true
    if (isFrameMarker(marker)) header = readFrame(bytes, marker, start, end)
    if (marker === 0xda) {
      if (!header) break
      const pointTransform = (bytes[end - 1] ?? 0) & 15
      return { ...header, jfif, pointTransform, ended: hasEnd(bytes) }
    }
  }
  throw damaged('the JPEG stream has no frame header before its first scan')
}

/** A segment of a JPEG header: its marker and the range of its value. */
export interface Segment {
  readonly marker: number
  /** Where the marker begins. */
  readonly from: number
  readonly start: number
  readonly end: number
}

/** The segments from the start of the stream to its first scan header, that one included. */
export function* segments(bytes: Uint8Array): Generator<Segment> {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) throw damaged('the pixel data are no JPEG stream')
  let position = 2
  while (position + 4 <= bytes.length) {
    if (bytes[position] !== 0xff) throw damaged('the JPEG stream is damaged before its first scan')
    const marker = bytes[position + 1] ?? 0
    if (marker === 0xff) {
      position++ // a fill byte
      continue
    }
    const length = ((bytes[position + 2] ?? 0) << 8) | (bytes[position + 3] ?? 0)
    const end = position + 2 + length
    if (length < 2 || end > bytes.length) throw damaged('the JPEG stream ends inside its header')
    yield { marker, from: position, start: position + 4, end }
    if (marker === 0xda) return
    position = end
  }
}

function isFrameMarker(marker: number): boolean {
  if (marker === 0xf7) return true
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc
}

function readFrame(bytes: Uint8Array, marker: number, start: number, end: number): StreamHeader {
  const components = bytes[start + 5] ?? 0
  if (end - start < 6 + 3 * components) throw damaged('the frame header of the JPEG stream is too short')
  return {
    precision: bytes[start] ?? 0,
    height: ((bytes[start + 1] ?? 0) << 8) | (bytes[start + 2] ?? 0),
    width: ((bytes[start + 3] ?? 0) << 8) | (bytes[start + 4] ?? 0),
    components,
    signed: false,
    ids: Array.from({ length: components }, (_, i) => bytes[start + 6 + 3 * i] ?? 0),
    frame: marker === 0xf7 ? 55 : marker - 0xc0,
  }
}

function hasEnd(bytes: Uint8Array): boolean {
  let last = bytes.length - 1
  while (last > 0 && bytes[last] === 0) last--
  // Some writers pad with 0xff, or leave a stray byte behind the marker.
  for (let i = last; i > Math.max(0, last - 8); i--)
    if (bytes[i] === 0xd9 && bytes[i - 1] === 0xff) return true
  return false
}

/** Where the JPEG 2000 code stream begins: some files wrap it in the boxes of a JP2 file. */
export function jpeg2000Start(bytes: Uint8Array): number {
  if (isJpeg2000(bytes, 0)) return 0
  let position = 0
  while (text(bytes, 4, 4) === 'jP  ' && position + 8 <= bytes.length) {
    const length = uint32(bytes, position)
    if (text(bytes, position + 4, 4) === 'jp2c') {
      const start = position + (length === 1 ? 16 : 8)
      if (isJpeg2000(bytes, start)) return start
      break
    }
    if (length < 8) break
    position += length
  }
  throw damaged('the pixel data are no JPEG 2000 stream')
}

/** Reads the SIZ segment of a JPEG 2000 or HTJ2K code stream. */
export function readJpeg2000Header(bytes: Uint8Array): StreamHeader {
  if (!isJpeg2000(bytes, 0) || bytes.length < 45) throw damaged('the pixel data are no JPEG 2000 stream')
  const at = (index: number) => uint32(bytes, 8 + 4 * index)
  const [right, bottom, left, top] = [at(0), at(1), at(2), at(3)]
  const components = ((bytes[40] ?? 0) << 8) | (bytes[41] ?? 0)
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

function isJpeg2000(bytes: Uint8Array, start: number): boolean {
  return uint32(bytes, start) === 0xff4fff51
}

function uint32(bytes: Uint8Array, start: number): number {
  return (
    (bytes[start] ?? 0) * 0x1000000 +
    (((bytes[start + 1] ?? 0) << 16) | ((bytes[start + 2] ?? 0) << 8) | (bytes[start + 3] ?? 0))
  )
}

function text(bytes: Uint8Array, start: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(start, start + length))
}
