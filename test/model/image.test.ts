import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadModel, type Model, type RawPixels } from 'biovil'
import { film } from '../support/films.js'
import { loadTiny, tinyImageDirectory } from '../support/models.js'
import { temporaryDirectory } from '../support/temp.js'

const raw = (seed: number, width = 520, height = 610): RawPixels => ({
  pixels: film(seed, width, height),
  width,
  height,
})

function maxDifference(a: Float32Array, b: Float32Array): number {
  assert.equal(a.length, b.length)
  return a.reduce((max, value, i) => Math.max(max, Math.abs(value - (b[i] as number))), 0)
}

describe('images', function () {
  this.timeout(60_000)
  const directory = temporaryDirectory()
  let model: Model
  let temporal: Model
  before(async () => {
    model = await loadModel(await tinyImageDirectory('image'), { device: 'cpu' })
    temporal = await loadModel(await tinyImageDirectory('image-t'), { device: 'cpu' })
  })
  after(async () => {
    await model?.close()
    await temporal?.close()
  })

  it('are encoded to a global embedding, a patch grid and pooled features', async () => {
    const encoding = await model.encodeImage(raw(1))
    assert.deepEqual(
      [encoding.global.length, encoding.patches.length, encoding.pooled.length],
      [16, 225 * 16, 256],
    )
    assert.deepEqual(encoding.grid, { rows: 15, columns: 15 })
    const mean = encoding.global.map((_, k) => {
      let sum = 0
      for (let p = 0; p < 225; p++) sum += encoding.patches[p * 16 + k] as number
      return sum / 225
    })
    assert.ok(maxDifference(mean, encoding.global) < 1e-5, 'the global embedding is the mean of the patches')
    assert.deepEqual([encoding.film.width, encoding.film.height, encoding.film.size], [520, 610, 480])
  })

  it('are embedded in order, normalised or not', async () => {
    const films = [1, 2, 3, 4, 5].map((seed) => raw(seed))
    const rows = await model.embedImage(films)
    assert.deepEqual(rows.dims, [5, 16])
    assert.ok(rows.untrained)
    for (const [i, image] of films.entries()) {
      const { global } = await model.encodeImage(image)
      const norm = Math.hypot(...global)
      assert.ok(
        maxDifference(
          global.map((value) => value / norm),
          rows.at(i),
        ) < 1e-5,
      )
    }
    const plain = await model.embedImage(films[0] as RawPixels, { normalize: false })
    assert.ok(maxDifference(plain.data, (await model.encodeImage(films[0] as RawPixels)).global) < 1e-5)
  })

  it('that are broken become NaN rows with onInvalid, and cost only themselves', async () => {
    const broken = join(directory(), 'broken.png')
    writeFileSync(broken, 'no image')
    await assert.rejects(model.embedImage([raw(1), broken]), { code: 'ERR_IMAGE_FORMAT' })
    const seen: [number, string][] = []
    const rows = await model.embedImage([raw(1), broken, raw(2), join(directory(), 'none.png')], {
      onInvalid: (error, index) => seen.push([index, (error as Error & { code: string }).code]),
    })
    assert.deepEqual(seen, [
      [1, 'ERR_IMAGE_FORMAT'],
      [3, 'ERR_INPUT'],
    ])
    assert.ok(rows.at(1).every(Number.isNaN) && rows.at(2).every(Number.isFinite))
    const states: (string | undefined)[] = []
    for await (const { error } of model.encodeImageStream([broken, raw(3)])) states.push(error && 'broken')
    assert.deepEqual(states, ['broken', undefined])
  })

  it('compare with texts, prompt ensembles and each other', async () => {
    const items = [{ image: raw(1) }, 'w5 w6', { texts: ['w5 w6', 'w7 w8 w9'] }] as const
    const { scores } = await model.similarity(items)
    for (const i of [0, 1, 2]) assert.ok(Math.abs((scores[i]?.[i] as number) - 1) < 1e-6)
    const [a, b] = await Promise.all([
      model.embedImage(raw(1)),
      model.embedText(['w5 w6', 'w7 w8 w9'], { normalize: false }),
    ])
    assert.ok(Math.abs((scores[0]?.[1] as number) - (a.similarity(b)[0] as number)) < 1e-5)
    // The mean is of un-normalised embeddings, as in the reference.
    const mean = b.at(0).map((value, k) => (value + (b.at(1)[k] as number)) / 2)
    const norm = Math.hypot(...mean)
    const expected = a.at(0).reduce((dot, value, k) => dot + (value * (mean[k] as number)) / norm, 0)
    assert.ok(Math.abs((scores[0]?.[2] as number) - expected) < 1e-5)
    await assert.rejects(model.similarity([{ texts: [] }]), { code: 'ERR_INVALID_ARG_VALUE' })
  })

  it('may have a prior with BioViL-T, and say what is still and what changed', async () => {
    const alone = await temporal.encodeImage(raw(1))
    assert.deepEqual([alone.grid.rows, alone.film.size], [14, 448])
    const same = await temporal.encodeImage({ image: raw(1), prior: raw(1) })
    const other = await temporal.encodeImage({ image: raw(1), prior: raw(2) })
    assert.ok(
      maxDifference(alone.static as Float32Array, other.static as Float32Array) < 1e-5,
      'the static part is of the film alone',
    )
    assert.ok(maxDifference(same.difference as Float32Array, other.difference as Float32Array) > 1e-3)
    assert.ok(maxDifference(alone.difference as Float32Array, other.difference as Float32Array) > 1e-3)
    await assert.rejects(model.encodeImage({ image: raw(1), prior: raw(2) }), {
      code: 'ERR_INVALID_ARG_VALUE',
      message: /BioViL-T/,
    })
  })

  it('are classified by labels, prompts and built-in sets', async () => {
    const all: number[] = []
    for await (const { scores } of model.classify([raw(1), raw(2)], { a: ['w5 w6'], b: ['w7', 'w8 w9'] })) {
      const [a, b] = scores ?? assert.fail()
      assert.ok(Math.abs((a?.softmax ?? 0) + (b?.softmax ?? 0) - 1) < 1e-9)
      all.push(a?.margin ?? 0)
    }
    assert.ok(all.length === 2 && all[0] !== all[1])
    const { scores } = await model.similarity([{ image: raw(1) }], ['w5 w6', { texts: ['w7', 'w8 w9'] }])
    const [first, second] = scores[0] as [number, number]
    assert.ok(
      Math.abs(first - second - (all[0] as number)) < 1e-5,
      'the margin is the difference of the similarities',
    )
    for await (const { scores: found } of model.classify(raw(1), 'ms-cxr')) assert.equal(found?.length, 8)
  })

  it('are refused by classify() at the call, not at the first score', () => {
    const call = (images: unknown, labels?: unknown, options?: unknown) => () =>
      model.classify(images as RawPixels, labels as 'pneumonia', options as object)
    assert.throws(call(raw(1), ['only one']), { code: 'ERR_INVALID_ARG_VALUE' })
    assert.throws(call(raw(1), 'pneumothorax'), { code: 'ERR_INVALID_ARG_VALUE', message: /ms-cxr/ })
    assert.throws(call(null), { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE', message: /images.*null/ })
    assert.throws(call(raw(1), null), { code: 'ERR_INVALID_ARG_TYPE' })
    for (const temperature of [0, -1, Number.NaN, Number.POSITIVE_INFINITY])
      assert.throws(call(raw(1), 'pneumonia', { temperature }), { code: 'ERR_OUT_OF_RANGE' })
    assert.throws(call(raw(1), 'pneumonia', { temprature: 1 }), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'ERR_UNKNOWN_OPTION')
      const known = error.message.split('Known options: ')[1]?.split(', ') ?? []
      assert.ok(known.includes('temperature') && known.includes('ahead'), error.message)
      assert.ok(!known.includes('keepFilm'), 'it names no option that it does not take')
      return true
    })
    assert.throws(call(raw(1), 'pneumonia', { keepFilm: true }), { code: 'ERR_UNKNOWN_OPTION' })
  })

  it('are counted with holes: one that is missing costs itself, not those after it', async () => {
    const films = [raw(1), undefined, raw(2)]
    delete films[1]
    const invalid: number[] = []
    const rows = await model.embedImage(films as RawPixels[], {
      onInvalid: (_, index) => invalid.push(index),
    })
    assert.deepEqual([rows.length, invalid], [3, [1]])
    assert.ok(rows.at(2).every(Number.isFinite))
    assert.deepEqual(rows.at(2), (await model.embedImage(raw(2))).at(0))
  })

  it('keep their film for encodeImage() and its stream only', async () => {
    const keepFilm = { keepFilm: true }
    await assert.rejects(model.embedImage(raw(1), keepFilm as object), { code: 'ERR_UNKNOWN_OPTION' })
    assert.ok((await model.encodeImage(raw(1), keepFilm)).film.film)
    for await (const { encoding } of model.encodeImageStream([raw(1)], keepFilm))
      assert.ok(encoding?.film.film)
    for await (const { encoding } of model.encodeImageStream([raw(1)]))
      assert.equal(encoding?.film.film, undefined)
  })

  it('are grounded: 50 phrases cost one pass of the image encoder', async () => {
    const phrases = Array.from({ length: 50 }, (_, i) => `w${5 + i} w${60 + i}`)
    const one = await model.ground(raw(1), phrases[0] as string)
    const many = await model.ground(raw(1), phrases)
    assert.equal(many.length, 50)
    assert.deepEqual([many[0]?.peak.x, many[0]?.peak.y], [one.peak.x, one.peak.y])
    assert.equal(one.heatmap().length, 520 * 610)
    assert.ok(one.untrained)
    await assert.rejects(model.ground(raw(1), 7 as unknown as string), { code: 'ERR_INVALID_ARG_TYPE' })
    await assert.rejects(model.ground(raw(1), 'w5', { smoothing: { padding: 'wrap' as 'zero' } }), {
      code: 'ERR_INVALID_ARG_VALUE',
    })
  })

  it('need an image encoder, known options, and stop when asked to', async () => {
    await using textOnly = await loadTiny()
    await assert.rejects(textOnly.embedImage(raw(1)), { code: 'ERR_NO_HEAD', message: /no image encoder/ })
    await assert.rejects(model.encodeImage(raw(1), { dcm: 'display' } as object), {
      code: 'ERR_UNKNOWN_OPTION',
    })
    await assert.rejects(model.encodeImage(raw(1), { dicom: 'raw' as 'display' }), {
      code: 'ERR_INVALID_ARG_VALUE',
    })
    await assert.rejects(model.classifierLogits(await model.encodeImage(raw(1))), { code: 'ERR_NO_HEAD' })
    const reason = new Error('enough')
    await assert.rejects(model.embedImage([raw(1)], { signal: AbortSignal.abort(reason) }), reason)
  })
})
