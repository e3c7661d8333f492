import { type StreamHeader, text, uint16 } from './codestream.js'
import { damaged } from './failure.js'
import { markers, segments } from './jpeg-segments.js'

/** What a JPEG or JPEG-LS stream says about itself. */
export interface JpegHeader extends StreamHeader {
  /** Identifiers of the components. */
  readonly ids: readonly number[]
  /** Number of the start-of-frame marker, 0 to 15, or 55 for JPEG-LS. */
  readonly frame: number
  /** A JFIF marker is there, which makes three components YCbCr. */
  readonly jfif: boolean
  /** Where the stream ends, behind its end marker; undefined without one. */
  readonly end: number | undefined
}

/** Reads the header of a JPEG or JPEG-LS stream, and finds its end. */
export function readJpegHeader(bytes: Uint8Array): JpegHeader {
  let header: Omit<JpegHeader, 'jfif' | 'end'> | undefined
  let jfif = false
  let scanned = false
  let end: number | undefined
  for (const segment of segments(bytes)) {
    const { marker, start } = segment
    if (marker === 0xe0 && text(bytes, start, 4) === 'JFIF') jfif = true
    if (isFrameMarker(marker) && !scanned) header = readFrame(bytes, marker, start, segment.end)
    if (marker === markers.scan) scanned = true
    if (marker === markers.end) end = segment.end
  }
  if (!scanned) throw damaged('the JPEG stream ends before its first scan')
  if (!header) throw damaged('the JPEG stream has no frame header before its first scan')
  return { ...header, jfif, end }
}

/** A stream without end marker with one in place of its padding: what is missing before it, a decoder then finds. */
export function withEnd(bytes: Uint8Array): Uint8Array {
  let length = bytes.length
  while (bytes[length - 1] === 0) length--
  return Buffer.concat([bytes.subarray(0, length), Uint8Array.of(0xff, markers.end)])
}

/** Replaces the markers from which libjpeg guesses the colours by one that names them. */
export function markColours(stream: Uint8Array, ybr: boolean): Uint8Array {
  const adobe = [0xff, 0xee, 0, 14, 0x41, 0x64, 0x6f, 0x62, 0x65, 0, 100, 0, 0, 0, 0, ybr ? 1 : 0]
  const parts: Uint8Array[] = [stream.subarray(0, 2), Uint8Array.from(adobe)]
  let from = 2
  for (const segment of segments(stream)) {
    if (segment.marker !== 0xe0 && segment.marker !== 0xee) continue
    parts.push(stream.subarray(from, segment.from))
    from = segment.end
  }
  parts.push(stream.subarray(from))
  return Buffer.concat(parts)
}

function isFrameMarker(marker: number): boolean {
  if (marker === 0xf7) return true
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc
}

function readFrame(bytes: Uint8Array, marker: number, start: number, end: number) {
  const components = bytes[start + 5] ?? 0
  if (end - start < 6 + 3 * components) throw damaged('the frame header of the JPEG stream is too short')
  return {
    precision: bytes[start] ?? 0,
    height: uint16(bytes, start + 1),
    width: uint16(bytes, start + 3),
    components,
    signed: false,
    ids: Array.from({ length: components }, (_, i) => bytes[start + 6 + 3 * i] ?? 0),
    frame: marker === 0xf7 ? 55 : marker - 0xc0,
  }
}
