import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadModel, type Model } from 'biovil'
import { film } from '../support/films.js'
import { fullImageDirectory, numberedText } from '../support/models.js'
import { root } from '../support/root.js'

/** Films and texts through hi-ml's own engines, from the file to the score and the heatmap, full size. */
interface EndToEnd {
  readonly film: number
  readonly width: number
  readonly height: number
  readonly text: string
  readonly score: number
  /** Score of the film with the three prompts of the model card together. */
  readonly ensemble: number
  /** The similarity map before resizing. */
  readonly grid: Stored
  readonly nearest: SampledMap
  readonly bilinear: SampledMap
}

interface Stored {
  readonly dims: readonly number[]
  readonly data: string
}

interface SampledMap {
  readonly dims: readonly number[]
  readonly nan: number
  readonly sum: number
  readonly cells: readonly number[]
  readonly values: Stored
}

const tolerance = 1e-5
const fixtures = join(root, 'test/fixtures/parity')
const prompts = [
  'There is no pneumothorax or pleural effusion',
  'No pleural effusion or pneumothorax is seen',
  'The extent of the pleural effusion is constant',
]

for (const [part, file] of [
  ['image', 'biovil-seed7.json'],
  ['image-t', 'biovil-t-seed7.json'],
] as const) {
  describe(`parity of grounding: ${file}`, function () {
    this.timeout(180_000)
    const { files } = JSON.parse(readFileSync(join(fixtures, file), 'utf8')) as { files: EndToEnd[] }
    const worst: Record<string, number> = {}
    let model: Model
    before(async () => {
      model = await loadModel(await fullImageDirectory(part), { device: 'cpu' })
    })
    after(async () => {
      await model?.close()
      const list = Object.entries(worst).map(([what, value]) => `${what} ${value.toExponential(1)}`)
      console.log(`      largest differences: ${list.join(', ')}`)
    })

    for (const { film: seed, width, height, text, ...expected } of files) {
      it(`a film of ${width} x ${height}: score, ensemble, similarity map, heatmaps`, async () => {
        const close = (what: string, found: ArrayLike<number>, wanted: ArrayLike<number>) => {
          assert.equal(found.length, wanted.length)
          for (let i = 0; i < wanted.length; i++) {
            const [a, b] = [found[i] as number, wanted[i] as number]
            assert.equal(Number.isNaN(a), Number.isNaN(b), `${what}: NaN at ${i}`)
            if (Number.isNaN(b)) continue
            worst[what] = Math.max(worst[what] ?? 0, Math.abs(a - b))
            assert.ok(Math.abs(a - b) <= tolerance, `${what} at ${i}: ${a}, expected ${b}`)
          }
        }
        const image = { pixels: film(seed, width, height), width, height }
        const { scores } = await model.similarity([{ image }], [textOf(text), { texts: prompts.map(textOf) }])
        close('score', scores[0] as number[], [expected.score, expected.ensemble])
        const grounding = await model.ground(image, textOf(text))
        close('similarity map', grounding.grid.data, floats(expected.grid))
        for (const interpolation of ['nearest', 'bilinear'] as const) {
          const { dims, nan, sum, cells, values } = expected[interpolation]
          const map = grounding.heatmap({ interpolation })
          assert.deepEqual(dims, [height, width])
          assert.equal(map.filter(Number.isNaN).length, nan, 'NaN margins')
          const some = cells.map((cell) => map[cell] as number)
          close(interpolation, some, floats(values))
          const total = map.reduce((a, b) => (Number.isNaN(b) ? a : a + b), 0)
          assert.ok(Math.abs(total - sum) <= tolerance * (map.length - nan), `sum ${total}, expected ${sum}`)
        }
      })
    }

    it('is the same for an encoding that is used again, and for many phrases at once', async () => {
      const image = { pixels: film(20, 513, 701), width: 513, height: 701 }
      const encoding = await model.encodeImage(image)
      const phrases = prompts.map(textOf)
      const many = await model.ground(encoding, phrases)
      for (const [i, phrase] of phrases.entries()) {
        const one = await model.ground(image, phrase)
        assert.deepEqual([many[i]?.peak.x, many[i]?.peak.y], [one.peak.x, one.peak.y])
        sameValues(many[i]?.grid.data as Float32Array, one.grid.data)
      }
    })
  })
}

function sameValues(a: Float32Array, b: Float32Array): void {
  for (const [i, value] of a.entries()) assert.ok(Math.abs(value - (b[i] as number)) < 1e-6)
}

function floats({ data }: Stored): Float32Array {
  const bytes = Buffer.from(data, 'base64')
  return Float32Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(i * 4))
}

/** A text with the ids that the published vocabulary gives these words; the vocabulary itself is not needed. */
function textOf(text: string): string {
  const { cases } = JSON.parse(readFileSync(join(fixtures, 'cxr-bert-seed7.json'), 'utf8')) as {
    cases: { texts?: string[]; ids: number[][] }[]
  }
  for (const { texts, ids } of cases) {
    const at = texts?.indexOf(text) ?? -1
    if (at >= 0) return numberedText((ids[at] as number[]).slice(1, -1))
  }
  throw new Error(`no ids for ${text}`)
}
