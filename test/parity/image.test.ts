import assert from 'node:assert/strict'
import { type ImageEncoding, loadModel, type Model } from 'biovil'
import { film } from '../support/films.js'
import { imageModelDirectory } from '../support/models.js'
import {
  floats,
  gridValues,
  type ImageState,
  readState,
  type Stored,
  type StoredGrid,
} from '../support/parity.js'

/** Replays the states that `scripts/export/image_parity.py` wrote with hi-ml's own classes and engines. No Python. */

/** Files with another framing than the published one. */
interface Framed {
  readonly resize: number
  readonly crop: number
  readonly stride: number
  readonly files: readonly {
    readonly film: number
    readonly width: number
    readonly height: number
    readonly expected: { readonly global: Stored; readonly pooled: Stored; readonly patches: StoredGrid }
  }[]
}

const tolerance = 1e-5

for (const [part, file] of [
  ['image', 'biovil-seed7.json'],
  ['image-t', 'biovil-t-seed7.json'],
] as const) {
  describe(`parity of images: ${file}`, function () {
    this.timeout(120_000)
    const state = readState<ImageState>(file)
    let model: Model

    before(async () => {
      model = await loadModel(await imageModelDirectory(part), { device: 'cpu' })
    })
    after(() => model.close())

    /** A film that needs no resizing. */
    const whole = (seed: number) => raw(seed, state.resize, state.resize)

    for (const { name, films, priors, expected } of state.cases) {
      it(`encodes ${name}`, async () => {
        const found = await Promise.all(
          films.map((seed, i) => {
            const prior = priors?.[i]
            return model.encodeImage(
              prior === undefined ? whole(seed) : { image: whole(seed), prior: whole(prior) },
            )
          }),
        )
        for (const result of ['global', 'pooled'] as const) {
          close(
            found.flatMap((one) => [...one[result]]),
            floats(expected[result]),
            result,
          )
        }
        for (const result of ['patches', 'static', 'difference'] as const) {
          const grid = expected[result]
          if (grid === undefined) assert.equal(found[0]?.[result], undefined)
          else compareGrids(found, result, grid)
        }
      })
    }

    it('scores files of any size against a text', async () => {
      const texts = textEmbeddings()
      for (const { film: seed, width, height, text, score } of state.files) {
        const embedding = await model.embedImage(raw(seed, width, height))
        const vector = texts.get(text) ?? assert.fail(text)
        const found = vector.reduce((sum, x, i) => sum + x * (embedding.data[i] as number), 0)
        assert.ok(Math.abs(found - score) <= tolerance, `${width}x${height}: ${found} instead of ${score}`)
      }
    })
  })
}

describe('parity of images: biovil-dilated-seed7.json', function () {
  this.timeout(120_000)

  it('takes the stride, the crop and the size from options of loadModel', async () => {
    const state = readState<Framed>('biovil-dilated-seed7.json')
    const { resize, crop, stride } = state
    await using model = await loadModel(await imageModelDirectory('image'), {
      device: 'cpu',
      resize,
      crop,
      stride,
    })
    for (const { film: seed, width, height, expected } of state.files) {
      const found = await model.encodeImage(raw(seed, width, height))
      assert.deepEqual(found.grid, { rows: 32, columns: 32 })
      for (const result of ['global', 'pooled'] as const) {
        close([...found[result]], floats(expected[result]), result)
      }
      compareGrids([found], 'patches', expected.patches)
    }
  })
})

function raw(seed: number, width: number, height: number) {
  return { pixels: film(seed, width, height), width, height }
}

function compareGrids(
  found: readonly ImageEncoding[],
  result: 'patches' | 'static' | 'difference',
  stored: StoredGrid,
): void {
  const [n, patches, width] = stored.dims
  assert.equal(found.length, n)
  const grids = found.map((one) => one[result] ?? assert.fail(`no ${result}`))
  for (const grid of grids) assert.equal(grid.length, patches * width)
  const given = gridValues(found, result, stored)
  close(given.values, floats(stored.values), result)
  close(given.norms, floats(stored.norms), `norms of ${result}`)
}

function close(found: readonly number[], expected: Float32Array, what: string): void {
  assert.equal(found.length, expected.length, what)
  found.forEach((value, i) => {
    const difference = Math.abs(value - (expected[i] as number))
    assert.ok(difference <= tolerance, `${what}: ${value} instead of ${expected[i]} at ${i}`)
  })
}

/** The normalised text embeddings that the scores were made with, of the text encoder's own parity state. */
function textEmbeddings(): Map<string, Float32Array> {
  const { cases } = readState<{
    cases: { name: string; texts: string[]; expected: { normalized: Stored } }[]
  }>('cxr-bert-seed7.json')
  const { texts, expected } =
    cases.find(({ name }) => name === "model card, hi-ml's punctuation") ?? assert.fail('no such case')
  const all = floats(expected.normalized)
  const width = all.length / texts.length
  return new Map(texts.map((text, i) => [text, all.subarray(i * width, (i + 1) * width)]))
}
