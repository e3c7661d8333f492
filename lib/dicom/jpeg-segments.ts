import { damaged } from './failure.js'

/** A marker segment of a JPEG or JPEG-LS stream. */
export interface Segment {
  readonly marker: number
  /** Where the marker begins. */
  readonly from: number
  /** The range of its value, without the length. */
  readonly start: number
  readonly end: number
  /** Where the next marker begins: between `end` and here lie the entropy-coded data of a scan. */
  readonly next: number
}

export const markers = { start: 0xd8, end: 0xd9, scan: 0xda, huffman: 0xc4, restart: 0xdd } as const
const jpegLsFrame = 0xf7
/** Streams have some dozens. */
const maxSegments = 10_000

/**
 * The segments of a stream in order, its end marker the last: what follows that does not belong to the stream. A stream
 * without end marker ends after its last whole segment.
 */
export function* segments(bytes: Uint8Array): Generator<Segment> {
  if (bytes[0] !== 0xff || bytes[1] !== markers.start) throw damaged('the pixel data are no JPEG stream')
  let isJpegLs = false
  let count = 0
  for (let from = 2; ; ) {
    if (++count > maxSegments) throw damaged(`the JPEG stream has more than ${maxSegments} segments`)
    while (bytes[from] === 0xff && bytes[from + 1] === 0xff) from++ // fill bytes
    if (from + 2 > bytes.length) return
    const marker = bytes[from + 1] ?? 0
    if (bytes[from] !== 0xff || marker === 0) {
      throw damaged('the JPEG stream is damaged: no segment begins where the last one ends')
    }
    if (marker === markers.end) {
      yield { marker, from, start: from + 2, end: from + 2, next: from + 2 }
      return
    }
    const start = from + 4
    const end = from + 2 + (((bytes[from + 2] ?? 0) << 8) | (bytes[from + 3] ?? 0))
    if (start > bytes.length || end > bytes.length) return
    if (end < start) throw damaged('the JPEG stream is damaged: a segment has no length')
    isJpegLs ||= marker === jpegLsFrame
    const next = marker === markers.scan ? afterEntropyCoded(bytes, end, isJpegLs) : end
    yield { marker, from, start, end, next }
    from = next
  }
}

/** Whether a byte after 0xff makes a restart marker. */
export function isRestart(byte: number): boolean {
  return byte >= 0xd0 && byte <= 0xd7
}

/** The first marker from `position` on that is no restart, or the end of the bytes. */
function afterEntropyCoded(bytes: Uint8Array, position: number, isJpegLs: boolean): number {
  for (let at = bytes.indexOf(0xff, position); at >= 0; at = bytes.indexOf(0xff, at + 2)) {
    while (bytes[at + 1] === 0xff) at++ // fill bytes
    const byte = bytes[at + 1]
    if (byte === undefined) break
    // Among the data JPEG puts a zero byte behind 0xff, JPEG-LS a zero bit.
    const isData = isJpegLs ? byte < 0x80 : byte === 0
    if (!isData && !isRestart(byte)) return at
  }
  return bytes.length
}
