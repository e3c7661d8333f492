import { BiovilError } from '../errors.js'

/** The image is truncated or damaged. */
export function damaged(message: string, cause?: unknown): BiovilError {
  return new BiovilError('ERR_IMAGE_DECODE', `DICOM: ${message}`, cause === undefined ? undefined : { cause })
}

/** There are no pixels, or their layout is not supported. */
export function badPixels(message: string): BiovilError {
  return new BiovilError('ERR_DICOM_PIXELS', `DICOM: ${message}`)
}

/** The bytes are not DICOM at all. */
export function notDicom(message: string): BiovilError {
  return new BiovilError('ERR_IMAGE_FORMAT', `Not a DICOM file: ${message}`)
}
