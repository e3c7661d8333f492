import type { FilmPixels } from '../../binding.d.ts'
import { argumentError, BiovilError, type ErrorCode } from '../errors.js'
import { abortable } from '../io/abort.js'
import { bare } from '../json.js'
import { loadBinding } from '../native/binding.js'
import { boolean, integer, readOptions, signal, withDefault } from '../options.js'
import type { ImageWarning } from '../warnings.js'
import { decodeImage } from './decode.js'
import { MemoryClaim } from './memory.js'
import { ownImage } from './owned.js'
import { type PixelOptions, pixelSchema } from './pixel-options.js'
import type { DecodedImage, ImageInput, PreparedFilm } from './types.js'

export interface PrepareOptions extends PixelOptions {
  /** Length of the shorter side after resizing; default 512. */
  readonly resize?: number | undefined
  /** Side of the square that is cut from the middle; default 480. BioViL takes 480, BioViL-T 448. */
  readonly crop?: number | undefined
  /** Return the whole 8-bit film as well; default false. */
  readonly keepFilm?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

/** Checks the options of {@link prepareFilm} but for `keepFilm`. */
export const prepareSchema = {
  resize: withDefault(integer(1, 16384), 512),
  crop: withDefault(integer(1, 16384), 480),
  ...pixelSchema,
  signal,
}

/**
 * Decodes an image and makes of it what the image encoders take, to the bit as the reference does: stretched to 8 bits
 * of grey, the shorter side resized to `resize`, the middle cut out. Decoding and preparing happen off this thread.
 *
 * @returns `crop`: uint8 [crop, crop]; `film`: uint8 [height, width] on request
 * @throws ERR_INPUT, ERR_IMAGE_FORMAT, ERR_IMAGE_DECODE, ERR_IMAGE_TOO_LARGE, ERR_DICOM_SYNTAX, ERR_DICOM_PIXELS, with
 *   the path in the message; ERR_BINDING; ERR_OUT_OF_MEMORY; argument errors; the signal's reason
 */
export async function prepareFilm(input: ImageInput, options?: PrepareOptions): Promise<PreparedFilm> {
  // Before anything is awaited: what the caller does with its bytes afterwards must not matter.
  return prepareOwned(ownImage(input), options)
}

/** The same for an image whose bytes are the call's own. */
export async function prepareOwned(input: ImageInput, options?: PrepareOptions): Promise<PreparedFilm> {
  const settings = read(options)
  settings.signal?.throwIfAborted()
  return abortable(prepare(input, settings), settings.signal)
}

async function prepare(input: ImageInput, settings: Settings): Promise<PreparedFilm> {
  const { resize, crop, keepFilm, percentiles, decodeMemory, signal: abort } = settings
  const memory = new MemoryClaim(decodeMemory, abort)
  try {
    const image = await decodeImage(input, { ...settings, memory })
    abort?.throwIfAborted()
    const { width, height, channels } = image
    const pixels = await loadBinding()
      .binding.prepareFilm(image.data, {
        width,
        height,
        channels,
        resize,
        crop,
        film: keepFilm,
        percentiles: Float64Array.from(percentiles ?? [0, 100]),
      })
      .catch(rethrow)
    return describe(image, pixels, settings)
  } finally {
    memory.release()
  }
}

type Settings = ReturnType<typeof read>

function read(options: PrepareOptions | undefined) {
  const checked = readOptions(options, { ...prepareSchema, keepFilm: withDefault(boolean, false) })
  if (checked.crop > checked.resize) {
    throw argumentError(
      'ERR_OUT_OF_RANGE',
      `Expected option 'crop' to be at most option 'resize', ${checked.resize}, but received ${checked.crop}`,
    )
  }
  return checked
}

function describe(
  image: DecodedImage,
  pixels: FilmPixels,
  { resize, crop: size, percentiles }: Settings,
): PreparedFilm {
  const { format, width, height, channels, transferSyntax, bitsStored, photometric } = bare(image)
  return {
    crop: pixels.crop,
    size,
    width,
    height,
    meanGrey: pixels.meanGrey,
    ...(pixels.film === undefined ? {} : { film: pixels.film }),
    applied: [
      ...image.applied,
      percentiles
        ? `stretched to 0..255 from the percentiles ${percentiles.join(' and ')}`
        : 'stretched to 0..255',
      ...(channels === 1 ? [] : ['colour made grey']),
      `shorter side resized to ${resize}`,
      `middle ${size}x${size} cut out`,
    ],
    warnings: [...image.warnings, ...pixelWarnings(pixels, percentiles)],
    format,
    ...(transferSyntax === undefined ? {} : { transferSyntax }),
    ...(bitsStored === undefined ? {} : { bitsStored }),
    ...(photometric === undefined ? {} : { photometric }),
  }
}

/** Share of the range below which a few extreme pixels have the rest of it. */
const narrow = 0.5

function pixelWarnings(
  { constant, nonFinite, spread }: FilmPixels,
  percentiles: PixelOptions['percentiles'],
): ImageWarning[] {
  const warnings: ImageWarning[] = []
  if (constant) {
    const which = percentiles ? `From percentile ${percentiles.join(' to ')} all` : 'All'
    warnings.push({
      code: 'WARN_CONSTANT',
      message: `${which} pixels have the same value: the film is black`,
    })
  }
  if (spread < narrow) {
    const message =
      `All but .2 % of the pixels lie within ${Math.max(1, Math.round(spread * 100))} % of the grey range: a few extreme ` +
      "ones took the rest, and the model sees little contrast. The option percentiles, as '.1, 99.9', leaves them out"
    warnings.push({ code: 'WARN_RANGE', message })
  }
  if (nonFinite > 0) {
    const message = `${nonFinite} samples are not numbers or infinite: they are black, or white where +infinite`
    warnings.push({ code: 'WARN_NON_FINITE', message })
  }
  return warnings
}

function rethrow(error: Error & { code?: string }): never {
  if (error.code === undefined || error instanceof TypeError || error instanceof RangeError) throw error
  throw new BiovilError(error.code as ErrorCode, error.message, { cause: error })
}
