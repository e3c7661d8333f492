import type { DecodedImage } from './types.js'

/** Formats that come as files. */
export type FileFormat = Exclude<DecodedImage['format'], 'raw'>

/** Bytes from the start of a file that {@link sniffFormat} looks at. */
export const sniffLength = 352

/** What a file is by its content; `undefined` when it is nothing that can be decoded. A file's name plays no part. */
export function sniffFormat(bytes: Uint8Array): FileFormat | undefined {
  if (starts(bytes, 0, 0x89, 'PNG\r\n\x1a\n')) return 'png'
  if (starts(bytes, 0, 0xff, 0xd8, 0xff)) return 'jpeg'
  if (starts(bytes, 0, 'RIFF') && starts(bytes, 8, 'WEBP')) return 'webp'
  if (['II*\0', 'MM\0*', 'II+\0', 'MM\0+'].some((magic) => starts(bytes, 0, magic))) return 'tiff'
  // A gzip stream may hold anything; the NIfTI reader looks inside.
  if (isGzip(bytes) || isNifti(bytes)) return 'nifti'
  if (starts(bytes, 128, 'DICM') || isBareDicom(bytes)) return 'dicom'
  return undefined
}

/** A word for formats that people try and that are not supported, for error messages. */
export function nameOther(bytes: Uint8Array): string | undefined {
  const known: readonly (readonly [string, number, string])[] = [
    ['a GIF', 0, 'GIF8'],
    ['a Windows bitmap', 0, 'BM'],
    ['a PDF', 0, '%PDF'],
    ['a zip archive', 0, 'PK\x03\x04'],
    ['a JPEG 2000 file outside DICOM', 0, '\0\0\0\x0cjP  '],
    ['a JPEG XL file', 0, '\0\0\0\x0cJXL '],
    ['a HEIF or AVIF image', 4, 'ftyp'],
    ['an NRRD volume', 0, 'NRRD'],
    ['a NumPy array', 0, '\x93NUMPY'],
    ['an HTML page', 0, '<!DOCTYPE'],
    ['an HTML page', 0, '<html'],
    ['an SVG drawing', 0, '<svg'],
    ['a Git LFS pointer', 0, 'version https://git-lfs'],
  ]
  return known.find(([, offset, magic]) => starts(bytes, offset, magic))?.[0]
}

export function isGzip(bytes: Uint8Array): boolean {
  return starts(bytes, 0, 0x1f, 0x8b, 0x08)
}

/** NIfTI-1 has its magic at the end of the header, NIfTI-2 at its beginning. */
export function isNifti(bytes: Uint8Array): boolean {
  return starts(bytes, 344, 'n+1\0') || starts(bytes, 4, 'n+2\0')
}

/**
 * A data set without preamble and meta information, as old archives have it: it begins with a small element of group
 * 0002 or 0008, in one of three encodings.
 */
function isBareDicom(bytes: Uint8Array): boolean {
  if (bytes.length < 16) return false
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (const little of [true, false]) {
    const group = view.getUint16(0, little)
    const element = view.getUint16(2, little)
    if ((group !== 0x0002 && group !== 0x0008) || element > 0x0100) continue
    if (valueTypes.has(String.fromCharCode(view.getUint8(4), view.getUint8(5)))) return true
    // Implicit: a length in place of the type. Nothing that begins a data set is long.
    const length = view.getUint32(4, true)
    if (little && length <= 256 && length % 2 === 0) return true
  }
  return false
}

const valueTypes = new Set(['AE', 'CS', 'DA', 'DT', 'LO', 'OB', 'SH', 'ST', 'TM', 'UI', 'UL', 'US'])

function starts(bytes: Uint8Array, offset: number, ...parts: readonly (string | number)[]): boolean {
  let at = offset
  for (const part of parts) {
    const codes = typeof part === 'number' ? [part] : Array.from(part, (letter) => letter.charCodeAt(0))
    for (const code of codes) if (bytes[at++] !== code) return false
  }
  return true
}
