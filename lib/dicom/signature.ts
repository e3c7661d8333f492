import { longVrs, shortVrs, vrAt } from './vr.js'

/** How the elements of a data set are written. */
export interface Form {
  readonly explicit: boolean
  readonly littleEndian: boolean
}

/** Whether bytes are DICOM: `DICM` after a preamble, whatever that holds, or a data set without one. */
export function isDicom(bytes: Uint8Array): boolean {
  return hasPreamble(bytes) || bareForm(bytes, 0) !== undefined
}

export function hasPreamble(bytes: Uint8Array): boolean {
  return bytes[128] === 0x44 && bytes[129] === 0x49 && bytes[130] === 0x43 && bytes[131] === 0x4d
}

/**
 * The form of a data set that nothing announces, as old archives have it; undefined for other bytes. It begins with a
 * small element of group 0002 or 0008, in one of three encodings.
 */
export function bareForm(bytes: Uint8Array, start: number): Form | undefined {
  if (bytes.length < start + 16) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, 8)
  for (const littleEndian of [true, false]) {
    const group = view.getUint16(0, littleEndian)
    const element = view.getUint16(2, littleEndian)
    if ((group !== 0x0002 && group !== 0x0008) || element > 0x0100) continue
    const vr = vrAt(bytes, start + 4)
    if (vr !== undefined && (shortVrs.has(vr) || longVrs.has(vr))) return { explicit: true, littleEndian }
    // Implicit: a length in place of the VR. Nothing that begins a data set is long.
    const length = view.getUint32(4, true)
    if (littleEndian && length <= 1024 && length % 2 === 0) return { explicit: false, littleEndian }
  }
  return undefined
}
