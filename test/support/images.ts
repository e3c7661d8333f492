import { crc32, deflateSync, gzipSync } from 'node:zlib'

/** A picture of whole numbers from `low` to `high`; scripts/export/image_reference.py draws the same one. */
export interface Picture {
  readonly width: number
  readonly height: number
  readonly colour?: Colour
  readonly low: number
  readonly high: number
  readonly seed: number
}

export type Colour = 'grey' | 'la' | 'rgb' | 'rgba' | 'palette'

export interface PngPicture extends Picture {
  readonly colour: Colour
  readonly bits: number
  readonly transparent?: readonly number[]
}

export interface NiftiPicture extends Picture {
  readonly type: NiftiType
  readonly big_endian?: boolean
  readonly slope?: number
  readonly intercept?: number
  readonly divisor?: number
}

const channelsOf: Record<Colour, number> = { grey: 1, la: 2, rgb: 3, rgba: 4, palette: 1 }
const pngTypes: Record<Colour, number> = { grey: 0, rgb: 2, palette: 3, la: 4, rgba: 6 }

/** Samples [height, width, channels]. */
export function draw({ width, height, colour = 'grey', low, high, seed }: Picture): Int32Array {
  const channels = channelsOf[colour]
  const span = high - low + 1
  const stripe = Math.max(1, span >> 10)
  const grain = Math.max(1, span >> 2)
  const samples = new Int32Array(width * height * channels)
  let i = 0
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < channels; c++, i++) {
        const stripes = (x * 3 + y * 5 + c * 40) * stripe
        samples[i] = low + ((stripes + (noise(i, seed) % grain)) % span)
      }
    }
  }
  return samples
}

function noise(i: number, seed: number): number {
  let x = (i + Math.imul(seed, 0x9e3779b9)) >>> 0
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return (x ^ (x >>> 16)) >>> 0
}

/** A PNG file of the picture. */
export function drawPng(picture: PngPicture): Buffer {
  const { width, height, colour, bits, transparent } = picture
  const row = width * channelsOf[colour]
  const samples = draw(picture)
  const stride = 1 + Math.ceil((row * bits) / 8)
  const raw = Buffer.alloc(stride * height)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < row; x++) {
      const value = samples[y * row + x] as number
      const at = y * stride + 1 + ((x * bits) >> 3)
      if (bits === 16) raw.writeUInt16BE(value, at)
      else raw[at] = (raw[at] as number) | (value << (8 - bits - ((x * bits) & 7)))
    }
  }
  const chunks: Buffer[] = []
  if (colour === 'palette') {
    chunks.push(
      pngChunk(
        'PLTE',
        Buffer.from(Array.from({ length: 3 << bits }, (_, i) => Math.floor(i / 3) * 7 + (i % 3) * 50)),
      ),
    )
  }
  if (transparent !== undefined) {
    const bytes =
      colour === 'palette' ? transparent : transparent.flatMap((value) => [value >> 8, value & 255])
    chunks.push(pngChunk('tRNS', Buffer.from(bytes)))
  }
  return makePng(
    { width, height, bits, type: pngTypes[colour] },
    ...chunks,
    pngChunk('IDAT', deflateSync(raw, { level: 1 })),
  )
}

export interface PngHeader {
  readonly width: number
  readonly height: number
  readonly bits: number
  readonly type: number
}

/** A PNG file of these chunks; nothing checks that they fit the header. */
export function makePng({ width, height, bits, type }: PngHeader, ...chunks: readonly Buffer[]): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([bits, type, 0, 0, 0], 8)
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')
  return Buffer.concat([signature, pngChunk('IHDR', header), ...chunks, pngChunk('IEND', Buffer.alloc(0))])
}

export function pngChunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const chunk = Buffer.alloc(8 + body.length)
  chunk.writeUInt32BE(data.length, 0)
  chunk.set(body, 4)
  chunk.writeUInt32BE(crc32(body), 4 + body.length)
  return chunk
}

export interface TiffPage {
  readonly width: number
  readonly height: number
  readonly data: Uint8Array | Int16Array | Uint16Array | Float32Array
  /** 0: white is zero; 1 (default): black is zero. */
  readonly photometric?: 0 | 1
}

/** An uncompressed TIFF of grey pages. */
export function makeTiff(...pages: readonly TiffPage[]): Buffer {
  const parts: Buffer[] = [Buffer.from('II*\0\x08\0\0\0', 'latin1')]
  let offset = 8
  for (const [i, { width, height, data, photometric = 1 }] of pages.entries()) {
    const format = data instanceof Float32Array ? 3 : data instanceof Int16Array ? 2 : 1
    const pixels = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
    const tags = [
      [256, width],
      [257, height],
      [258, data.BYTES_PER_ELEMENT * 8],
      [259, 1],
      [262, photometric],
      [273, offset + 2 + 10 * 12 + 4],
      [277, 1],
      [278, height],
      [279, pixels.length],
      [339, format],
    ] as const
    const directory = Buffer.alloc(2 + tags.length * 12 + 4)
    directory.writeUInt16LE(tags.length, 0)
    for (const [j, [tag, value]] of tags.entries()) {
      directory.writeUInt16LE(tag, 2 + j * 12)
      directory.writeUInt16LE(4, 4 + j * 12)
      directory.writeUInt32LE(1, 6 + j * 12)
      directory.writeUInt32LE(value, 10 + j * 12)
    }
    offset += directory.length + pixels.length
    directory.writeUInt32LE(i + 1 < pages.length ? offset : 0, directory.length - 4)
    parts.push(directory, pixels)
  }
  return Buffer.concat(parts)
}

const niftiTypes = {
  uint8: { code: 2, bytes: 1, write: (b: DataView, at: number, v: number) => b.setUint8(at, v) },
  int16: {
    code: 4,
    bytes: 2,
    write: (b: DataView, at: number, v: number, le: boolean) => b.setInt16(at, v, le),
  },
  int32: {
    code: 8,
    bytes: 4,
    write: (b: DataView, at: number, v: number, le: boolean) => b.setInt32(at, v, le),
  },
  float32: {
    code: 16,
    bytes: 4,
    write: (b: DataView, at: number, v: number, le: boolean) => b.setFloat32(at, v, le),
  },
  float64: {
    code: 64,
    bytes: 8,
    write: (b: DataView, at: number, v: number, le: boolean) => b.setFloat64(at, v, le),
  },
  int8: { code: 256, bytes: 1, write: (b: DataView, at: number, v: number) => b.setInt8(at, v) },
  uint16: {
    code: 512,
    bytes: 2,
    write: (b: DataView, at: number, v: number, le: boolean) => b.setUint16(at, v, le),
  },
  uint32: {
    code: 768,
    bytes: 4,
    write: (b: DataView, at: number, v: number, le: boolean) => b.setUint32(at, v, le),
  },
}

export type NiftiType = keyof typeof niftiTypes

/** A NIfTI-1 file (.nii) of the picture. */
export function drawNifti(picture: NiftiPicture, depth = 1): Buffer {
  const { width, height, type, big_endian, slope = 0, intercept = 0, divisor = 1 } = picture
  const little = !big_endian
  const { code, bytes, write } = niftiTypes[type]
  const file = Buffer.alloc(352 + width * height * bytes)
  const view = new DataView(file.buffer, file.byteOffset, file.length)
  view.setInt32(0, 348, little)
  for (const [i, size] of [3, width, height, depth, 1, 1, 1, 1].entries())
    view.setInt16(40 + 2 * i, size, little)
  view.setInt16(70, code, little)
  view.setInt16(72, bytes * 8, little)
  for (let i = 0; i < 4; i++) view.setFloat32(76 + 4 * i, 1, little)
  for (const [i, value] of [352, slope, intercept].entries()) view.setFloat32(108 + 4 * i, value, little)
  view.setInt16(252, 1, little)
  file.write('n+1\0', 344, 'latin1')
  for (const [i, value] of draw(picture).entries()) write(view, 352 + i * bytes, value / divisor, little)
  return file
}

export function gzipped(file: Buffer): Buffer {
  return gzipSync(file, { level: 1 })
}
