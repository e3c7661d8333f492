import { BiovilError } from '../errors.js'
import { byteLimit } from './limits.js'
import { decodeNifti } from './nifti.js'
import { decodeRaw } from './raw.js'
import { isRaw, readSource } from './read.js'
import { decodeSharp } from './sharp.js'
import { nameOther, sniffFormat } from './sniff.js'
import type { DecodedImage, ImageInput } from './types.js'

export interface DecodeChoice {
  readonly dicom: 'display' | 'reference'
  readonly frame: number
  readonly maxPixels: number
  readonly signal: AbortSignal | undefined
}

/**
 * Reads and decodes an image of any format that is supported, which its content decides.
 *
 * @returns memory that nobody else holds
 * @throws ERR_INPUT, ERR_IMAGE_FORMAT, ERR_IMAGE_DECODE, ERR_IMAGE_TOO_LARGE, ERR_DICOM_SYNTAX, ERR_DICOM_PIXELS, with
 *   the path in the message; argument errors; the signal's reason
 */
export async function decodeImage(input: ImageInput, choice: DecodeChoice): Promise<DecodedImage> {
  // Before anything is awaited, so that the pixels are copied before the caller goes on.
  if (isRaw(input)) return decodeRaw(input, choice.dicom, choice.maxPixels)
  const source = await readSource(input, byteLimit(choice.maxPixels), choice.signal)
  try {
    const image = await decodeFile(source.bytes, choice)
    choice.signal?.throwIfAborted()
    return image.data.buffer === source.bytes.buffer ? { ...image, data: copy(image.data) } : image
  } catch (error) {
    if (!(error instanceof BiovilError)) throw error
    throw new BiovilError(error.code, `${source.name}: ${error.message}`, { cause: error.cause ?? error })
  }
}

/** A Buffer's own slice() would share the memory. */
function copy(data: DecodedImage['data']): DecodedImage['data'] {
  return data instanceof Uint8Array ? new Uint8Array(data) : data.slice()
}

async function decodeFile(bytes: Uint8Array, choice: DecodeChoice): Promise<DecodedImage> {
  const format = sniffFormat(bytes)
  const { dicom: mode, frame, maxPixels, signal } = choice
  switch (format) {
    case undefined:
      throw unknownFormat(bytes)
    case 'nifti':
      return decodeNifti(bytes, maxPixels)
    case 'dicom': {
      const { decodeDicom } = await import('../dicom/index.js')
      return decodeDicom(bytes, { mode, frame, maxPixels, ...(signal === undefined ? {} : { signal }) })
    }
    default:
      return decodeSharp(bytes, format, { frame, maxPixels })
  }
}

function unknownFormat(bytes: Uint8Array): BiovilError {
  const other = bytes.length === 0 ? 'nothing: it has 0 bytes' : (nameOther(bytes) ?? 'none of them')
  return new BiovilError(
    'ERR_IMAGE_FORMAT',
    `Expected a PNG, JPEG, TIFF, WebP, NIfTI or DICOM image but it is ${other}`,
  )
}
