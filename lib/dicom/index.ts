import { argumentError, wrongType } from '../errors.js'
import type { DecodedImage } from '../image/types.js'
import { callback, integer, oneOf, readOptions, signal as signalOption, withDefault } from '../options.js'
import { displayGrey } from './display.js'
import { readFrame } from './frame.js'
import { type Layout, readLayout } from './layout.js'
import { notesOn, notesOnRaw } from './notes.js'
import { paletteToRgb } from './palette.js'
import { type ParsedFile, parseFile } from './parse.js'
import type { SampleArray } from './samples.js'

export { isDicom } from './signature.js'

/** Options of {@link decodeDicom}. */
export interface DecodeDicomOptions {
  /** `display`: as a viewer shows the film. `reference`: the raw stored values, as hi-ml takes them. */
  readonly mode: 'display' | 'reference'
  /** Which frame of a multi-frame file, from 0; default 0. */
  readonly frame?: number
  /** The most pixels that a header may declare; default 100 million. */
  readonly maxPixels?: number
  readonly signal?: AbortSignal
  /** Waited for before memory is taken for the pixels: about so many bytes at a time. */
  readonly beforeDecoding?: (bytes: number) => Promise<void>
}

/** RGB of 16 bits. */
const maxBytesPerPixel = 6

/** 100 megapixels: several times the largest detector. */
export const defaultMaxPixels = 100_000_000

/**
 * Decodes a DICOM file.
 *
 * `reference` gives what pydicom's `pixel_array` does. `display` gives grey values after modality LUT or rescale,
 * VOI LUT or window, inversion (MONOCHROME1) and padding, and palette colours as RGB; high is bright.
 * @param bytes The whole file, with or without preamble.
 * @returns Values before any scaling to grey levels: [height, width] or [height, width, 3], interleaved.
 * @throws ERR_IMAGE_FORMAT, ERR_IMAGE_DECODE, ERR_IMAGE_TOO_LARGE, ERR_DICOM_SYNTAX, ERR_DICOM_PIXELS;
 * ERR_OUT_OF_RANGE for a frame that is not there.
 */
export async function decodeDicom(bytes: Uint8Array, options: DecodeDicomOptions): Promise<DecodedImage> {
  if (!(bytes instanceof Uint8Array)) throw wrongType('bytes', 'a Uint8Array', bytes)
  const { mode, frame, maxPixels, signal, beforeDecoding } = readOptions(options, {
    mode: oneOf('display', 'reference'),
    frame: withDefault(integer(0), 0),
    maxPixels: withDefault(integer(1), defaultMaxPixels),
    signal: signalOption,
    beforeDecoding: callback<(bytes: number) => Promise<void>>(),
  })
  signal?.throwIfAborted()
  const header = await parseFile(bytes, maxPixels * maxBytesPerPixel)
  const layout = readLayout(header.attributes, header.syntax, maxPixels)
  if (frame >= layout.frames) {
    throw argumentError(
      'ERR_OUT_OF_RANGE',
      `Expected a frame from 0 to ${layout.frames - 1} but received ${frame}`,
    )
  }
  await beforeDecoding?.(memoryFor(header, layout, mode))
  const file = (await header.deflated?.inflate()) ?? header
  const raw = await readFrame(file, layout, frame, { highBit: mode === 'display', signal })
  const image =
    mode === 'display'
      ? show(raw.data, file, layout)
      : {
          data: raw.data,
          channels: layout.samples,
          applied: [],
          warnings: notesOnRaw(file.attributes, layout),
        }
  return {
    format: 'dicom',
    width: layout.width,
    height: layout.height,
    channels: image.channels,
    data: image.data,
    applied: [...raw.applied, ...image.applied],
    warnings: [...notesOn(file, layout, frame), ...raw.warnings, ...image.warnings],
    transferSyntax: file.syntax.uid,
    bitsStored: layout.stored,
    photometric: layout.photometric,
  }
}

/** Samples on their way: as decoded, in their type, as shown in double precision; and a decoder, measured at 13 bytes each. */
function memoryFor(file: ParsedFile, layout: Layout, mode: 'display' | 'reference'): number {
  const { attributes, syntax, deflated } = file
  const isCoded = attributes.element('x7fe00010')?.hadUndefinedLength === true && syntax.coding !== 'rle'
  const decoder = isCoded ? 14 : 0
  const perSample = (2 * layout.allocated) / 8 + (mode === 'display' ? 8 : 0) + decoder
  const inflated = 2 * (deflated?.length ?? 0)
  return layout.width * layout.height * layout.samples * perSample + inflated
}

/** The display mode of what is not RGB already. */
function show(
  data: SampleArray,
  { attributes }: ParsedFile,
  layout: Layout,
): Pick<DecodedImage, 'data' | 'channels' | 'applied' | 'warnings'> {
  if (layout.samples === 3) return { data, channels: 3, applied: [], warnings: [] }
  if (layout.photometric === 'PALETTE COLOR') {
    const applied = ['palette colours to RGB']
    return { data: paletteToRgb(data, attributes), channels: 3, applied, warnings: [] }
  }
  return { ...displayGrey(data, attributes, layout), channels: 1 }
}
