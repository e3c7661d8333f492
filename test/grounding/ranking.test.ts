import assert from 'node:assert/strict'
import { areaUnderRoc } from 'biovil'

describe('areaUnderRoc()', () => {
  it('is how often a case with the finding ranks above one without', () => {
    assert.equal(areaUnderRoc([1, 2, 3, 4], [false, false, true, true]), 1)
    assert.equal(areaUnderRoc([1, 2, 3, 4], [true, true, false, false]), 0)
    // 3 of the 4 pairs are in order.
    assert.equal(areaUnderRoc(Float32Array.of(0.1, 0.4, 0.35, 0.8), [false, false, true, true]), 0.75)
    // Ties count half.
    assert.equal(areaUnderRoc([1, 1, 1], [true, false, false]), 0.5)
    assert.equal(areaUnderRoc([0, 1, 1, 2], [false, true, false, true]), 0.875)
  })

  it('is NaN where there is nothing to rank', () => {
    assert.ok(Number.isNaN(areaUnderRoc([1, 2], [true, true])))
    assert.ok(Number.isNaN(areaUnderRoc([1, 2], [false, false])))
    assert.ok(Number.isNaN(areaUnderRoc([1, Number.NaN], [true, false])))
    assert.ok(Number.isNaN(areaUnderRoc([], [])))
  })

  it('refuses a score that is none, and names it: a film that failed must not rank', () => {
    for (const none of [undefined, null, '0.4', 1n, {}]) {
      assert.throws(() => areaUnderRoc([0.2, none as number, 0.1], [true, false, true]), {
        name: 'TypeError',
        code: 'ERR_INVALID_ARG_TYPE',
        message: /scores\[1\]/,
      })
    }
    // biome-ignore lint/suspicious/noSparseArray: a hole is no score
    assert.throws(() => areaUnderRoc([0.2, , 0.1] as number[], [true, false, true]), {
      message: /scores\[1\]/,
    })
  })

  it('refuses a truth that is no boolean, and says how to make it one', () => {
    const scores = [0.1, 0.4, 0.35, 0.8]
    for (const truth of [
      [0, 0, 1, 1],
      Uint8Array.of(0, 0, 1, 1),
      ['0', '0', '1', '1'],
      [undefined, true, false, true],
    ]) {
      assert.throws(() => areaUnderRoc(scores, truth as unknown as boolean[]), {
        name: 'TypeError',
        code: 'ERR_INVALID_ARG_TYPE',
        message: /truth\[0\].*Array\.from\(labels/,
      })
    }
    const labels = Uint8Array.of(0, 0, 1, 1)
    assert.equal(
      areaUnderRoc(
        scores,
        Array.from(labels, (label) => Number(label) === 1),
      ),
      0.75,
    )
    for (const none of [null, undefined, 4, 'abcd', {}]) {
      assert.throws(() => areaUnderRoc(none as never, scores as never), { code: 'ERR_INVALID_ARG_TYPE' })
      assert.throws(() => areaUnderRoc(scores, none as never), { code: 'ERR_INVALID_ARG_TYPE' })
    }
  })

  it('refuses scores and truths of different lengths', () => {
    assert.throws(() => areaUnderRoc([1], [true, false]), { code: 'ERR_INVALID_ARG_VALUE' })
  })
})
