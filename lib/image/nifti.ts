import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { BiovilError } from '../errors.js'
import { checkSize } from './limits.js'
import { isGzip, isNifti, sniffLength } from './sniff.js'
import type { DecodedImage } from './types.js'

type Samples = DecodedImage['data']

interface Header {
  readonly littleEndian: boolean
  readonly dims: readonly number[]
  readonly datatypeCode: number
  readonly vox_offset: number
  readonly scl_slope: number
  readonly scl_inter: number
}

interface SampleKind {
  readonly name: string
  readonly bytes: number
  readonly make: (buffer: ArrayBuffer) => Samples
}

/** By `datatype` of the header. 64-bit integers become doubles, which is what the grey remap makes of them too. */
const kinds: Readonly<Record<number, SampleKind>> = {
  2: { name: 'uint8', bytes: 1, make: (buffer) => new Uint8Array(buffer) },
  4: { name: 'int16', bytes: 2, make: (buffer) => new Int16Array(buffer) },
  8: { name: 'int32', bytes: 4, make: (buffer) => new Int32Array(buffer) },
  16: { name: 'float32', bytes: 4, make: (buffer) => new Float32Array(buffer) },
  64: { name: 'float64', bytes: 8, make: (buffer) => new Float64Array(buffer) },
  256: { name: 'int8', bytes: 1, make: (buffer) => new Int8Array(buffer) },
  512: { name: 'uint16', bytes: 2, make: (buffer) => new Uint16Array(buffer) },
  768: { name: 'uint32', bytes: 4, make: (buffer) => new Uint32Array(buffer) },
  1024: { name: 'int64', bytes: 8, make: (buffer) => Float64Array.from(new BigInt64Array(buffer), Number) },
  1280: { name: 'uint64', bytes: 8, make: (buffer) => Float64Array.from(new BigUint64Array(buffer), Number) },
}

/**
 * Decodes a NIfTI image of one slice, gzipped or not. Rows and columns are those of the file, as SimpleITK gives them:
 * the orientation is not applied. Scaling (`scl_slope`, `scl_inter`) is.
 *
 * @throws ERR_IMAGE_FORMAT, ERR_IMAGE_DECODE, ERR_IMAGE_TOO_LARGE
 */
export async function decodeNifti(file: Uint8Array, maxPixels: number): Promise<DecodedImage> {
  const gzipped = isGzip(file)
  const head = gzipped ? await inflateHead(file) : file
  if (!isNifti(head)) {
    throw new BiovilError(
      'ERR_IMAGE_FORMAT',
      'Expected a NIfTI image in the gzip file but found something else',
    )
  }
  const header = await readHeader(head)
  const [width, height] = sliceSize(header.dims)
  checkSize(width, height, maxPixels)
  const kind = kinds[header.datatypeCode]
  if (kind === undefined) {
    throw new BiovilError(
      'ERR_IMAGE_DECODE',
      `NIfTI datatype ${header.datatypeCode} is not supported: expected one grey value a voxel, of at most 64 bits`,
    )
  }
  const start = header.vox_offset
  const end = start + width * height * kind.bytes
  if (!Number.isInteger(start) || start < sniffLength) throw damaged(`its pixels begin at byte ${start}`)
  if (end > byteCeiling(maxPixels)) throw damaged(`its pixels end at byte ${end}`)
  const bytes = gzipped ? await inflate(file, end) : file
  if (bytes.length < end) throw damaged(`it ends after ${bytes.length} of ${end} bytes`)
  const samples = toSamples(bytes.subarray(start, end), kind, header.littleEndian)
  const scaled = rescale(samples, header)
  return {
    format: 'nifti',
    width,
    height,
    channels: 1,
    data: scaled,
    bitsStored: kind.bytes * 8,
    applied: [
      `decoded NIfTI (${kind.name}${gzipped ? ', gzip' : ''})`,
      ...(scaled === samples ? [] : [`scaled by ${header.scl_slope}, ${header.scl_inter} added`]),
    ],
    warnings: [],
  }
}

function byteCeiling(maxPixels: number): number {
  return maxPixels * 8 + 1024 * 1024
}

async function readHeader(head: Uint8Array): Promise<Header> {
  const nifti = await import('nifti-reader-js')
  // The header of either version is in the first 544 bytes. Extensions follow it, say its last 4 bytes; they are of no
  // use here, and not in the copy.
  const copy = new Uint8Array(544)
  copy.set(head.subarray(0, copy.length))
  const size = head[4] === 0x6e ? 540 : 348
  copy.fill(0, size)
  try {
    return nifti.readHeader(copy.buffer)
  } catch (cause) {
    throw damaged((cause as Error).message, cause)
  }
}

/** Width and height, of which there may be no third. */
function sliceSize(dims: readonly number[]): [number, number] {
  const rank = dims[0] ?? 0
  const [width = 0, height = 0, ...others] = dims.slice(1, rank + 1)
  if (rank < 2 || rank > 7) throw damaged(`it has ${rank} dimensions`)
  if (others.some((size) => size !== 1)) {
    throw new BiovilError(
      'ERR_IMAGE_DECODE',
      `Expected a NIfTI image of one slice but its size is ${dims.slice(1, rank + 1).join('x')}. Extract one slice first`,
    )
  }
  return [width, height]
}

const unzip = promisify(gunzip)

async function inflateHead(file: Uint8Array): Promise<Uint8Array> {
  // A prefix cannot end properly; a flush that needs no end gives what there is.
  const { Z_SYNC_FLUSH } = (await import('node:zlib')).constants
  try {
    return await unzip(file.subarray(0, 4096), {
      finishFlush: Z_SYNC_FLUSH,
      maxOutputLength: 16 * 1024 * 1024,
    })
  } catch (cause) {
    throw damaged((cause as Error).message, cause)
  }
}

/** Inflates a file that is expected to hold `size` bytes, and not much more. */
async function inflate(file: Uint8Array, size: number): Promise<Uint8Array> {
  try {
    return await unzip(file, { maxOutputLength: size + 1024 * 1024 })
  } catch (cause) {
    throw damaged((cause as Error).message, cause)
  }
}

function toSamples(bytes: Uint8Array, kind: SampleKind, littleEndian: boolean): Samples {
  const copy = Buffer.from(new ArrayBuffer(bytes.length))
  copy.set(bytes)
  if (!littleEndian) {
    if (kind.bytes === 2) copy.swap16()
    else if (kind.bytes === 4) copy.swap32()
    else if (kind.bytes === 8) copy.swap64()
  }
  return kind.make(copy.buffer)
}

/** As ITK: in double precision, kept as float32 unless the samples are doubles already. */
function rescale(samples: Samples, { scl_slope: slope, scl_inter: intercept }: Header): Samples {
  const meaningful = Number.isFinite(slope) && Number.isFinite(intercept) && slope !== 0
  if (!meaningful || (slope === 1 && intercept === 0)) return samples
  const scaled = samples instanceof Float64Array ? samples.slice() : Float32Array.from(samples)
  for (let i = 0; i < scaled.length; i++) scaled[i] = (scaled[i] as number) * slope + intercept
  return scaled
}

function damaged(what: string, cause?: unknown): BiovilError {
  return new BiovilError('ERR_IMAGE_DECODE', `The NIfTI image is damaged: ${what}`, { cause })
}
