import { bare } from '../json.js'
import { readOptions } from '../options.js'
import type { ImageWarning } from '../warnings.js'
import { cropRectangle, type Rectangle } from './geometry.js'
import { type PrepareOptions, prepareFilm, prepareSchema } from './prepare.js'
import type { ImageInput, PreparedFilm } from './types.js'

/** What is known about an image, without anything that identifies a patient. */
export interface ImageInspection {
  readonly format: PreparedFilm['format']
  readonly width: number
  readonly height: number
  /** DICOM transfer syntax UID. */
  readonly transferSyntax?: string
  readonly bitsStored?: number
  readonly photometric?: string
  /** What is done to the stored values on their way to the model. */
  readonly applied: readonly string[]
  /** Mean of the 8-bit film, before resizing. */
  readonly meanGrey: number
  /** What the model sees, in pixels of the original image. */
  readonly crop: Rectangle
  readonly warnings: readonly ImageWarning[]
}

/**
 * Describes an image and how it is prepared.
 *
 * @returns the description, and the 8-bit film, uint8 [height, width]
 * @throws what {@link prepareFilm} throws
 */
export async function inspectImage(
  input: ImageInput,
  options?: Omit<PrepareOptions, 'keepFilm'>,
): Promise<{ inspection: ImageInspection; film: Uint8Array }> {
  const read = readOptions(options, prepareSchema)
  const prepared = await prepareFilm(input, { ...read, keepFilm: true })
  const { film, format, width, height, meanGrey, applied, warnings } = prepared
  const { transferSyntax, bitsStored, photometric } = bare(prepared)
  return {
    inspection: {
      format,
      width,
      height,
      ...(transferSyntax === undefined ? {} : { transferSyntax }),
      ...(bitsStored === undefined ? {} : { bitsStored }),
      ...(photometric === undefined ? {} : { photometric }),
      applied,
      meanGrey,
      crop: cropRectangle(width, height, read.resize, prepared.size),
      warnings,
    },
    film: film as Uint8Array,
  }
}
