import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { decodeDicom, decodeLossless } from './internals.js'
import { type LosslessCase, losslessCases } from './jpeg-lossless-cases.js'
import { encodeLossless, type LosslessForm } from './jpeg-lossless-encoder.js'
import { losslessFile } from './jpeg-lossless-file.js'
import { readRecords } from './records.js'

/** What scripts/export/jpeg_lossless.mjs recorded of the streams of one precision. */
interface Agreement {
  readonly streams: number
  readonly sha256: string
  readonly differs: readonly string[]
  readonly refused: Readonly<Record<string, number>>
}

const { precisions } = readRecords('jpeg-lossless.json') as unknown as {
  precisions: Readonly<Record<string, Agreement>>
}
const form: LosslessForm = { width: 13, height: 9, precision: 12, predictor: 1 }
const samples = Uint16Array.from({ length: 13 * 9 }, (_, i) => (i * 31) % 4096)
const find = (bytes: Uint8Array, ...pattern: number[]) => Buffer.from(bytes).indexOf(Uint8Array.from(pattern))

async function decode({ stream, form }: Pick<LosslessCase, 'stream' | 'form'>): Promise<Uint16Array> {
  const { width, height, precision, components = 1 } = form
  const decoded = await decodeLossless({
    decoder: 'jpeg-lossless',
    stream,
    width,
    height,
    components,
    precision,
  })
  return precision > 8 ? new Uint16Array(decoded.bytes.buffer) : Uint16Array.from(decoded.bytes)
}

describe('lossless JPEG', () => {
  for (let precision = 2; precision <= 16; precision++) {
    it(`${precision} bits: what dcmdjpeg and gdcmconv decode`, async () => {
      const recorded = precisions[precision]
      const hash = createHash('sha256')
      const wrong: string[] = []
      let streams = 0
      for (const testCase of losslessCases(precision)) {
        streams++
        hash.update(testCase.stream)
        if (!Buffer.from((await decode(testCase)).buffer).equals(Buffer.from(testCase.samples.buffer))) {
          wrong.push(testCase.name)
        }
      }
      assert.deepEqual(wrong, [])
      const { sha256, differs, refused } = recorded as Agreement
      assert.equal(hash.digest('hex'), sha256, 'the programs saw other streams: run the script again')
      assert.deepEqual(differs, [])
      assert.deepEqual(refused, precision < 8 ? { gdcmconv: streams } : {})
    })
  }

  it('reads films of each kind through the worker', async () => {
    for (const precision of [8, 12, 16]) {
      for (const testCase of [...losslessCases(precision)].filter((_, i) => i % 17 === 0)) {
        const { data } = await decodeDicom(losslessFile(testCase), { mode: 'reference' })
        assert.deepEqual(Uint16Array.from(data), testCase.samples, testCase.name)
      }
    }
  })

  describe('refuses what is no sound stream', () => {
    const stream = encodeLossless(samples, { ...form, restartRows: 3 })
    const refuses = (bytes: Uint8Array, reason: RegExp, shape: Partial<LosslessForm> = {}) =>
      assert.rejects(async () => decode({ stream: bytes, form: { ...form, ...shape } }), reason)
    const changed = (at: number, ...bytes: number[]) => {
      const copy = Uint8Array.from(stream)
      copy.set(bytes, at)
      return copy
    }
    const [table, interval, scan] = [0xc4, 0xdd, 0xda].map((marker) => find(stream, 0xff, marker)) as [
      number,
      number,
      number,
    ]

    it('every truncation', async () => {
      for (let length = 2; length < stream.length - 2; length++) {
        await refuses(stream.subarray(0, length), /too early|missing|no scan|fewer bits/)
      }
    })
    it('a size that its bits cannot fill', () =>
      refuses(stream, /fewer bits/, { width: 60000, height: 60000 }))
    it('too many codes', () => refuses(changed(table + 5, 3, 0, 0, 11), /more codes than there can be/))
    it('bits that are no code', () => refuses(changed(scan + 10, 0xff, 0, 0xff, 0), /no Huffman code/))
    it('a table that is not there', () => refuses(changed(scan + 6, 0x30), /no Huffman table/))
    it('a table that its segment cuts', () => refuses(changed(table + 5, 200), /longer than its segment/))
    it('a component that is not there', () => refuses(changed(scan + 5, 7), /the frame lacks/))
    it('a component twice', async () => {
      const again = Buffer.concat([stream.subarray(0, -2), stream.subarray(scan)])
      await refuses(again, /several scans/)
    })
    it('predictors that do not exist', async () => {
      await refuses(changed(scan + 7, 0), /no predictor 0/)
      await refuses(changed(scan + 7, 8), /no predictor 8/)
    })
    it('a point transform that leaves nothing', () => refuses(changed(scan + 9, 12), /leaves no bits/))
    it('restarts inside a row', () => refuses(changed(interval + 4, 0, 20), /no multiple of the row/))
    it('restarts out of order', () => refuses(changed(find(stream, 0xff, 0xd1), 0xff, 0xd3), /out of order/))
    it('restarts that are missing', () => refuses(changed(interval + 4, 0, 13), /missing|too early/))
    it('subsampled components', async () => {
      const colours = { ...form, components: 3 }
      const bytes = encodeLossless(new Uint16Array(13 * 9 * 3), colours)
      bytes[find(bytes, 0xff, 0xc3) + 11] = 0x21
      await refuses(bytes, /subsampled/, colours)
    })
  })
})
