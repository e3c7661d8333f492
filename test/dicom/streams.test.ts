import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import type { DecodedImage } from 'biovil'
import { delimiter, dicomFile, film, fragment, type Item } from './build.js'
import { decodeDicom } from './internals.js'
import { encodeLossless } from './jpeg-lossless-encoder.js'
import { readFixture } from './records.js'

/** Fixtures of one frame in one fragment, by how they are coded. */
const names = [
  'lossy-jpeg-u8',
  'lossy-jpeg12-u12',
  'sv1-u12',
  'p14-predictor7',
  'jls-u12',
  'j2k-u12',
  'htj2k-u12',
  'rle-u12',
]
/** Those that end in a marker which may be missing. */
const jpegs = ['lossy-jpeg-u8', 'lossy-jpeg12-u12', 'sv1-u12', 'p14-predictor7', 'jls-u12']

/** Everything up to the items of the pixel data, and the stream in the only fragment. */
function taken(name: string): { head: Uint8Array; stream: Uint8Array } {
  const bytes = Buffer.from(readFixture(name))
  const value = bytes.lastIndexOf(Buffer.from('\xe0\x7f\x10\0OB\0\0\xff\xff\xff\xff', 'latin1')) + 12
  const item = value + 8 + bytes.readUInt32LE(value + 4)
  const start = item + 8
  return {
    head: bytes.subarray(0, value),
    stream: bytes.subarray(start, start + bytes.readUInt32LE(item + 4)),
  }
}

const table = (...offsets: number[]) => fragment(new Uint8Array(Uint32Array.from(offsets).buffer))
const read = (...parts: Uint8Array[]): Promise<DecodedImage> =>
  decodeDicom(new Uint8Array(Buffer.concat(parts)), { mode: 'reference' })

/** Asserts that items give the same film as the fixture that they were made from. */
async function same(name: string, ...items: Uint8Array[]): Promise<void> {
  const image = await read(taken(name).head, ...items)
  const wanted = await read(readFixture(name))
  assert.deepEqual(image.data, wanted.data, name)
  assert.deepEqual(image.warnings, wanted.warnings, name)
}

/** Replaces the transfer syntax; the longest has as many characters as this may have. */
function renamed(bytes: Uint8Array, suffix: string): Uint8Array {
  const copy = Buffer.from(bytes)
  const at = copy.indexOf(Buffer.from([2, 0, 0x10, 0, 0x55, 0x49]))
  const length = copy.readUInt16LE(at + 6)
  const uid = Buffer.from(`1.2.840.10008.1.2${suffix}`.padEnd(length + (length % 2), '\0'), 'latin1')
  const size = Buffer.alloc(2)
  size.writeUInt16LE(uid.length)
  const group = copy.indexOf(Buffer.from([2, 0, 0, 0, 0x55, 0x4c, 4, 0]))
  if (group >= 0) copy.writeUInt32LE(copy.readUInt32LE(group + 8) + uid.length - length, group + 8)
  return Buffer.concat([copy.subarray(0, at + 6), size, uid, copy.subarray(at + 8 + length)])
}

describe('coded pixel data that break rules', () => {
  it('offset tables of a single frame are not needed', async () => {
    for (const name of names) {
      const { stream } = taken(name)
      const wrong = [table(16), table(0, 16), table(7, 0xffffffff, 0), fragment(new Uint8Array(6)), table()]
      for (const first of wrong) await same(name, first, fragment(stream), delimiter)
      const halves = [stream.subarray(0, 100), stream.subarray(100)].map((part) => fragment(part))
      await same(name, table(0, 108), ...halves, delimiter)
    }
  })

  it('whatever follows the end of a stream does not matter', async () => {
    const junk = [
      new Uint8Array(42).fill(0xff),
      new Uint8Array(42),
      Uint8Array.from({ length: 60 }, (_, i) => (i * 97) % 256),
      Uint8Array.from({ length: 40 }, (_, i) => (i % 2 ? 0xd9 : 0xff)),
      Uint8Array.from({ length: 40 }, (_, i) => (i % 2 ? 0xd8 : 0xff)),
    ]
    for (const name of names) {
      const { stream } = taken(name)
      for (const bytes of [...junk, stream]) {
        await same(name, table(), fragment(Buffer.concat([stream, bytes])), delimiter)
      }
    }
  })

  it('a missing end marker, where the data are complete', async () => {
    for (const name of jpegs) {
      const { stream } = taken(name)
      const end = Buffer.from(stream).lastIndexOf(Uint8Array.from([0xff, 0xd9]))
      const data = Buffer.concat([stream.subarray(0, end), Buffer.alloc(end % 2)])
      await same(name, table(), fragment(data), delimiter)
      await same(name, table(), fragment(Buffer.concat([data, Buffer.alloc(30)])), delimiter)
    }
  })

  it('zeros between the data and the end marker, where the data are complete', async () => {
    for (const name of jpegs) {
      const { stream } = taken(name)
      const end = Buffer.from(stream).lastIndexOf(Uint8Array.from([0xff, 0xd9]))
      for (const zeros of [1, 2, 3, 40]) {
        const padded = Buffer.concat([stream.subarray(0, end), new Uint8Array(zeros), stream.subarray(end)])
        await same(name, table(), fragment(padded), delimiter)
      }
      // To lossless JPEG zeros in the place of its data are data.
      if (name === 'sv1-u12' || name === 'p14-predictor7') continue
      const cut = Buffer.concat([stream.subarray(0, end - 12), new Uint8Array(12), stream.subarray(end)])
      await assert.rejects(read(taken(name).head, table(), fragment(cut), delimiter), {
        code: 'ERR_IMAGE_DECODE',
      })
    }
  })

  it('a missing delimiter, or zeros or half of it in its place', async () => {
    for (const name of names) {
      const { stream } = taken(name)
      const ends = [new Uint8Array(0), new Uint8Array(8), new Uint8Array(64), delimiter.subarray(0, 4)]
      for (const end of ends) await same(name, table(), fragment(stream), end)
      const halves = [stream.subarray(0, 100), stream.subarray(100)].map((part) => fragment(part))
      await same(name, table(), ...halves)
    }
  })

  it('fragments of odd length, with a byte of padding that is not counted, or without', async () => {
    for (const name of names) {
      const { stream } = taken(name)
      const odd = stream.length % 2 ? stream : Buffer.concat([stream, Uint8Array.of(0)])
      await same(name, table(), fragment(odd), Uint8Array.of(0), delimiter)
      await same(name, table(), fragment(odd), delimiter)
      const parts = [stream.subarray(0, 101), stream.subarray(101)]
      const padded = parts.flatMap((part) => [fragment(part), new Uint8Array(part.length % 2)])
      await same(name, table(), ...padded, delimiter)
    }
  })

  it('the stream decides how it is decoded, not the transfer syntax', async () => {
    const codings: [string, string, RegExp][] = [
      ['lossy-jpeg-u8', '.4.50 .4.51', /are JPEG of 8 bits/],
      ['lossy-jpeg12-u12', '.4.50 .4.51', /are JPEG of 12 bits/],
      ['p14-predictor7', '.4.57 .4.70', /are JPEG Lossless/],
      ['jls-u12', '.4.80 .4.81', /are JPEG-LS/],
      ['j2k-u12', '.4.90 .4.91', /are JPEG 2000/],
      ['htj2k-u12', '.4.201 .4.202 .4.203', /are HTJ2K/],
    ]
    const all = ['', '.1', '.2', '.5', ...codings.flatMap(([, suffixes]) => suffixes.split(' '))]
    for (const [name, own, message] of codings) {
      const wanted = await read(readFixture(name))
      for (const suffix of all) {
        const image = await read(renamed(readFixture(name), suffix))
        assert.deepEqual(image.data, wanted.data, `${name} named ${suffix}`)
        const [warning, second] = image.warnings.filter(({ code }) => code === 'WARN_CONTRADICTION')
        assert.equal(second, undefined)
        if (own.split(' ').includes(suffix)) assert.equal(warning, undefined)
        else assert.match(warning?.message ?? '', message)
      }
    }
  })

  it('frames are counted where the table is wrong, with a warning', async () => {
    for (const name of ['frames-sv1-basic', 'frames-jls-extended', 'frames-rle-basic']) {
      const bytes = Buffer.from(readFixture(name))
      const pixels = bytes.lastIndexOf(Buffer.from('\xe0\x7f\x10\0OB\0\0\xff\xff\xff\xff', 'latin1')) + 12
      const extended = bytes.indexOf(Buffer.from('\xe0\x7f\x01\0OV', 'latin1'))
      bytes.fill(
        0x11,
        extended < 0 ? pixels + 8 : extended + 12,
        (extended < 0 ? pixels + 8 : extended + 12) + 8,
      )
      const image = await decodeDicom(bytes, { mode: 'reference', frame: 0 })
      const wanted = await decodeDicom(readFixture(name), { mode: 'reference', frame: 0 })
      assert.deepEqual(image.data, wanted.data)
      const [warning] = image.warnings.filter(({ code }) => code === 'WARN_CONTRADICTION')
      assert.match(warning?.message ?? '', /offset table points frame 0/)
    }
  })

  it('is refused for more pieces than any film has', async () => {
    const refused = (message: RegExp) => ({ code: 'ERR_IMAGE_DECODE', message })
    const { head, stream } = taken('lossy-jpeg-u8')
    const empty = fragment(new Uint8Array(0))
    const many = Buffer.alloc(empty.length * 100_001, empty)
    await assert.rejects(read(head, table(), many, fragment(stream), delimiter), refused(/100000 fragments/))
    const comments = Buffer.alloc(4 * 10_001, Buffer.from([0xff, 0xfe, 0, 2]))
    const long = Buffer.concat([stream.subarray(0, 2), comments, stream.subarray(2)])
    await assert.rejects(read(head, table(), fragment(long), delimiter), refused(/10000 segments/))
  })

  // So many places in a list would be more than the thread may have, which ends the process.
  it('restarts behind the last row of lossless JPEG cost nothing', async () => {
    const { stream } = taken('sv1-u12')
    const restarts = Buffer.alloc(
      2 ** 25,
      Uint8Array.from({ length: 16 }, (_, i) => (i % 2 ? 0xd0 + (i >> 1) : 0xff)),
    )
    const end = Buffer.from(stream).lastIndexOf(Uint8Array.from([0xff, 0xd9]))
    const long = Buffer.concat([stream.subarray(0, end), restarts, Buffer.from([0xff, 0xd9])])
    await same('sv1-u12', table(), fragment(long), delimiter)
  })

  // As DCMTK: High Bit moves values down, but never out of the bits that the stream has.
  it('High Bit is counted within the bits of the stream', async () => {
    const values = [0, 1, 2, 4095, 4094, 2048, 2047, 100, 200, 300, 12, 7]
    const read12 = async (stream: Uint8Array, highBit: number, suffix: string) => {
      const items: Item[] = [
        [0x0028, 0x0100, 'US', 16],
        [0x0028, 0x0101, 'US', 12],
        [0x0028, 0x0102, 'US', highBit],
        [0x7fe0, 0x0010, 'OB', Buffer.concat([table(), fragment(stream), delimiter])],
      ]
      const syntax = `1.2.840.10008.1.2.4.${suffix}`
      const bytes = dicomFile(film(...items), { syntax, encapsulated: true })
      return [...(await decodeDicom(bytes, { mode: 'display' })).data]
    }
    for (const precision of [12, 13, 14, 16]) {
      const moved = values.map((value) => (value << (precision - 12)) | (value & (2 ** (precision - 12) - 1)))
      const form = { width: 4, height: 3, precision, predictor: 1 }
      const stream = encodeLossless(moved, form)
      for (const highBit of [precision - 1, 15]) {
        assert.deepEqual(await read12(stream, highBit, '70'), values, `${precision} bits, ${highBit}`)
      }
    }
    const stream = await jpegLs(values.map((value) => (value << 4) | (value & 15)))
    assert.deepEqual(await read12(stream, 15, '80'), values)
  })

  // dcmdjpls of DCMTK and GDCM give these values, too; pydicom's pixel_array, which reference follows, the stream's.
  it('signed values of 12 bits in a JPEG-LS stream of 16: their sign is in bit 11', async () => {
    const values = [-2048, -1100, -1, 0, 1, 1100, 2047, -5, 7, -300, 300, 12]
    const stream = await jpegLs(values.map((value) => value & 0xfff))
    const bytes = dicomFile(
      film(
        [0x0028, 0x0100, 'US', 16],
        [0x0028, 0x0101, 'US', 12],
        [0x0028, 0x0102, 'US', 11],
        [0x0028, 0x0103, 'US', 1],
        [0x7fe0, 0x0010, 'OB', Buffer.concat([table(), fragment(stream), delimiter])],
      ),
      { syntax: '1.2.840.10008.1.2.4.80', encapsulated: true },
    )
    assert.deepEqual([...(await decodeDicom(bytes, { mode: 'display' })).data], values)
    const raw = await decodeDicom(bytes, { mode: 'reference' })
    assert.deepEqual(
      [...raw.data],
      values.map((value) => value & 0xfff),
    )
  })
})

interface Encoder {
  getDecodedBuffer(frame: object): Uint8Array
  encode(): void
  getEncodedBuffer(): Uint8Array
  delete(): void
}

/** A JPEG-LS stream of 4x3 samples of 16 bits, padded to an even length. */
async function jpegLs(values: readonly number[]): Promise<Uint8Array> {
  const load = createRequire(import.meta.url)('@cornerstonejs/codec-charls/wasmjs')
  const { JpegLSEncoder } = (await load()) as { JpegLSEncoder: new () => Encoder }
  const encoder = new JpegLSEncoder()
  const frame = { width: 4, height: 3, bitsPerSample: 16, componentCount: 1 }
  encoder.getDecodedBuffer(frame).set(new Uint8Array(Uint16Array.from(values).buffer))
  encoder.encode()
  const stream = new Uint8Array(encoder.getEncodedBuffer())
  const padded = Buffer.concat([stream, Buffer.alloc(stream.length % 2)])
  encoder.delete()
  return padded
}
