import type { Layout } from './layout.js'

/** Stored values, pixel by pixel. */
export type SampleArray = Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array

/** Samples in memory of their own, in the byte order of the machine. */
export interface RawSamples {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly bytesPerSample: 1 | 2 | 4
  readonly signed: boolean
  readonly planar: boolean
}

/** The array type of a layout: as wide as Bits Allocated, signed by Pixel Representation. */
export function sampleArray(layout: Layout, length: number): SampleArray {
  return new (arrayType(layout.allocated / 8, layout.signed))(length)
}

/** Gives raw samples the type of the layout, pixel by pixel. Uses their memory where it can. */
export function toSamples(raw: RawSamples, layout: Layout): SampleArray {
  const bytes = layout.allocated / 8
  const sameWidth = raw.bytesPerSample === bytes
  const Type = arrayType(raw.bytesPerSample, sameWidth ? layout.signed : raw.signed)
  const stored = new Type(raw.bytes.buffer, raw.bytes.byteOffset, raw.bytes.length / raw.bytesPerSample)
  if (raw.planar) return interleave(stored, layout)
  if (sameWidth) return stored
  const result = sampleArray(layout, stored.length)
  result.set(stored)
  return result
}

function arrayType(bytes: number, signed: boolean) {
  if (bytes === 1) return signed ? Int8Array : Uint8Array
  if (bytes === 2) return signed ? Int16Array : Uint16Array
  return signed ? Int32Array : Uint32Array
}

function interleave(planes: SampleArray, layout: Layout): SampleArray {
  const { samples } = layout
  const pixels = planes.length / samples
  const result = sampleArray(layout, planes.length)
  for (let sample = 0; sample < samples; sample++) {
    const plane = planes.subarray(sample * pixels, (sample + 1) * pixels)
    for (let i = 0, to = sample; i < pixels; i++, to += samples) result[to] = plane[i] as number
  }
  return result
}

/**
 * Keeps `bits` bits of every sample from bit `shift` up, in place, and takes their sign: the bits around a stored
 * value are not defined.
 */
export function keepBits(data: SampleArray, bits: number, shift: number): void {
  const width = data.BYTES_PER_ELEMENT * 8
  if (bits >= width && shift === 0) return
  const spare = 32 - bits
  if (data instanceof Int8Array || data instanceof Int16Array || data instanceof Int32Array) {
    for (let i = 0; i < data.length; i++) data[i] = (((data[i] as number) >> shift) << spare) >> spare
  } else {
    for (let i = 0; i < data.length; i++) data[i] = (((data[i] as number) >>> shift) << spare) >>> spare
  }
}

/** Whether all samples lie in their low `bits` bits, the bits above being 0. */
export function fitBits(data: SampleArray, bits: number): boolean {
  return data.every((value) => value >= 0 && value < 2 ** bits)
}
