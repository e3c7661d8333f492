import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { loadModel, type Model, openCheckpoint, type Tensor } from 'biovil'
import { fullModelDirectory, tinyModelDirectory } from '../support/models.js'
import {
  floats,
  maxDifference,
  readState,
  type Stored,
  type TextCase,
  type TextState,
  textsOf,
} from '../support/parity.js'

/** Replays the states that `scripts/export/reference.py` wrote with hi-ml's own classes. No Python, no vocabulary. */

/** Tolerances: what the largest difference may be. */
const embedding = 1e-5
const hiddenState = 1e-4
const probability = 1e-5

for (const { title, file, directory } of [
  { title: 'full size', file: 'cxr-bert-seed7.json', directory: fullModelDirectory },
  { title: 'tiny', file: 'tiny-seed3.json', directory: tinyModelDirectory },
]) {
  describe(`parity with the Python reference, ${title}, float32`, function () {
    this.timeout(180_000)
    const state = readState<TextState>(file)
    const worst: Record<string, number> = {}
    let model: Model
    let headless: Model
    const check = (what: string, found: ArrayLike<number>, expected: Stored, tolerance: number) => {
      const difference = maxDifference(found, floats(expected))
      worst[what] = Math.max(worst[what] ?? 0, difference)
      assert.ok(
        difference <= tolerance,
        `${what}: largest difference ${difference}, expected at most ${tolerance}`,
      )
    }

    before(async () => {
      model = await loadModel(await directory(state.seed), { device: 'cpu' })
      headless = await loadModel(await directory(state.seed, null), { device: 'cpu' })
    })
    after(async () => {
      await model?.close()
      await headless?.close()
      const list = Object.entries(worst).map(([what, value]) => `${what} ${value.toExponential(1)}`)
      console.log(`      largest differences: ${list.join(', ')}`)
    })

    it('has the same weights, bit for bit', async () => {
      const checkpoint = await openCheckpoint(await directory(state.seed))
      assert.ok(checkpoint.tensors.size > 40)
      for (const [name, row] of checkpoint.tensors) {
        const expected = state.weights[name]
        assert.ok(expected, `${name} is not in the reference`)
        assert.deepEqual(row.shape, expected.shape)
        const bytes = Buffer.alloc(row.shape.reduce((a, b) => a * b, 1) * 4)
        const handle = await open(row.file)
        await handle.read(bytes, 0, bytes.length, row.offset).finally(() => handle.close())
        assert.equal(createHash('sha256').update(bytes).digest('hex'), expected.sha256, name)
      }
    })

    for (const example of state.cases) {
      const { projected, normalized, similarity, cls, hidden, mlm } = example.expected
      it(`${example.name} (${example.ids.length} x ${Math.max(...example.ids.map((row) => row.length))} tokens)`, async () => {
        const texts = textsOf(example)
        if (normalized) check('normalised', (await model.embedText(texts)).data, normalized, embedding)
        if (projected) {
          const rows = await model.embedText(texts, { normalize: false })
          // Relative to the length of a row, as the tolerance is for rows of length 1.
          const scale = Math.max(...floats(projected).map(Math.abs))
          check('projected', rows.data, projected, embedding * Math.max(1, scale * 4))
        }
        if (similarity)
          check('similarity', (await model.similarity(texts)).scores.flat(), similarity, embedding)
        if (cls)
          check(
            '[CLS] without head',
            (await headless.embedText(texts, { normalize: false })).data,
            cls,
            hiddenState,
          )
        if (hidden)
          check('hidden states', paddedStates(await model.hiddenStates(texts), hidden), hidden, hiddenState)
        if (mlm) {
          const filled = await model.fillMask(texts as string[], { topK: 10 })
          const masks = filled.flatMap(({ masks }, row) => masks.map((mask) => ({ ...mask, row })))
          assert.deepEqual(
            masks.map(({ row, position }) => [row, position]),
            mlm.positions,
          )
          assert.deepEqual(
            masks.map(({ predictions }) => predictions.map(({ id }) => id)),
            mlm.ids,
            'top-10 ids',
          )
          const found = masks.flatMap(({ predictions }) => predictions.map(({ probability: p }) => p))
          check('probabilities', found, mlm.probabilities, probability)
        }
      })
    }

    it('stays near the reference with float16 and bfloat16 weights', async () => {
      const example = state.cases.find(({ name }) => name === 'mixed lengths') ?? (state.cases[0] as TextCase)
      for (const dtype of ['float16', 'bfloat16'] as const) {
        await using half = await loadModel(await directory(state.seed), { device: 'cpu', dtype })
        const difference = maxDifference(
          (await half.embedText(textsOf(example))).data,
          floats(example.expected.normalized as Stored),
        )
        worst[dtype] = difference
        assert.ok(difference > 1e-6, 'the weights were really cast')
        assert.ok(difference <= 3 * state.spread[dtype].normalized, `${dtype}: ${difference}`)
      }
    })
  })
}

/** The states of each text, with the reference's own values at padding, which mean nothing. */
function paddedStates(states: Tensor[], reference: Stored): Float32Array {
  const [, length, width] = reference.dims as [number, number, number]
  const padded = floats(reference)
  for (const [i, state] of states.entries()) padded.set(state.data as Float32Array, i * length * width)
  return padded
}
