import type { ImageWarning } from '../warnings.js'
import { decodeRle } from './codecs/rle.js'
import { type CodedFrame, codedFrame, isCoded, processes } from './coded-pixels.js'
import { ybrToRgb } from './colour.js'
import { badPixels } from './failure.js'
import { encapsulatedFrame } from './fragments.js'
import type { Layout } from './layout.js'
import { nativeFrame } from './native-pixels.js'
import type { ParsedFile } from './parse.js'
import { fitBits, keepBits, type RawSamples, type SampleArray, toSamples } from './samples.js'

/** The stored values of one frame: pixel by pixel, colours as RGB. */
export interface Frame {
  readonly data: SampleArray
  readonly applied: string[]
  readonly warnings: readonly ImageWarning[]
}

/**
 * Reads the stored values of one frame, as pydicom's `pixel_array` gives them.
 * @param options.highBit Whether High Bit moves the stored value up within its word; pydicom ignores it.
 */
export async function readFrame(
  file: ParsedFile,
  layout: Layout,
  frame: number,
  options: { highBit: boolean; signal: AbortSignal | undefined },
): Promise<Frame> {
  const { raw, precision, photometric, keep, decoded, warnings } = await readRaw(
    file,
    layout,
    frame,
    options.signal,
  )
  const applied = [`decoded ${decoded}: ${layout.stored} of ${layout.allocated} bits, ${signName(layout)}`]
  const data = toSamples(raw, layout)
  const shift = options.highBit ? stepsBelow(layout, precision) : 0
  if (keep === 'stored' || shift > 0) {
    keepBits(data, layout.stored, shift)
    if (shift > 0) applied.push(`shifted right by ${shift} bits: high bit ${shift + layout.stored - 1}`)
  } else {
    if (keep !== undefined) keepBits(data, keep, 0)
    // A stream may be wider than its samples, whose sign bit is then the file's.
    if (options.highBit && layout.signed && fitBits(data, layout.stored)) keepBits(data, layout.stored, 0)
  }
  if (photometric === 'YBR_FULL' || photometric === 'YBR_FULL_422') {
    if (!(data instanceof Uint8Array || data instanceof Int8Array))
      throw badPixels(`${photometric} needs 8 bits`)
    ybrToRgb(data)
    applied.push(`converted ${photometric} to RGB`)
  } else if (photometric !== layout.photometric)
    applied.push(`decoded ${layout.photometric} as ${photometric}`)
  return { data, applied, warnings }
}

interface RawFrame {
  readonly raw: RawSamples
  /** How many bits a sample has. */
  readonly precision: number
  readonly photometric: string
  /** Which low bits of a word are the value: those stored, so many, or all. */
  readonly keep: 'stored' | number | undefined
  /** As what the frame was decoded. */
  readonly decoded: string
  readonly warnings: readonly ImageWarning[]
}

async function readRaw(
  file: ParsedFile,
  layout: Layout,
  frame: number,
  signal: AbortSignal | undefined,
): Promise<RawFrame> {
  const { bytes, syntax, attributes } = file
  const facts = {
    precision: layout.allocated,
    photometric: layout.photometric,
    keep: 'stored',
    decoded: syntax.name,
    warnings: [],
  } as const
  const element = attributes.element('x7fe00010')
  if (!element) throw badPixels('the file has no pixel data')
  if (!element.hadUndefinedLength) {
    if (syntax.coding === 'native') return { ...facts, raw: nativeFrame(file, element, layout, frame) }
    throw badPixels(`the pixel data are not encapsulated, which ${syntax.name} needs`)
  }
  const { stream, fault } = encapsulatedFrame(bytes, element.dataOffset, attributes, frame, layout.frames)
  const warnings = fault === undefined ? [] : [contradiction(`A table that was not used: ${fault}`)]
  if (syntax.coding === 'rle' && !isCoded(stream))
    return { ...facts, warnings, raw: rleFrame(stream, layout) }
  if (syntax.coding === 'native' && !isCoded(stream)) {
    throw badPixels(`the pixel data are encapsulated, which ${syntax.name} does not allow`)
  }
  const coded = await codedFrame(stream, syntax, layout, signal)
  const { name, coding } = processes[coded.decoder]
  const agrees = coding === syntax.coding
  if (!agrees) {
    warnings.push(
      contradiction(
        `The transfer syntax is ${syntax.name} but the pixel data are ${name}: they were read so`,
      ),
    )
  }
  const { raw, photometric, header } = coded
  return {
    raw,
    photometric,
    precision: header.precision,
    keep: bitsToKeep(coded, layout),
    decoded: agrees ? syntax.name : name,
    warnings,
  }
}

/** A decoder whose samples have the precision of the stream may leave their sign open. */
function bitsToKeep({ decoder, header }: CodedFrame, layout: Layout): RawFrame['keep'] {
  if (decoder === 'jpeg-ls') return layout.signed ? header.precision : undefined
  if (decoder === 'jpeg-2000' || decoder === 'htj2k') {
    return layout.samples === 1 && header.signed !== layout.signed ? header.precision : undefined
  }
  return 'stored'
}

function contradiction(message: string): ImageWarning {
  return { code: 'WARN_CONTRADICTION', message }
}

function rleFrame(stream: Uint8Array, { width, height, samples, allocated, signed }: Layout): RawSamples {
  const bytesPerSample = (allocated / 8) as 1 | 2 | 4
  const bytes = decodeRle(stream, width * height, samples, bytesPerSample)
  return { bytes, bytesPerSample, signed, planar: samples > 1 }
}

/**
 * How many bits lie below the stored value. A High Bit that cannot be is taken as the usual one, and one above the bits
 * that a stream has as its highest.
 */
function stepsBelow({ highBit, stored, allocated }: Layout, precision: number): number {
  if (highBit >= allocated) return 0
  return Math.max(0, Math.min(highBit, precision - 1) + 1 - stored)
}

function signName({ signed }: Layout): string {
  return signed ? 'signed' : 'unsigned'
}
