// Bytes belong to the call: what a caller does with its memory once a call has returned changes nothing.
import assert from 'node:assert/strict'
import { type FilmInput, type ImageInput, loadModel, type Model, prepareFilm } from 'biovil'
import { drawPng } from '../support/images.js'
import { tinyImageDirectory } from '../support/models.js'

const png = (seed: number) =>
  drawPng({ width: 90, height: 80, colour: 'grey', bits: 8, low: 0, high: 255, seed })
const films: Uint8Array[] = [1, 2, 3, 4, 5, 6].map(png)
const largest = Math.max(...films.map(({ length }) => length))

/** Puts a file into memory that is used again and again. */
function into(pool: Uint8Array, film: Uint8Array): Uint8Array {
  pool.fill(0)
  pool.set(film)
  return pool.subarray(0, film.length)
}

/** Some memory with the film in it, and what its owner does with it later. */
const owners: Record<string, (film: Uint8Array) => [bytes: Uint8Array, later: () => void]> = {
  'a Uint8Array that is filled': (film) => {
    const bytes = new Uint8Array(film)
    return [bytes, () => bytes.fill(0)]
  },
  'a Buffer that is filled': (film) => {
    const bytes = Buffer.from(film)
    return [bytes, () => bytes.fill(0)]
  },
  'a view that is filled': (film) => {
    const around = new Uint8Array(film.length + 13)
    around.set(film, 5)
    return [around.subarray(5, 5 + film.length), () => around.fill(0)]
  },
  'memory that is transferred': (film) => {
    const bytes = new Uint8Array(film)
    return [bytes, () => structuredClone(bytes, { transfer: [bytes.buffer] })]
  },
  'shared memory': (film) => {
    const bytes = new Uint8Array(new SharedArrayBuffer(film.length))
    bytes.set(film)
    return [bytes, () => bytes.fill(0)]
  },
  'memory that shrinks': (film) => {
    const options = { maxByteLength: 2 * film.length }
    const Resizable = ArrayBuffer as unknown as new (
      length: number,
      how: object,
    ) => ArrayBuffer & { resize(length: number): void }
    const memory = new Resizable(film.length, options)
    const bytes = new Uint8Array(memory)
    bytes.set(film)
    return [bytes, () => memory.resize(3)]
  },
}

describe('bytes belong to the call', function () {
  this.timeout(60_000)
  let crops: Uint8Array[]
  let model: Model
  let temporal: Model
  let right: number[]
  const globals = (rows: { at(i: number): Float32Array }) => films.map((_, i) => rows.at(i)[0] as number)

  before(async () => {
    crops = await Promise.all(films.map(async (film) => (await prepareFilm(film)).crop))
    model = await loadModel(await tinyImageDirectory('image'), { device: 'cpu' })
    temporal = await loadModel(await tinyImageDirectory('image-t'), { device: 'cpu' })
    right = globals(await model.embedImage(films))
    assert.equal(new Set(right).size, films.length)
  })
  after(async () => {
    await model.close()
    await temporal.close()
  })

  for (const [name, own] of Object.entries(owners)) {
    it(`of a file: ${name}`, async () => {
      const [bytes, later] = own(films[0] as Uint8Array)
      const pending = prepareFilm(bytes)
      later()
      assert.deepEqual((await pending).crop, crops[0])
    })
  }

  it('of a file that were gone before the call: an error with a code', async () => {
    const bytes = new Uint8Array(films[0] as Uint8Array)
    structuredClone(bytes, { transfer: [bytes.buffer] })
    await assert.rejects(prepareFilm(bytes), { code: 'ERR_IMAGE_FORMAT' })
    await assert.rejects(prepareFilm({ pixels: bytes, width: 9, height: 9 }), {
      code: 'ERR_INVALID_ARG_VALUE',
    })
  })

  it('and raw pixels with them, of every type', async () => {
    const values = Array.from({ length: 600 }, (_, i) => (i * 7) % 251)
    for (const Type of [Uint8Array, Uint16Array, Int16Array, Float32Array]) {
      const pixels = Type.from(values)
      const expected = (await prepareFilm({ pixels: Type.from(values), width: 20, height: 30 })).crop
      const input = { pixels, width: 20, height: 30 }
      const pending = prepareFilm(input)
      pixels.fill(1)
      Object.assign(input, { width: 30, height: 20, pixels: new Type(600) })
      assert.deepEqual((await pending).crop, expected, Type.name)
    }
  })

  it('of the chunks of a stream, which may all come in one piece of memory', async () => {
    const film = films[0] as Uint8Array
    async function* chunks() {
      const pool = new Uint8Array(1000)
      for (let at = 0; at < film.length; at += pool.length) {
        yield into(pool, film.subarray(at, at + pool.length))
      }
    }
    const stream = chunks() as unknown as ImageInput
    assert.deepEqual((await prepareFilm(stream)).crop, crops[0])
  })

  it('of the films that a generator gives, however far ahead it is read', async () => {
    const pool = new Uint8Array(largest)
    function* now() {
      for (const film of films) yield into(pool, film)
    }
    async function* soon() {
      for (const film of films) yield into(pool, film)
    }
    for (const inputs of [now, soon]) {
      const got: number[] = []
      for await (const { encoding } of model.encodeImageStream(inputs(), { ahead: 4 })) {
        got.push(encoding?.global[0] as number)
      }
      const norms = await Promise.all(films.map(async (film) => (await model.encodeImage(film)).global[0]))
      assert.deepEqual(got, norms)
    }
  })

  it('of all films of an array, and the array itself', async () => {
    const given = () => films.map((film) => new Uint8Array(film))
    const spoil = (array: Uint8Array[]) => {
      for (const film of array) film.fill(0)
      array.length = 0
    }
    const embedded = given()
    const rows = model.embedImage(embedded, { ahead: 1 })
    spoil(embedded)
    assert.deepEqual(globals(await rows), right)

    const classified = given()
    const originals = [...classified]
    const expected: number[] = []
    for await (const { scores } of model.classify(films, ['w5', 'w6']))
      expected.push(scores?.[0]?.margin ?? 0)
    const stream = model.classify(classified, ['w5', 'w6'], { ahead: 1 })
    spoil(classified)
    const margins: number[] = []
    for await (const { scores, input, index } of stream) {
      margins.push(scores?.[0]?.margin ?? 0)
      assert.equal(input, originals[index])
    }
    assert.deepEqual(margins, expected)

    const encoded = given()
    const encodings = model.encodeImageStream(encoded, { ahead: 1 })
    spoil(encoded)
    const found: number[] = []
    for await (const { encoding } of encodings) found.push(encoding?.global[0] as number)
    assert.equal(found.length, films.length)
    assert.equal(new Set(found).size, films.length)
  })

  it('of a film and its prior', async () => {
    const [film, other] = films as [Uint8Array, Uint8Array]
    const expected = await temporal.encodeImage({ image: film, prior: other })
    const pair = { image: new Uint8Array(film), prior: new Uint8Array(other) }
    const pending = temporal.encodeImage(pair)
    pair.image.fill(0)
    pair.prior.fill(0)
    Object.assign(pair, { prior: undefined })
    assert.deepEqual((await pending).difference, expected.difference)
  })

  it('of similarity, ground, and an encoding that is grounded', async () => {
    const [film, other] = films as [Uint8Array, Uint8Array]
    const expected = await model.similarity(
      [{ image: film }],
      ['w5', { image: other }, { texts: ['w6', 'w7'] }],
    )
    const rows = [{ image: new Uint8Array(film) }]
    const image = new Uint8Array(other)
    const texts = ['w6', 'w7']
    const columns = ['w5', { image }, { texts }]
    const pending = model.similarity(rows, columns)
    rows[0]?.image.fill(0)
    image.fill(0)
    texts.length = 0
    columns[0] = 'w9'
    assert.deepEqual((await pending).scores, expected.scores)

    const known = await model.encodeImage(film)
    const peaks = (await model.ground(film, ['w20', 'w21'])).map(({ peak }) => peak)
    const bytes = new Uint8Array(film)
    const phrases = ['w20', 'w21']
    const inputs: (FilmInput | typeof known)[] = [bytes, known]
    for (const input of inputs) {
      const grounding = model.ground(input, phrases)
      phrases.fill('w30')
      bytes.fill(0)
      known.patches.fill(0)
      assert.deepEqual(
        (await grounding).map(({ peak }) => peak),
        peaks,
      )
      phrases.splice(0, 2, 'w20', 'w21')
      Object.assign(known, { patches: (await model.encodeImage(film)).patches })
    }
  })

  it('and so do texts', async () => {
    const texts = ['w5 w6', 'w7', 'w8 w9']
    const expected = (await model.embedText(texts)).data
    const given: (string | [string, string])[] = [...texts]
    const pending = model.embedText(given)
    given.fill('w11')
    assert.deepEqual((await pending).data, expected)
    function* pairs() {
      const pair: [string, string] = ['w5', 'w6']
      yield pair
      pair.reverse()
      yield pair
    }
    const apart = await model.embedText([
      ['w5', 'w6'],
      ['w6', 'w5'],
    ])
    for await (const rows of model.embedTextStream(pairs())) assert.deepEqual(rows.data, apart.data)
    const pair: [string, string] = ['w5', 'w6']
    const alone = (await model.embedText([['w5', 'w6']])).data
    const later = model.embedText([pair])
    pair.reverse()
    assert.deepEqual((await later).data, alone)
  })
})
