import type { Metadata, Sharp, SharpOptions } from 'sharp'
import { argumentError, BiovilError } from '../errors.js'
import type { ImageWarning } from '../warnings.js'
import { checkSize } from './limits.js'
import type { MemoryClaim } from './memory.js'
import { exifOrientation } from './orientation.js'
import type { DecodedImage } from './types.js'

type SharpFormat = 'png' | 'jpeg' | 'tiff' | 'webp'
type Samples = DecodedImage['data']
type Depth = 'uchar' | 'char' | 'ushort' | 'short' | 'uint' | 'int' | 'float' | 'double'

const arrays = {
  uchar: Uint8Array,
  char: Int8Array,
  ushort: Uint16Array,
  short: Int16Array,
  uint: Uint32Array,
  int: Int32Array,
  float: Float32Array,
  double: Float64Array,
} as const

export interface SharpChoice {
  readonly frame: number
  readonly maxPixels: number
  readonly memory: MemoryClaim
}

/**
 * Decodes with sharp: the stored samples, without colour management, gamma or EXIF orientation, none of which the
 * reference applies.
 *
 * @throws ERR_IMAGE_DECODE, ERR_IMAGE_TOO_LARGE, ERR_OUT_OF_RANGE for a page that is not there
 */
export async function decodeSharp(
  file: Uint8Array,
  format: SharpFormat,
  { frame, maxPixels, memory }: SharpChoice,
): Promise<DecodedImage> {
  const { default: sharp } = await import('sharp')
  const open = (options: SharpOptions) => sharp(file, { failOn: 'error', ignoreIcc: true, ...options })
  // Without sharp's own limit: it would not say how large the image is.
  const inspect = (page: number) => attempt(format, () => open({ limitInputPixels: false, page }).metadata())
  const first = await inspect(0)
  const { pages = 1 } = first
  if (frame >= pages) {
    throw argumentError('ERR_OUT_OF_RANGE', `Expected a frame from 0 to ${pages - 1} but received ${frame}`)
  }
  const metadata = frame === 0 ? first : await inspect(frame)
  checkSize(metadata.width, metadata.height, maxPixels)
  // PNG colour types 0, 2 and 3 have no alpha channel: what sharp reports as one is a transparent colour.
  const transparentColour = format === 'png' && [0, 2, 3].includes(file[25] as number)
  const plan = planOf(metadata, format, transparentColour)
  await memory.forDecoding(memoryFor(metadata, format, plan.depth))
  const { data, info } = await attempt(format, () =>
    plan
      .convert(open({ limitInputPixels: maxPixels, sequentialRead: true, page: frame }))
      .raw({ depth: plan.depth })
      .toBuffer({ resolveWithObject: true }),
  )
  checkSize(info.width, info.height, maxPixels)
  const samples = view(data, plan.depth)
  const channels = samples.length / (info.width * info.height)
  if (channels !== 1 && channels !== 3 && channels !== 4) {
    throw new BiovilError(
      'ERR_IMAGE_DECODE',
      `Expected grey, RGB or RGBA pixels but decoding gave ${channels} channels`,
    )
  }
  return {
    format,
    width: info.width,
    height: info.height,
    channels,
    data: samples,
    bitsStored: bitsOf(metadata, plan.depth),
    applied: [`decoded ${format.toUpperCase()} (${plan.what})`, ...plan.applied],
    warnings: [
      ...plan.warnings,
      ...(pages > 1 ? [pageWarning(frame, pages)] : []),
      ...exifOrientation(metadata.orientation),
    ],
  }
}

interface Plan {
  readonly what: string
  readonly depth: Depth
  readonly convert: (image: Sharp) => Sharp
  readonly applied: readonly string[]
  readonly warnings: readonly ImageWarning[]
}

function planOf(metadata: Metadata, format: SharpFormat, transparentColour: boolean): Plan {
  const { space, hasAlpha } = metadata
  const depth = metadata.depth as Depth
  if (!(depth in arrays)) {
    throw new BiovilError('ERR_IMAGE_DECODE', `Samples of type ${depth} are not supported`)
  }
  const bits = `${bitsOf(metadata, depth)} bits`
  if (space === 'cmyk') return cmyk(depth, bits)
  const wide = depth === 'ushort' || depth === 'short'
  const grey = space === 'b-w' || space === 'grey16'
  if (!grey && space !== 'srgb' && space !== 'rgb16') {
    throw new BiovilError(
      'ERR_IMAGE_DECODE',
      `Expected grey or RGB pixels but the image has colour space ${space}`,
    )
  }
  // Pillow, which the reference reads with, does not make alpha of a transparent colour.
  const alpha = hasAlpha && !transparentColour
  const colour = !grey || alpha
  // Nor does it read colour of 16 bits; it keeps the high bytes, as the conversion to sRGB does.
  const cut = format === 'png' && wide && colour
  const target = colour ? (wide && !cut ? 'rgb16' : 'srgb') : wide ? 'grey16' : 'b-w'
  const applied: string[] = []
  // sharp has no signed samples of 16 bits; the grey stretch takes the offset away again.
  const signed = depth === 'short'
  if (signed) applied.push('32768 added to signed samples')
  if (metadata.isPalette) applied.push('palette applied')
  if (hasAlpha && !alpha) applied.push('transparent colour ignored')
  if (cut) applied.push('cut to the high 8 bits of each sample, as Pillow does')
  return {
    what: `${bits}, ${grey ? 'grey' : 'RGB'}${alpha ? ' and alpha' : ''}`,
    depth: cut ? 'uchar' : signed ? 'ushort' : depth,
    convert: (image) => {
      const converted = (signed ? image.linear(1, 32768) : image).toColourspace(target)
      return hasAlpha && !alpha ? converted.removeAlpha() : converted
    },
    applied,
    warnings: alpha
      ? [
          {
            code: 'WARN_ALPHA',
            message: 'The image has an alpha channel, which takes part in the grey stretch',
          },
        ]
      : [],
  }
}

/** The reference takes the four inks for red, green, blue and alpha. So does this, but says it. */
function cmyk(depth: Depth, bits: string): Plan {
  return {
    what: `${bits}, CMYK`,
    depth,
    convert: (image) => image.pipelineColourspace('cmyk').toColourspace('cmyk'),
    applied: ['inks taken for red, green, blue and alpha, as the reference does'],
    warnings: [{ code: 'WARN_COLOUR', message: 'The image is CMYK; convert it to grey first' }],
  }
}

function bitsOf({ bitsPerSample }: Metadata, depth: Depth): number {
  return bitsPerSample ?? arrays[depth].BYTES_PER_ELEMENT * 8
}

function pageWarning(frame: number, pages: number): ImageWarning {
  return { code: 'WARN_FRAMES', message: `Frame ${frame} of 0 to ${pages - 1} was taken` }
}

function view(data: Buffer, depth: Depth): Samples {
  const type = arrays[depth]
  const aligned = data.byteOffset % type.BYTES_PER_ELEMENT === 0 ? data : Uint8Array.from(data)
  return new type(
    aligned.buffer as ArrayBuffer,
    aligned.byteOffset,
    aligned.byteLength / type.BYTES_PER_ELEMENT,
  )
}

/** Bytes that decoding takes at a time, as measured: the samples, and what a decoder needs before it gives the first row. */
function memoryFor(
  { width, height, channels, isProgressive }: Metadata,
  format: SharpFormat,
  depth: Depth,
): number {
  const pixels = width * height
  // Grey with alpha becomes RGBA.
  const samples = pixels * (channels === 2 ? 4 : channels)
  const decoder = format === 'webp' ? 5 * pixels : isProgressive ? 2 * samples : 0
  return samples * arrays[depth].BYTES_PER_ELEMENT + decoder
}

async function attempt<T>(format: SharpFormat, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    const reason = (cause as Error).message.trim().split('\n')[0]
    throw new BiovilError(
      'ERR_IMAGE_DECODE',
      `Cannot decode the ${format.toUpperCase()} image, which is damaged or of a rare kind: ${reason}`,
      {
        cause,
      },
    )
  }
}
