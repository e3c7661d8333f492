import { hasPreamble, isDicom } from '../dicom/signature.js'
import type { DecodedImage } from './types.js'

/** Formats that come as files. */
export type FileFormat = Exclude<DecodedImage['format'], 'raw'>

/** Bytes from the start of a file that {@link sniffFormat} looks at. */
export const sniffLength = 352

/** What a file is by its content; `undefined` when it is nothing that can be decoded. A file's name plays no part. */
export function sniffFormat(bytes: Uint8Array): FileFormat | undefined {
  // First of all: the preamble before `DICM` may hold anything, the beginning of another format too.
  if (hasPreamble(bytes)) return 'dicom'
  if (starts(bytes, 0, 0x89, 'PNG\r\n\x1a\n')) return 'png'
  if (starts(bytes, 0, 0xff, 0xd8, 0xff)) return 'jpeg'
  if (starts(bytes, 0, 'RIFF') && starts(bytes, 8, 'WEBP')) return 'webp'
  if (['II*\0', 'MM\0*', 'II+\0', 'MM\0+'].some((magic) => starts(bytes, 0, magic))) return 'tiff'
  // A gzip stream may hold anything; the NIfTI reader looks inside.
  if (isGzip(bytes) || isNifti(bytes)) return 'nifti'
  if (isDicom(bytes)) return 'dicom'
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

function starts(bytes: Uint8Array, offset: number, ...parts: readonly (string | number)[]): boolean {
  let at = offset
  for (const part of parts) {
    const codes = typeof part === 'number' ? [part] : Array.from(part, (letter) => letter.charCodeAt(0))
    for (const code of codes) if (bytes[at++] !== code) return false
  }
  return true
}
