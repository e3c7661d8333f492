import { BiovilError } from '../errors.js'
import type { Attributes } from './attributes.js'
import { badPixels } from './failure.js'
import type { TransferSyntax } from './syntax.js'

/** The image pixel module, checked: what a frame must be, before anything is allocated for it. */
export interface Layout {
  readonly width: number
  readonly height: number
  readonly samples: 1 | 3
  readonly allocated: 8 | 16 | 32
  readonly stored: number
  readonly highBit: number
  readonly signed: boolean
  /** Samples of one colour together (1), or pixel by pixel (0). */
  readonly planar: boolean
  readonly photometric: string
  readonly frames: number
}

/** Photometric interpretations by the samples they need. */
const interpretations: Readonly<Record<string, 1 | 3>> = {
  MONOCHROME1: 1,
  MONOCHROME2: 1,
  'PALETTE COLOR': 1,
  RGB: 3,
  YBR_FULL: 3,
  YBR_FULL_422: 3,
  YBR_ICT: 3,
  YBR_RCT: 3,
}

/**
 * Reads and checks the image pixel module.
 * @throws ERR_DICOM_PIXELS for a layout that is missing, contradictory or not supported; ERR_IMAGE_TOO_LARGE.
 */
export function readLayout(attributes: Attributes, syntax: TransferSyntax, maxPixels: number): Layout {
  requirePixelData(attributes)
  const height = required(attributes, 'x00280010', 'Rows')
  const width = required(attributes, 'x00280011', 'Columns')
  if (width * height > maxPixels) {
    throw new BiovilError(
      'ERR_IMAGE_TOO_LARGE',
      `DICOM: the header declares ${width}x${height} pixels, more than the limit of ${maxPixels}`,
    )
  }
  const allocated = required(attributes, 'x00280100', 'Bits Allocated')
  const stored = attributes.unsigned('x00280101') ?? allocated
  checkBits(allocated, stored)
  const photometric = attributes.text('x00280004') ?? ''
  const samples = attributes.unsigned('x00280002') ?? 1
  checkColour(photometric, samples, allocated, syntax)
  return {
    width,
    height,
    samples: samples as 1 | 3,
    allocated: allocated as 8 | 16 | 32,
    stored,
    highBit: attributes.unsigned('x00280102') ?? stored - 1,
    signed: attributes.unsigned('x00280103') === 1,
    planar: samples > 1 && attributes.unsigned('x00280006') === 1,
    photometric,
    frames: numberOfFrames(attributes) ?? 1,
  }
}

/** Number of Frames; undefined where it is absent or cannot be. A file with pixel data has one frame at least. */
export function numberOfFrames(attributes: Attributes): number | undefined {
  const frames = attributes.number('x00280008')
  return frames !== undefined && Number.isInteger(frames) && frames >= 1 ? frames : undefined
}

function requirePixelData(attributes: Attributes): void {
  if (attributes.element('x7fe00010')) return
  if (attributes.element('x7fe00008') || attributes.element('x7fe00009')) {
    throw badPixels('floating-point pixel data are not supported; radiographs are integers')
  }
  throw badPixels('the file has no pixel data')
}

function required(attributes: Attributes, tag: string, name: string): number {
  const value = attributes.unsigned(tag)
  if (value === undefined || value === 0) {
    throw badPixels(`expected a positive number for ${name} but it is ${value ?? 'missing'}`)
  }
  return value
}

function checkBits(allocated: number, stored: number): void {
  if (allocated !== 8 && allocated !== 16 && allocated !== 32) {
    throw badPixels(`${allocated} bits allocated are not supported; 8, 16 and 32 are`)
  }
  if (stored < 1 || stored > allocated) {
    throw badPixels(`expected Bits Stored to be 1 to ${allocated} but it is ${stored}`)
  }
}

function checkColour(photometric: string, samples: number, allocated: number, syntax: TransferSyntax): void {
  const expected = Object.hasOwn(interpretations, photometric) ? interpretations[photometric] : undefined
  if (expected === undefined) {
    const known = Object.keys(interpretations).join(', ')
    throw badPixels(`the photometric interpretation is none of the supported ones: ${known}`)
  }
  if (samples !== expected) {
    throw badPixels(`expected ${expected} samples per pixel for ${photometric} but there are ${samples}`)
  }
  if (photometric.startsWith('YBR_FULL') && allocated !== 8) {
    throw badPixels(`${photometric} needs 8 bits allocated but there are ${allocated}`)
  }
  const transformed = photometric === 'YBR_ICT' || photometric === 'YBR_RCT'
  if (transformed && syntax.coding !== 'jpeg-2000' && syntax.coding !== 'htj2k') {
    throw badPixels(`${photometric} exists in JPEG 2000 only, not in ${syntax.name}`)
  }
}
