import { createRequire } from 'node:module'
import { BiovilError } from '../errors.js'
import { decodeInThread } from './codec-pool.js'
import type { Decoder } from './codecs/types.js'
import {
  jpeg2000Start,
  readAsUnsigned,
  readJpeg2000Header,
  readJpegHeader,
  type StreamHeader,
  segments,
} from './codestream.js'
import { badPixels, damaged } from './failure.js'
import type { Layout } from './layout.js'
import type { RawSamples } from './samples.js'
import type { TransferSyntax } from './syntax.js'

/** One decoded frame of a compressed file. */
export interface CodedFrame {
  readonly raw: RawSamples
  readonly header: StreamHeader
  /** The colours of the samples, which may differ from what the file names. */
  readonly photometric: string
}

/** Decodes one compressed frame in a thread, after its header was checked against the file's. */
export async function codedFrame(
  stream: Uint8Array,
  syntax: TransferSyntax,
  layout: Layout,
  signal: AbortSignal | undefined,
): Promise<CodedFrame> {
  if (syntax.coding === 'jpeg-2000' || syntax.coding === 'htj2k') {
    const code = stream.subarray(jpeg2000Start(stream))
    const header = readJpeg2000Header(code)
    const raw = await jpeg2000(syntax.coding, code, header, layout, signal)
    const transformed = layout.photometric === 'YBR_ICT' || layout.photometric === 'YBR_RCT'
    return { raw, header, photometric: transformed ? 'RGB' : layout.photometric }
  }
  const header = readJpegHeader(stream)
  if (!header.ended) throw damaged('the JPEG stream has no end: the file is truncated')
  const decoder = jpegDecoder(syntax, header)
  const colours = jpegColours(header, layout)
  const decodesColour = decoder === 'jpeg-8' && layout.samples === 3
  const code = decodesColour ? markColours(stream, colours !== 'RGB') : stream
  const raw = await decode(decoder, code, header, layout, signal)
  return { raw, header, photometric: decodesColour ? 'RGB' : colours }
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

/** The decoder that can read a stream of the JPEG family, by what the stream is. */
function jpegDecoder(
  syntax: TransferSyntax,
  { frame, precision, components, pointTransform }: StreamHeader,
): Decoder {
  const wrong = () =>
    damaged(
      `${syntax.name} cannot hold a JPEG frame of type ${frame} with ${precision} bits and ${components} samples`,
    )
  if (syntax.coding === 'jpeg-ls') {
    if (frame !== 55) throw wrong()
    return 'jpeg-ls'
  }
  if (syntax.coding === 'jpeg-lossless') {
    if (frame !== 3 || pointTransform !== 0 || (components > 1 && precision > 8)) throw wrong()
    return 'jpeg-lossless'
  }
  if (frame !== undefined && frame <= 2 && precision === 8) return 'jpeg-8'
  if (frame === undefined || frame > 2 || precision !== 12 || components !== 1) throw wrong()
  requireJpeg12(syntax)
  return 'jpeg-12'
}

function requireJpeg12(syntax: TransferSyntax): void {
  try {
    createRequire(import.meta.url).resolve('dcmjs-codecs')
  } catch (cause) {
    throw new BiovilError(
      'ERR_DICOM_SYNTAX',
      `DICOM transfer syntax ${syntax.uid} (${syntax.name}) with 12 bits needs the optional package dcmjs-codecs. ` +
        'Install it: `npm install dcmjs-codecs`',
      { cause },
    )
  }
}

/** The colours that a JPEG stream holds: component names and JFIF say more than the file's header. */
function jpegColours({ ids, jfif }: StreamHeader, { samples, photometric }: Layout): string {
  if (samples !== 3) return photometric
  const letters = String.fromCharCode(...(ids ?? []))
  if (letters.toUpperCase() === 'RGB') return 'RGB'
  return jfif && !photometric.startsWith('YBR') ? 'YBR_FULL' : photometric
}

/** Replaces the markers from which libjpeg guesses the colours by one that names them. */
function markColours(stream: Uint8Array, ybr: boolean): Uint8Array {
  const adobe = [0xff, 0xee, 0, 14, 0x41, 0x64, 0x6f, 0x62, 0x65, 0, 100, 0, 0, 0, 0, ybr ? 1 : 0]
  const parts: Uint8Array[] = [stream.subarray(0, 2), Uint8Array.from(adobe)]
  let from = 2
  for (const segment of segments(stream)) {
    if (segment.marker !== 0xe0 && segment.marker !== 0xee) continue
    parts.push(stream.subarray(from, segment.from))
    from = segment.end
  }
  parts.push(stream.subarray(from))
  return Buffer.concat(parts)
}
