import { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { constants, createGunzip, gunzip } from 'node:zlib'
import { BiovilError } from '../errors.js'
import { Pace } from '../pace.js'
import { checkSize } from './limits.js'
import type { MemoryClaim } from './memory.js'
import { niftiOrientation } from './orientation.js'
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
  readonly affine: readonly (readonly number[])[]
}

interface SampleKind {
  readonly name: string
  readonly Type: {
    readonly BYTES_PER_ELEMENT: number
    new (buffer: ArrayBufferLike, offset: number, length: number): Samples | BigInts
  }
}

type BigInts = BigInt64Array | BigUint64Array

/** By `datatype` of the header. 64-bit integers become doubles, which is what the grey remap makes of them too. */
const kinds: Readonly<Record<number, SampleKind>> = {
  2: { name: 'uint8', Type: Uint8Array },
  4: { name: 'int16', Type: Int16Array },
  8: { name: 'int32', Type: Int32Array },
  16: { name: 'float32', Type: Float32Array },
  64: { name: 'float64', Type: Float64Array },
  256: { name: 'int8', Type: Int8Array },
  512: { name: 'uint16', Type: Uint16Array },
  768: { name: 'uint32', Type: Uint32Array },
  1024: { name: 'int64', Type: BigInt64Array },
  1280: { name: 'uint64', Type: BigUint64Array },
}

export interface NiftiChoice {
  readonly maxPixels: number
  readonly memory: MemoryClaim
  readonly signal: AbortSignal | undefined
}

/** Samples between two looks at the clock. */
const block = 1 << 20

/**
 * Decodes a NIfTI image of one slice, gzipped or not. Rows and columns are those of the file, as SimpleITK gives them:
 * the orientation is not applied. Scaling (`scl_slope`, `scl_inter`) is.
 *
 * @param file may become part of the result, and be changed
 * @throws ERR_IMAGE_FORMAT, ERR_IMAGE_DECODE, ERR_IMAGE_TOO_LARGE
 */
export async function decodeNifti(
  file: Uint8Array,
  { maxPixels, memory, signal }: NiftiChoice,
): Promise<DecodedImage> {
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
  const bytesPerSample = kind.Type.BYTES_PER_ELEMENT
  const start = header.vox_offset
  const size = width * height * bytesPerSample
  if (!Number.isInteger(start) || start < sniffLength) throw damaged(`its pixels begin at byte ${start}`)
  if (start + size > byteCeiling(maxPixels)) throw damaged(`its pixels end at byte ${start + size}`)
  // In place, but for what is scaled to wider samples.
  await memory.forDecoding(size + (isScaled(header) && bytesPerSample < 4 ? 4 * width * height : 0))
  const bytes = gzipped ? await inflate(file, start, size) : file.subarray(start, start + size)
  if (bytes.length < size) throw damaged(`it ends after ${start + bytes.length} of ${start + size} bytes`)
  const samples = await toSamples(bytes, kind, header.littleEndian, signal)
  const scaled = await rescale(samples, header, signal)
  return {
    format: 'nifti',
    width,
    height,
    channels: 1,
    data: scaled,
    bitsStored: bytesPerSample * 8,
    applied: [
      `decoded NIfTI (${kind.name}${gzipped ? ', gzip' : ''})`,
      ...(isScaled(header) ? [`scaled by ${header.scl_slope}, ${header.scl_inter} added`] : []),
    ],
    warnings: niftiOrientation(header.affine),
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
  try {
    return await unzip(file.subarray(0, 4096), {
      // A prefix cannot end properly; a flush that needs no end gives what there is.
      finishFlush: constants.Z_SYNC_FLUSH,
      maxOutputLength: 16 * 1024 * 1024,
    })
  } catch (cause) {
    throw damaged((cause as Error).message, cause)
  }
}

/** The `size` bytes from `start` on of what a file inflates to, or fewer where it ends before. It may hold little more. */
async function inflate(file: Uint8Array, start: number, size: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(size)
  let position = -start
  try {
    const inflated = Readable.from([file]).pipe(createGunzip({ chunkSize: 1 << 18 }))
    for await (const chunk of inflated as AsyncIterable<Buffer>) {
      const part = chunk.subarray(Math.max(0, -position), Math.max(0, size - position))
      if (part.length > 0) bytes.set(part, Math.max(0, position))
      position += chunk.length
      if (position > size + 1024 * 1024) throw new Error('it holds more than its header says')
    }
  } catch (cause) {
    throw damaged((cause as Error).message, cause)
  }
  return position < size ? bytes.subarray(0, Math.max(0, position)) : bytes
}

/** The samples in place where they lie as their type needs it; the bytes are turned round in place. */
async function toSamples(
  bytes: Uint8Array,
  { Type }: SampleKind,
  littleEndian: boolean,
  signal: AbortSignal | undefined,
): Promise<Samples> {
  const width = Type.BYTES_PER_ELEMENT
  const aligned = bytes.byteOffset % width === 0 ? bytes : new Uint8Array(bytes)
  if (!littleEndian && width > 1) {
    const swap = ({ 2: 'swap16', 4: 'swap32', 8: 'swap64' } as const)[width as 2 | 4 | 8]
    const step = block * width
    await inBlocks(aligned.length, step, signal, (from, to) => {
      Buffer.from(aligned.buffer, aligned.byteOffset + from, to - from)[swap]()
    })
  }
  const samples = new Type(aligned.buffer, aligned.byteOffset, aligned.length / width)
  if (!(samples instanceof BigInt64Array || samples instanceof BigUint64Array)) return samples
  const doubles = new Float64Array(samples.buffer, samples.byteOffset, samples.length)
  await inBlocks(samples.length, block, signal, (from, to) => {
    for (let i = from; i < to; i++) doubles[i] = Number(samples[i])
  })
  return doubles
}

function isScaled({ scl_slope: slope, scl_inter: intercept }: Header): boolean {
  const meaningful = Number.isFinite(slope) && Number.isFinite(intercept) && slope !== 0
  return meaningful && !(slope === 1 && intercept === 0)
}

/** As ITK: in double precision, kept as float32 unless the samples are doubles already. In place where they are as wide. */
async function rescale(samples: Samples, header: Header, signal: AbortSignal | undefined): Promise<Samples> {
  if (!isScaled(header)) return samples
  const { scl_slope: slope, scl_inter: intercept } = header
  const scaled =
    samples instanceof Float64Array
      ? samples
      : samples.BYTES_PER_ELEMENT === 4
        ? new Float32Array(samples.buffer, samples.byteOffset, samples.length)
        : new Float32Array(samples.length)
  await inBlocks(samples.length, block, signal, (from, to) => {
    for (let i = from; i < to; i++) scaled[i] = (samples[i] as number) * slope + intercept
  })
  return scaled
}

/** Work on consecutive parts, between which the event loop gets a turn. */
async function inBlocks(
  length: number,
  step: number,
  signal: AbortSignal | undefined,
  work: (from: number, to: number) => void,
): Promise<void> {
  const pace = new Pace(signal)
  for (let from = 0; from < length; from += step) {
    work(from, Math.min(length, from + step))
    if (pace.due) await pace.rest()
  }
}

function damaged(what: string, cause?: unknown): BiovilError {
  return new BiovilError('ERR_IMAGE_DECODE', `The NIfTI image is damaged: ${what}`, { cause })
}
