import { BiovilError } from '../errors.js'
import { byteLimit } from './limits.js'
import type { MemoryClaim } from './memory.js'
import { decodeNifti } from './nifti.js'
import { isRaw } from './owned.js'
import { decodeRaw } from './raw.js'
import { readSource } from './read.js'
import { decodeSharp } from './sharp.js'
import { nameOther, sniffFormat } from './sniff.js'
import type { DecodedImage, ImageInput } from './types.js'

export interface DecodeChoice {
  readonly dicom: 'display' | 'reference'
  readonly frame: number
  readonly maxPixels: number
  readonly memory: MemoryClaim
  readonly signal: AbortSignal | undefined
}

/**
 * Reads and decodes an image of any format that is supported, which its content decides.
 *
 * @param input its bytes are the call's own, and may become part of the result
 * @returns memory that nobody else holds
 * @throws ERR_INPUT, ERR_IMAGE_FORMAT, ERR_IMAGE_DECODE, ERR_IMAGE_TOO_LARGE, ERR_DICOM_SYNTAX, ERR_DICOM_PIXELS, with
 *   the path in the message; argument errors; the signal's reason
 */
export async function decodeImage(input: ImageInput, choice: DecodeChoice): Promise<DecodedImage> {
  const { dicom, maxPixels, memory, signal } = choice
  if (isRaw(input)) return decodeRaw(input, dicom, maxPixels)
  const source = await readSource(input, { limit: byteLimit(maxPixels), memory, signal })
  try {
    return await decodeFile(source.bytes, choice)
  } catch (error) {
    if (!(error instanceof BiovilError)) throw error
    throw new BiovilError(error.code, `${source.name}: ${error.message}`, { cause: error.cause ?? error })
  }
}

async function decodeFile(bytes: Uint8Array, choice: DecodeChoice): Promise<DecodedImage> {
  const format = sniffFormat(bytes)
  const { dicom: mode, frame, maxPixels, memory, signal } = choice
  switch (format) {
    case undefined:
      throw unknownFormat(bytes)
    case 'nifti':
      return decodeNifti(bytes, { maxPixels, memory, signal })
    case 'dicom': {
      const { decodeDicom } = await import('../dicom/index.js')
      return decodeDicom(bytes, {
        mode,
        frame,
        maxPixels,
        beforeDecoding: (needed) => memory.forDecoding(needed),
        ...(signal === undefined ? {} : { signal }),
      })
    }
    default:
      return decodeSharp(bytes, format, { frame, maxPixels, memory })
  }
}

function unknownFormat(bytes: Uint8Array): BiovilError {
  const other = bytes.length === 0 ? 'nothing: it has 0 bytes' : (nameOther(bytes) ?? 'none of them')
  return new BiovilError(
    'ERR_IMAGE_FORMAT',
    `Expected a PNG, JPEG, TIFF, WebP, NIfTI or DICOM image but it is ${other}`,
  )
}
