import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadModel, type Model } from 'biovil'
import { root } from '../support/root.js'

/** What `scripts/train/biovil_train/parity.py` wrote: the trained demonstration model in PyTorch. All of length 1. */
interface State {
  readonly texts: readonly string[]
  readonly ids: readonly number[][]
  readonly normalized: Stored
  /** A mask is null where two tokens are nearly as likely. */
  readonly masked: readonly {
    readonly text: string
    readonly masks: readonly ({ position: number; id: number; probability: number } | null)[]
  }[]
  readonly films: readonly {
    readonly file: string
    readonly global: Stored
    /** Which patches of the grid `patches` has. */
    readonly numbers: readonly number[]
    readonly patches: Stored
  }[]
}

interface Stored {
  readonly dims: readonly number[]
  readonly data: string
}

const tolerance = 1e-5
const file = join(root, 'test/fixtures/parity/biovil-demo.json')

describe('parity of the trained model with PyTorch: biovil-demo', function () {
  this.timeout(60_000)
  const worst: Record<string, number> = {}
  let state: State
  let model: Model

  before(async () => {
    assert.ok(existsSync(file), `${file} is missing; python -m biovil_train demo writes it`)
    state = JSON.parse(readFileSync(file, 'utf8')) as State
    model = await loadModel('biovil-demo', { device: 'cpu', dtype: 'float32' })
  })
  after(async () => {
    await model?.close()
    const list = Object.entries(worst).map(([what, value]) => `${what} ${value.toExponential(1)}`)
    console.log(`      largest differences: ${list.join(', ')}`)
  })

  const close = (what: string, found: ArrayLike<number>, expected: ArrayLike<number>) => {
    assert.equal(found.length, expected.length, what)
    for (let i = 0; i < expected.length; i++) {
      const difference = Math.abs((found[i] as number) - (expected[i] as number))
      worst[what] = Math.max(worst[what] ?? 0, difference)
      assert.ok(difference <= tolerance, `${what} at ${i}: ${found[i]} instead of ${expected[i]}`)
    }
  }

  it('the same token ids', () => {
    for (const [i, text] of state.texts.entries()) {
      assert.deepEqual([...model.tokenize(text).ids], state.ids[i], text)
    }
  })

  it('the same embeddings of texts', async () => {
    close('texts', (await model.embedText([...state.texts])).data, floats(state.normalized))
  })

  it('the same most likely tokens', async () => {
    for (const { text, masks } of state.masked) {
      const found = (await model.fillMask(text, { topK: 1 })).masks
      assert.equal(found.length, masks.length)
      for (const [i, expected] of masks.entries()) {
        if (expected === null) continue
        const [best] = found[i]?.predictions ?? []
        assert.deepEqual([found[i]?.position, best?.id], [expected.position, expected.id], text)
        close('probabilities', [best?.probability ?? Number.NaN], [expected.probability])
      }
    }
  })

  it('the same embeddings of films and patches, from the file on', async () => {
    assert.ok(state.films.length > 0)
    for (const { file, numbers, ...expected } of state.films) {
      const { global, patches, grid } = await model.encodeImage(join(root, file))
      const width = patches.length / (grid.rows * grid.columns)
      close('films', unit(global), floats(expected.global))
      const some = numbers.flatMap((patch) => unit(patches.subarray(patch * width, (patch + 1) * width)))
      close('patches', some, floats(expected.patches))
    }
  })
})

/** The same direction at length 1. */
function unit(row: Float32Array): number[] {
  const length = Math.hypot(...row)
  return Array.from(row, (value) => value / length)
}

function floats({ data }: Stored): Float32Array {
  const bytes = Buffer.from(data, 'base64')
  return Float32Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(4 * i))
}
