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

  it('refuses scores and truths of different lengths', () => {
    assert.throws(() => areaUnderRoc([1], [true, false]), { code: 'ERR_INVALID_ARG_VALUE' })
  })
})
