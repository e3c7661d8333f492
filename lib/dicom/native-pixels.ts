import type { Element } from './elements.js'
import { badPixels, damaged } from './failure.js'
import type { Layout } from './layout.js'
import type { ParsedFile } from './parse.js'
import type { RawSamples } from './samples.js'

/** One frame of pixel data that are not encapsulated, in memory of its own. */
export function nativeFrame(file: ParsedFile, element: Element, layout: Layout, frame: number): RawSamples {
  const bytesPerSample = (layout.allocated / 8) as 1 | 2 | 4
  const subsampled = layout.photometric === 'YBR_FULL_422' && !holdsAllSamples(element, layout)
  if (subsampled && layout.width % 2 !== 0) throw badPixels('YBR_FULL_422 needs an even number of columns')
  const length = subsampled ? layout.width * layout.height * 2 : frameLength(layout)
  const start = element.dataOffset + frame * length
  if (element.length < (frame + 1) * length) {
    throw badPixels(
      `the pixel data hold ${element.length} bytes but ${layout.width}x${layout.height} pixels need ` +
        `${(frame + 1) * length}`,
    )
  }
  if (start + length > file.bytes.length) throw damaged('the file ends inside its pixel data')
  // Words of two bytes may hold pairs of 8-bit samples; in big-endian files the pairs are then swapped.
  const pairs = !file.syntax.littleEndian && bytesPerSample === 1 && element.vr === 'OW'
  const copied = pairs
    ? swappedPairs(file.bytes, element.dataOffset, frame * length, length)
    : new Uint8Array(file.bytes.subarray(start, start + length))
  if (!file.syntax.littleEndian) swap(copied, bytesPerSample)
  const bytes = subsampled ? expand422(copied) : copied
  return { bytes, bytesPerSample, signed: layout.signed, planar: layout.planar && !subsampled }
}

/** Bytes of a frame that has every sample of every pixel. */
function frameLength({ width, height, samples, allocated }: Layout): number {
  return width * height * samples * (allocated / 8)
}

/** Whether pixel data have room for every sample of every pixel, which those of YBR_FULL_422 should not. */
export function holdsAllSamples({ length }: Element, layout: Layout): boolean {
  return length >= frameLength(layout) * layout.frames
}

/** Whether pixel data hold more frames than the file declares. */
export function holdsMoreFrames({ length }: Element, layout: Layout): boolean {
  return length >= frameLength(layout) * (layout.frames + 1)
}

function swap(bytes: Uint8Array<ArrayBuffer>, bytesPerSample: number): void {
  const buffer = Buffer.from(bytes.buffer)
  if (bytesPerSample === 2) buffer.swap16()
  if (bytesPerSample === 4) buffer.swap32()
}

function swappedPairs(bytes: Uint8Array, base: number, offset: number, length: number) {
  const result = new Uint8Array(length)
  for (let i = 0; i < length; i++) result[i] = bytes[base + ((offset + i) ^ 1)] ?? 0
  return result
}

/** Y1 Y2 Cb Cr to Y1 Cb Cr Y2 Cb Cr. */
function expand422(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array((bytes.length / 2) * 3)
  for (let from = 0, to = 0; from < bytes.length; from += 4, to += 6) {
    result[to] = bytes[from] as number
    result[to + 3] = bytes[from + 1] as number
    result[to + 1] = result[to + 4] = bytes[from + 2] as number
    result[to + 2] = result[to + 5] = bytes[from + 3] as number
  }
  return result
}
