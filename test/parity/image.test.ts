import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ImageEncoding, loadModel, type Model } from 'biovil'
import { film } from '../support/films.js'
import { imageModelDirectory } from '../support/models.js'
import { root } from '../support/root.js'

/** Replays the states that `scripts/export/image_parity.py` wrote with hi-ml's own classes and engines. No Python. */
interface State {
  readonly resize: number
  readonly cases: readonly {
    readonly name: string
    readonly films: number[]
    readonly priors?: number[]
    readonly expected: Readonly<Record<'global' | 'pooled', Stored>> &
      Readonly<Partial<Record<'patches' | 'static' | 'difference', StoredGrid>>>
  }[]
  readonly files: readonly { film: number; width: number; height: number; text: string; score: number }[]
}

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

interface Stored {
  readonly dims: number[]
  readonly data: string
}

/** Some patches of a grid, and the norms of all. */
interface StoredGrid {
  readonly dims: [n: number, patches: number, width: number]
  readonly patches: number[]
  readonly values: Stored
  readonly norms: Stored
}

const tolerance = 1e-5
const fixtures = join(root, 'test/fixtures/parity')

for (const [part, file] of [
  ['image', 'biovil-seed7.json'],
  ['image-t', 'biovil-t-seed7.json'],
] as const) {
  describe(`parity of images: ${file}`, function () {
    this.timeout(120_000)
    const state = JSON.parse(readFileSync(join(fixtures, file), 'utf8')) as State
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
    const state = JSON.parse(readFileSync(join(fixtures, 'biovil-dilated-seed7.json'), 'utf8')) as Framed
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
  { dims: [n, patches, width], patches: chosen, values, norms }: StoredGrid,
): void {
  assert.equal(found.length, n)
  const grids = found.map((one) => one[result] ?? assert.fail(`no ${result}`))
  for (const grid of grids) assert.equal(grid.length, patches * width)
  const row = (grid: Float32Array, patch: number) => grid.subarray(patch * width, (patch + 1) * width)
  const some = grids.flatMap((grid) => chosen.flatMap((patch) => [...row(grid, patch)]))
  close(some, floats(values), result)
  const all = grids.flatMap((grid) =>
    Array.from({ length: patches }, (_, patch) => Math.hypot(...row(grid, patch))),
  )
  close(all, floats(norms), `norms of ${result}`)
}

function close(found: readonly number[], expected: Float32Array, what: string): void {
  assert.equal(found.length, expected.length, what)
  found.forEach((value, i) => {
    const difference = Math.abs(value - (expected[i] as number))
    assert.ok(difference <= tolerance, `${what}: ${value} instead of ${expected[i]} at ${i}`)
  })
}

function floats({ data }: Stored): Float32Array {
  const bytes = Buffer.from(data, 'base64')
  return Float32Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(4 * i))
}

/** The normalised text embeddings that the scores were made with, of the text encoder's own parity state. */
function textEmbeddings(): Map<string, Float32Array> {
  const { cases } = JSON.parse(readFileSync(join(fixtures, 'cxr-bert-seed7.json'), 'utf8')) as {
    cases: { name: string; texts: string[]; expected: { normalized: Stored } }[]
  }
  const { texts, expected } =
    cases.find(({ name }) => name === "model card, hi-ml's punctuation") ?? assert.fail('no such case')
  const all = floats(expected.normalized)
  const width = all.length / texts.length
  return new Map(texts.map((text, i) => [text, all.subarray(i * width, (i + 1) * width)]))
}
