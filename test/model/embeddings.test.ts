import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { Embeddings } from 'biovil'

const make = (rows: number[][], normalized = false) =>
  new Embeddings(Float32Array.from(rows.flat()), [rows.length, rows[0]?.length ?? 0], {
    normalized,
    untrained: false,
  })

describe('Embeddings', () => {
  it('gives rows as views, from both ends, and as nested arrays', () => {
    const rows = make([
      [1, 2],
      [3, 4],
    ])
    assert.deepEqual(Array.from(rows.at(-1)), [3, 4])
    rows.at(0)[0] = 9
    assert.deepEqual(rows.tolist(), [
      [9, 2],
      [3, 4],
    ])
    assert.equal(rows.length, 2)
    assert.throws(() => rows.at(2), { code: 'ERR_OUT_OF_RANGE' })
    assert.throws(() => rows.at(0.5), { code: 'ERR_OUT_OF_RANGE' })
  })

  it('computes cosine similarities of rows that are not normalised', () => {
    const scores = make([
      [3, 0],
      [1, 1],
    ]).similarity(
      make([
        [0, 2],
        [-5, 0],
        [2, 2],
      ]),
    )
    const half = Math.SQRT1_2
    const expected = [0, -1, half, half, -half, 1]
    for (const [i, score] of scores.entries()) assert.ok(Math.abs(score - (expected[i] as number)) < 1e-6)
  })

  it('keeps NaN rows NaN, gives 0 for a zero row, and refuses other widths', () => {
    const scores = make([
      [Number.NaN, Number.NaN],
      [0, 0],
    ]).similarity(make([[1, 0]]))
    assert.deepEqual(Array.from(scores), [Number.NaN, 0])
    assert.throws(() => make([[1, 2]]).similarity(make([[1, 2, 3]])), { code: 'ERR_INVALID_ARG_VALUE' })
    assert.throws(() => make([[1, 2]]).similarity([] as unknown as Embeddings), {
      code: 'ERR_INVALID_ARG_TYPE',
    })
    assert.throws(() => new Embeddings(new Float32Array(3), [2, 2], { normalized: true, untrained: false }), {
      code: 'ERR_OUT_OF_RANGE',
    })
  })

  it('shows its shape when inspected', () => {
    assert.equal(inspect(make([[1, 0]], true)), 'Embeddings(1 x 2, normalized)')
  })
})
