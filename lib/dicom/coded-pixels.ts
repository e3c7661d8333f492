import { createRequire } from 'node:module'
import { BiovilError } from '../errors.js'
import { decodeInThread } from './codec-pool.js'
import type { Decoder } from './codecs/types.js'
import { isJpeg, isJpeg2000, type StreamHeader } from './codestream.js'
import { badPixels, damaged } from './failure.js'
import {
  isHtj2k,
  jpeg2000Stream,
  readAsUnsigned,
  readJpeg2000Header,
  requireAllTiles,
} from './jpeg-2000-stream.js'
import { type JpegHeader, markColours, readJpegHeader, withEnd } from './jpeg-stream.js'
import type { Layout } from './layout.js'
import type { RawSamples } from './samples.js'
import type { Coding, TransferSyntax } from './syntax.js'

/** One decoded frame of a compressed file. */
export interface CodedFrame {
  readonly raw: RawSamples
  readonly header: StreamHeader
  readonly decoder: Decoder
  /** The colours of the samples, which may differ from what the file names. */
  readonly photometric: string
}

/** The coding that a stream of each decoder has, by its name. */
export const processes: Readonly<Record<Decoder, { readonly name: string; readonly coding: Coding }>> = {
  'jpeg-8': { name: 'JPEG of 8 bits', coding: 'jpeg' },
  'jpeg-12': { name: 'JPEG of 12 bits', coding: 'jpeg' },
  'jpeg-lossless': { name: 'JPEG Lossless', coding: 'jpeg-lossless' },
  'jpeg-ls': { name: 'JPEG-LS', coding: 'jpeg-ls' },
  'jpeg-2000': { name: 'JPEG 2000', coding: 'jpeg-2000' },
  htj2k: { name: 'HTJ2K', coding: 'htj2k' },
}

/** Whether bytes are a stream that {@link codedFrame} decodes, as far as their beginning tells. */
export function isCoded(stream: Uint8Array): boolean {
  return isJpeg(stream) || isJpeg2000(stream)
}

/**
 * Decodes one compressed frame in a thread, after its header was checked against the file's. The stream decides how, not
 * the transfer syntax.
 */
export async function codedFrame(
  stream: Uint8Array,
  syntax: TransferSyntax,
  layout: Layout,
  signal: AbortSignal | undefined,
): Promise<CodedFrame> {
  if (isJpeg(stream)) return jpegFrame(stream, syntax, layout, signal)
  if (isJpeg2000(stream)) return jpeg2000Frame(jpeg2000Stream(stream), layout, signal)
  throw damaged('the pixel data are no JPEG or JPEG 2000 stream')
}

async function jpegFrame(
  stream: Uint8Array,
  syntax: TransferSyntax,
  layout: Layout,
  signal: AbortSignal | undefined,
): Promise<CodedFrame> {
  const header = readJpegHeader(stream)
  const decoder = jpegDecoder(header, syntax)
  const colours = jpegColours(header, layout)
  // A stream without end marker may be whole all the same: the decoder notices if it is not.
  const whole = header.end === undefined ? withEnd(stream) : stream.subarray(0, header.end)
  const decodesColour = decoder === 'jpeg-8' && layout.samples === 3
  const code = decodesColour ? markColours(whole, colours !== 'RGB') : whole
  const raw = await decode(decoder, code, header, layout, signal).catch((error: unknown) => {
    const isDamage = error instanceof BiovilError && error.code === 'ERR_IMAGE_DECODE'
    if (!isDamage) throw error
    if (header.end === undefined)
      throw damaged('the JPEG stream has no end marker, and lacks data too: it is truncated', error)
    // Zeros that pad the data before the end marker are an error to some decoders, and to others the data's last bits.
    const bare = withEnd(code.subarray(0, -2))
    if (bare.length === code.length) throw error
    return decode(decoder, bare, header, layout, signal)
  })
  return { raw, header, decoder, photometric: decodesColour ? 'RGB' : colours }
}

async function jpeg2000Frame(
  stream: Uint8Array,
  layout: Layout,
  signal: AbortSignal | undefined,
): Promise<CodedFrame> {
  const header = readJpeg2000Header(stream)
  const decoder = isHtj2k(stream) ? 'htj2k' : 'jpeg-2000'
  if (decoder === 'htj2k') requireAllTiles(stream)
  const raw = await jpeg2000(decoder, stream, header, layout, signal)
  const transformed = layout.photometric === 'YBR_ICT' || layout.photometric === 'YBR_RCT'
  return { raw, header, decoder, photometric: transformed ? 'RGB' : layout.photometric }
}

/**
 * The builds of both decoders clamp signed samples of 8 bits to 0 and above. Read as unsigned, the same stream gives
 * them moved up by half the range.
 */
async function jpeg2000(
  decoder: Decoder,
  stream: Uint8Array,
  header: StreamHeader,
  layout: Layout,
  signal: AbortSignal | undefined,
): Promise<RawSamples> {
  if (!header.signed || header.precision > 8) return decode(decoder, stream, header, layout, signal)
  const raw = await decode(decoder, readAsUnsigned(stream), header, layout, signal)
  const half = 2 ** (header.precision - 1)
  for (let i = 0; i < raw.bytes.length; i++) raw.bytes[i] = (raw.bytes[i] as number) - half
  return raw
}

async function decode(
  decoder: Decoder,
  stream: Uint8Array,
  header: StreamHeader,
  layout: Layout,
  signal: AbortSignal | undefined,
): Promise<RawSamples> {
  const { width, height, samples, allocated } = layout
  if (header.width !== width || header.height !== height || header.components !== samples) {
    throw badPixels(
      `the header declares ${width}x${height}x${samples} samples but the ${decoder} stream holds ` +
        `${header.width}x${header.height}x${header.components}`,
    )
  }
  const { precision } = header
  if (precision < 1 || precision > 16 || precision > allocated) {
    throw badPixels(
      `the ${decoder} stream has ${precision} bits a sample, ${Math.min(allocated, 16)} at most fit`,
    )
  }
  const decoded = await decodeInThread(
    { decoder, stream, width, height, components: samples, precision },
    signal,
  )
  return { ...decoded, bytesPerSample: precision > 8 ? 2 : 1, signed: header.signed }
}

/** The decoder of a stream of the JPEG family. */
function jpegDecoder({ frame, precision, components }: JpegHeader, syntax: TransferSyntax): Decoder {
  if (frame === 55) return 'jpeg-ls'
  if (frame === 3) return 'jpeg-lossless'
  if (frame <= 2 && precision === 8) return 'jpeg-8'
  if ((frame === 1 || frame === 2) && precision === 12 && components === 1) {
    requireJpeg12(syntax)
    return 'jpeg-12'
  }
  throw damaged(
    `no decoder for a JPEG frame of type ${frame} with ${precision} bits and ${components} samples`,
  )
}

function requireJpeg12(syntax: TransferSyntax): void {
  try {
    createRequire(import.meta.url).resolve('dcmjs-codecs')
  } catch (cause) {
    throw new BiovilError(
      'ERR_DICOM_SYNTAX',
      `DICOM transfer syntax ${syntax.uid} (${syntax.name}) with 12 bits needs the package dcmjs-codecs, ` +
        'which does not come with biovil. Install it: `npm install dcmjs-codecs`',
      { cause },
    )
  }
}

/** The colours that a JPEG stream holds: component names and JFIF say more than the file's header. */
function jpegColours({ ids, jfif }: JpegHeader, { samples, photometric }: Layout): string {
  if (samples !== 3) return photometric
  const letters = String.fromCharCode(...ids)
  if (letters.toUpperCase() === 'RGB') return 'RGB'
  return jfif && !photometric.startsWith('YBR') ? 'YBR_FULL' : photometric
}
