import assert from 'node:assert/strict'
import { deflateRawSync } from 'node:zlib'
import { type Build, delimiter, dicomFile, film, fragment, type Item } from './build.js'
import { decodeDicom, decodeInThread } from './internals.js'
import { readFixture } from './records.js'

const jpeg2000 = '1.2.840.10008.1.2.4.90'

/** Asserts that a file is refused with a code and a message. */
async function refuses(bytes: Uint8Array, code: string, message: RegExp, options = {}): Promise<void> {
  await assert.rejects(decodeDicom(bytes, { mode: 'display', ...options }), { code, message })
}

const refusesFilm = (items: Item[], code: string, message: RegExp, build: Build = {}) =>
  refuses(dicomFile(film(...items), build), code, message)

describe('DICOM that cannot be decoded', () => {
  describe('ERR_IMAGE_FORMAT', () => {
    it('no bytes', () => refuses(new Uint8Array(0), 'ERR_IMAGE_FORMAT', /in 0 bytes/))
    it('zeros', () => refuses(new Uint8Array(1000), 'ERR_IMAGE_FORMAT', /'DICM'/))
    it('another format', () =>
      refuses(Buffer.from('\x89PNG\r\n\x1a\n'), 'ERR_IMAGE_FORMAT', /Not a DICOM file/))
  })

  describe('ERR_IMAGE_DECODE', () => {
    it('every truncation of a native file', async () => {
      const bytes = dicomFile(film())
      for (let length = 140; length < bytes.length; length++) {
        const error = await decodeDicom(bytes.slice(0, length), { mode: 'display' }).catch((e) => e)
        // Where it ends between two elements nothing tells but what is missing.
        assert.match(error.code, /^ERR_(IMAGE_DECODE|DICOM_PIXELS)$/, `${length} bytes`)
      }
      await refuses(bytes.slice(0, -1), 'ERR_IMAGE_DECODE', /ends inside its pixel data/)
    })
    for (const name of ['j2k-u12', 'htj2k-u12', 'jls-u12', 'sv1-u12', 'rle-u12', 'lossy-jpeg-u8']) {
      it(`${name} without its last bytes`, async () => {
        const bytes = readFixture(name)
        await refuses(bytes.slice(0, -60), 'ERR_IMAGE_DECODE', /ends inside its pixel data/)
      })
    }
    it('a deflated file that ends early', () =>
      refuses(readFixture('deflated-u12').slice(0, -40), 'ERR_IMAGE_DECODE', /deflated/))
    it('a deflated file whose header is longer than what is inflated of it', () => {
      const head = dicomFile([], { syntax: '1.2.840.10008.1.2.1.99' })
      const large: Item = [0x0009, 0x1001, 'OB', new Uint8Array(5_000_000)]
      const dataset = dicomFile(film(large), { preamble: false, meta: false })
      const bytes = new Uint8Array(Buffer.concat([head, deflateRawSync(dataset)]))
      return refuses(bytes, 'ERR_IMAGE_DECODE', /deflated header is damaged, or longer than 4 MiB/)
    })
    for (const name of ['lossy-jpeg-u8', 'lossy-jpeg12-u12', 'sv1-u12', 'jls-u12']) {
      it(`${name} that lacks its end and a byte of data`, async () => {
        const bytes = readFixture(name)
        const end = Buffer.from(bytes).lastIndexOf(Uint8Array.from([0xff, 0xd9]))
        bytes.fill(0, end - 1, end + 2)
        await refuses(bytes, 'ERR_IMAGE_DECODE', /no end marker, and lacks data too: it is truncated/)
      })
    }
    for (const name of ['lossy-jpeg-u8', 'lossy-jpeg12-u12', 'sv1-u12', 'jls-u12', 'j2k-u12']) {
      it(`${name} that lacks data before its end`, async () => {
        const bytes = readFixture(name)
        const end = Buffer.from(bytes).lastIndexOf(Uint8Array.from([0xff, 0xd9]))
        bytes.copyWithin(end - 12, end, end + 2).fill(0, end - 10, end + 2)
        await refuses(bytes, 'ERR_IMAGE_DECODE', /stream cannot be decoded/)
      })
    }
    it('an HTJ2K stream that lacks data before its end', async () => {
      const bytes = readFixture('htj2k-u12')
      const end = Buffer.from(bytes).lastIndexOf(Uint8Array.from([0xff, 0xd9]))
      bytes.copyWithin(end - 100, end, end + 2).fill(0, end - 98, end + 2)
      await refuses(bytes, 'ERR_IMAGE_DECODE', /do not end with its end marker/)
    })
    it('pixel data that end between the fragments of a frame', async () => {
      const [first, second] = [readFixture('sv1-u12'), delimiter]
      const at = Buffer.from(first).lastIndexOf(Buffer.from([0xfe, 0xff, 0x00, 0xe0]))
      const half = fragment(first.subarray(at + 8, at + 208))
      const cut = Buffer.concat([first.subarray(0, at), half])
      await refuses(cut, 'ERR_IMAGE_DECODE', /lacks data too/)
      await refuses(Buffer.concat([cut, second]), 'ERR_IMAGE_DECODE', /lacks data too/)
    })
    it('pixel data that end between frames', async () => {
      const bytes = readFixture('frames-sv1-basic')
      const last = Buffer.from(bytes).lastIndexOf(Buffer.from([0xfe, 0xff, 0x00, 0xe0]))
      await refuses(bytes.slice(0, last), 'ERR_IMAGE_DECODE', /ends inside its pixel data/, { frame: 2 })
    })
    it('a damaged JPEG 2000 stream, then a sound one in the same thread', async () => {
      const bytes = readFixture('j2k-u12')
      const start = Buffer.from(bytes).indexOf(Uint8Array.from([0xff, 0x52])) // COD
      bytes.fill(0xff, start + 4, start + 14)
      await refuses(bytes, 'ERR_IMAGE_DECODE', /jpeg-2000 stream cannot be decoded/)
      assert.equal((await decodeDicom(readFixture('j2k-u12'), { mode: 'reference' })).width, 22)
    })
  })

  describe('ERR_IMAGE_TOO_LARGE', () => {
    const large: Item[] = [
      [0x0028, 0x0010, 'US', 20000],
      [0x0028, 0x0011, 'US', 20000],
    ]
    it('by the header', () => refusesFilm(large, 'ERR_IMAGE_TOO_LARGE', /20000x20000 .* 100000000/))
    it('by a limit of the caller', () =>
      refuses(dicomFile(film()), 'ERR_IMAGE_TOO_LARGE', /4x3 pixels, more than the limit of 11/, {
        maxPixels: 11,
      }))
  })

  it('does not inflate more than the header declares', async () => {
    const head = dicomFile([], { syntax: '1.2.840.10008.1.2.1.99' })
    const dataset = dicomFile(film(), { preamble: false, meta: false })
    for (const before of [[dataset], []]) {
      const stream = deflateRawSync(Buffer.concat([...before, Buffer.alloc(2 ** 28)]))
      const bomb = new Uint8Array(Buffer.concat([head, stream]))
      const memory = process.resourceUsage().maxRSS
      await decodeDicom(bomb, { mode: 'display' }).catch(({ code }) =>
        assert.match(code, /^ERR_(IMAGE|DICOM)_/),
      )
      assert.ok(process.resourceUsage().maxRSS - memory < 100_000)
    }
  })

  describe('ERR_DICOM_SYNTAX', () => {
    const named: [string, RegExp][] = [
      ['1.2.840.10008.1.2.4.102', /MPEG-4 High Profile.*gdcmconv --raw/],
      ['1.2.840.10008.1.2.4.110', /JPEG XL Lossless/],
      ['1.2.3.4', /1\.2\.3\.4 \(not known\)/],
    ]
    for (const [syntax, message] of named) {
      it(syntax, () => refusesFilm([], 'ERR_DICOM_SYNTAX', message, { syntax }))
    }
    it('does not repeat what is no UID', async () => {
      const bytes = dicomFile(film(), { syntax: 'DOE^JOHN' })
      const error = await decodeDicom(bytes, { mode: 'display' }).catch((e) => e)
      assert.equal(error.code, 'ERR_DICOM_SYNTAX')
      assert.doesNotMatch(error.message, /DOE/)
    })
  })

  describe('ERR_DICOM_PIXELS', () => {
    it('no pixel data', () => refusesFilm([[0x7fe0, 0x0010, 'OB', '']], 'ERR_DICOM_PIXELS', /no pixel data/))
    for (const [element, bits] of [
      [0x0008, 32],
      [0x0009, 64],
    ] as const) {
      it(`pixels of ${bits}-bit floats`, () =>
        refusesFilm(
          [
            [0x7fe0, 0x0010, 'OB', ''],
            [0x7fe0, element, bits === 32 ? 'OF' : 'OD', new Uint8Array((12 * bits) / 8)],
          ],
          'ERR_DICOM_PIXELS',
          /floating-point/,
        ))
    }
    const fields: [string, Item, RegExp][] = [
      ['no rows', [0x0028, 0x0010, 'US', ''], /Rows but it is missing/],
      ['0 columns', [0x0028, 0x0011, 'US', 0], /Columns but it is 0/],
      ['1 bit', [0x0028, 0x0100, 'US', 1], /1 bits allocated/],
      ['12 bits allocated', [0x0028, 0x0100, 'US', 12], /12 bits allocated/],
      ['more bits stored than allocated', [0x0028, 0x0101, 'US', 9], /1 to 8 but it is 9/],
      ['4 samples', [0x0028, 0x0002, 'US', 4], /1 samples per pixel for MONOCHROME2 but there are 4/],
      ['CMYK', [0x0028, 0x0004, 'CS', 'CMYK'], /none of the supported ones/],
      ['no palette', [0x0028, 0x0004, 'CS', 'PALETTE COLOR'], /red palette is missing/],
      [
        'more rows than there are pixels',
        [0x0028, 0x0010, 'US', 60000],
        /12 bytes but 4x60000 pixels need 240000/,
      ],
    ]
    for (const [title, item, message] of fields) {
      it(title, () => refusesFilm([item], 'ERR_DICOM_PIXELS', message))
    }
    it('a palette whose segments repeat others that repeat others, without an entry', () => {
      const times = 1000
      const repeat = (place: number) => [2, times, place * 2, 0]
      const block = (next: number) => Array.from({ length: times }, () => repeat(next)).flat()
      const [second, third] = [3 + 4 * times, 3 + 8 * times]
      const words = [
        0,
        1,
        5,
        ...block(second),
        ...block(third),
        ...Array.from({ length: 2 * times }, () => 0),
      ]
      const tables = [1, 2, 3].flatMap((colour): Item[] => [
        [0x0028, 0x1100 + colour, 'US', [0, 0, 16]],
        [0x0028, 0x1220 + colour, 'OW', words],
      ])
      const items: Item[] = [[0x0028, 0x0004, 'CS', 'PALETTE COLOR'], ...tables]
      return refusesFilm(items, 'ERR_IMAGE_DECODE', /segments of a palette repeat themselves too often/)
    })
    it('a stream of another size than the header declares', async () => {
      const bytes = readFixture('j2k-u12')
      const rows = Buffer.from(bytes).indexOf(Uint8Array.from([0x28, 0, 0x10, 0, 0x55, 0x53, 2, 0]))
      bytes[rows + 8] = 16
      await refuses(bytes, 'ERR_DICOM_PIXELS', /declares 22x16x1 .* holds 22x15x1/)
    })
    it('a compressed syntax whose pixel data are not encapsulated', () =>
      refusesFilm([], 'ERR_DICOM_PIXELS', /not encapsulated/, { syntax: jpeg2000 }))

    const stream = fragment(new Uint8Array(64))
    it('a native syntax whose pixel data are encapsulated, and no stream that is known', () => {
      const items = Buffer.concat([fragment(new Uint8Array(0)), stream, delimiter])
      const pixels: Item = [0x7fe0, 0x0010, 'OB', items]
      return refusesFilm([pixels], 'ERR_DICOM_PIXELS', /are encapsulated/, { encapsulated: true })
    })
    const offsets = (...values: number[]) => fragment(new Uint8Array(Uint32Array.from(values).buffer))
    const encapsulated = (title: string, message: RegExp, parts: Uint8Array[], frames = '1') =>
      it(title, () =>
        refusesFilm(
          [
            [0x0028, 0x0008, 'IS', frames],
            [0x7fe0, 0x0010, 'OB', Buffer.concat([...parts, delimiter])],
          ],
          'ERR_DICOM_PIXELS',
          message,
          { syntax: jpeg2000, encapsulated: true },
        ),
      )
    encapsulated('no items', /no items/, [])
    encapsulated('no fragments', /no fragments/, [offsets(0)])
    encapsulated('bytes that are no item', /expected an item at byte/, [offsets(0), new Uint8Array(16)])
    encapsulated('an offset where no fragment starts', /points frame 0/, [offsets(8), stream], '2')
    encapsulated('an offset beyond the file', /points frame 0/, [offsets(0x7fffffff), stream], '2')
    encapsulated('offsets out of order', /points frame 1/, [offsets(0, 0), stream, stream, stream], '2')
    encapsulated(
      'an offset table that is no list',
      /32-bit numbers/,
      [fragment(new Uint8Array(6)), stream],
      '2',
    )
    encapsulated('fragments that make no frames', /do not divide/, [offsets(), stream, stream, stream], '2')
  })

  it('a frame that is not there', () =>
    refuses(dicomFile(film()), 'ERR_OUT_OF_RANGE', /from 0 to 0 but received 1/, { frame: 1 }))

  /** So large that no thread that rests will do: the start of a new one takes longer than these tests allow. */
  const slow = {
    decoder: 'jpeg-2000',
    stream: new Uint8Array(8),
    width: 5000,
    height: 5000,
    components: 1,
    precision: 8,
  } as const

  it('gives up a stream that takes too long, and decodes the next', async () => {
    await assert.rejects(decodeInThread(slow, undefined, 0), {
      code: 'ERR_IMAGE_DECODE',
      message: /not decoded within 0 ms/,
    })
    assert.equal((await decodeDicom(readFixture('j2k-u12'), { mode: 'reference' })).width, 22)
  })

  it('an abort while a thread decodes', async () => {
    const abort = new AbortController()
    const decoding = decodeInThread(slow, abort.signal)
    setImmediate(() => abort.abort(new Error('enough')))
    await assert.rejects(decoding, /enough/)
  })
})
