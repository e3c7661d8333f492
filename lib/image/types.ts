import type { Samples } from '../../binding.d.ts'
import type { ImageWarning } from '../warnings.js'

/** An image as its file holds it: samples before the grey remap, never normalised. */
export interface DecodedImage {
  readonly format: 'png' | 'jpeg' | 'tiff' | 'webp' | 'nifti' | 'dicom' | 'raw'
  readonly width: number
  readonly height: number
  /** Samples per pixel, interleaved, row-major. */
  readonly channels: 1 | 3 | 4
  /** Values before the grey remap; never normalised. */
  readonly data: Samples
  /** What was done to the stored values, step by step, for people and records. */
  readonly applied: readonly string[]
  readonly warnings: readonly ImageWarning[]
  /** DICOM transfer syntax UID. */
  readonly transferSyntax?: string
  readonly bitsStored?: number
  /** Photometric interpretation as stored. */
  readonly photometric?: string
}

/** Raw samples in place of a file. */
export interface RawPixels {
  /** Grey samples, row-major, width * height of them. */
  readonly pixels: Uint8Array | Uint16Array | Int16Array | Float32Array
  readonly width: number
  readonly height: number
  readonly bitsStored?: number
  readonly photometric?: 'MONOCHROME1' | 'MONOCHROME2'
}

/** A path, a file URL, the bytes of a file, a stream of them, or raw pixels. */
export type ImageInput = string | URL | Uint8Array | NodeJS.ReadableStream | RawPixels

/** The film as the model takes it. */
export interface PreparedFilm {
  /** [size, size], uint8: after remap, resize and centre crop. */
  readonly crop: Uint8Array
  readonly size: number
  /** Width of the original image. */
  readonly width: number
  /** Height of the original image. */
  readonly height: number
  /** Mean of the 8-bit film after the remap, before resizing. */
  readonly meanGrey: number
  /** [height, width] 8-bit film, on request. */
  readonly film?: Uint8Array
  readonly applied: readonly string[]
  readonly warnings: readonly ImageWarning[]
  readonly format: DecodedImage['format']
  readonly transferSyntax?: string
  readonly bitsStored?: number
  readonly photometric?: string
}
