import assert from 'node:assert/strict'
import { contrastToNoise, dice, intersectionOverUnion, meanIoU, pointsInside } from './internals.js'

const nan = Number.NaN

function map(rows: readonly (readonly number[])[]) {
  return {
    width: (rows[0] as readonly number[]).length,
    height: rows.length,
    data: Float32Array.from(rows.flat()),
  }
}

describe('grounding metrics', () => {
  it('contrast-to-noise ratio, by hand, without the NaN margins', () => {
    // Inside 4, 6: mean 5, variance 1. Outside 1, 3: mean 2, variance 1.
    const heat = map([[nan, 4, 6, 1, 3, nan]])
    const inside = [{ x: 0, y: 0, width: 3, height: 1 }]
    const expected = 3 / Math.SQRT2
    assert.deepEqual(contrastToNoise(heat, inside), { signed: expected, absolute: expected })
    const outside = [{ x: 3, y: 0, width: 3, height: 1 }]
    assert.deepEqual(contrastToNoise(heat, outside), { signed: -expected, absolute: expected })
  })

  it('takes several boxes as one region, or one after the other', () => {
    const heat = map([[8, 6, 4, 2, 1, 3]])
    const boxes = [
      { x: 0, y: 0, width: 2, height: 1 },
      { x: 2, y: 0, width: 2, height: 1 },
    ]
    // Union: 8 6 4 2 have mean 5 and variance 5; 1 3 have 2 and 1.
    assert.equal(contrastToNoise(heat, boxes).signed, 3 / Math.sqrt(6))
    // First 8 6 against 4 2 1 3 (2.5 and 1.25), then 4 2 against 1 3 only.
    const mean = ((7 - 2.5) / Math.sqrt(1 + 1.25) + (3 - 2) / Math.sqrt(2)) / 2
    assert.ok(Math.abs(contrastToNoise(heat, boxes, { boxes: 'mean' }).signed - mean) < 1e-12)
  })

  it('raises negative values to zero when asked', () => {
    const heat = map([[2, 4, -7, 0]])
    const boxes = [{ x: 0, y: 0, width: 2, height: 1 }]
    assert.equal(contrastToNoise(heat, boxes, { clamp: true }).signed, 3 / 1)
    assert.notEqual(contrastToNoise(heat, boxes).signed, 3)
  })

  it('is no number where there is no contrast', () => {
    const heat = map([[1, 1]])
    assert.ok(Number.isNaN(contrastToNoise(heat, [{ x: 0, y: 0, width: 1, height: 1 }]).signed))
    assert.ok(Number.isNaN(contrastToNoise(heat, []).absolute))
  })

  it('mean intersection over union, by hand', () => {
    const heat = map([[0.05, 0.15, 0.25, 0.35, 0.45, 0.55, nan]])
    const boxes = [{ x: 3, y: 0, width: 4, height: 1 }]
    // Above .1: 5 of which 3 in the box of 4; .2: 4 and 3; .3: 3 and 3; .4: 2 and 2; .5: 1 and 1.
    const expected = (3 / 6 + 3 / 5 + 3 / 4 + 2 / 4 + 1 / 4) / 5
    assert.ok(Math.abs(meanIoU(heat, boxes) - expected) < 1e-12)
    assert.equal(meanIoU(heat, boxes, [0.3]), 3 / 4)
  })

  it('Dice and intersection over union of masks', () => {
    const a = Uint8Array.from([1, 1, 1, 0])
    const b = Uint8Array.from([0, 1, 1, 1])
    assert.equal(dice(a, b), 4 / 6)
    assert.equal(intersectionOverUnion(a, b), 2 / 4)
    assert.ok(Number.isNaN(dice(new Uint8Array(2), new Uint8Array(2))))
    assert.throws(() => dice(a, new Uint8Array(3)), { code: 'ERR_INVALID_ARG_VALUE' })
  })

  it('the pointing game counts pixels whose centre is inside', () => {
    const boxes = [{ x: 10, y: 20, width: 5, height: 5 }]
    assert.equal(pointsInside({ x: 10, y: 20 }, boxes), true)
    assert.equal(pointsInside({ x: 14, y: 24 }, boxes), true)
    assert.equal(pointsInside({ x: 15, y: 24 }, boxes), false)
    assert.equal(pointsInside({ x: 9, y: 20 }, boxes), false)
  })

  it('or, with a tolerance, not far from a box', () => {
    const boxes = [{ x: 10, y: 20, width: 5, height: 5 }]
    // The centre of (17, 22) is 2.5 pixels to the right of the box, that of (17, 27) as far to the right and below.
    assert.equal(pointsInside({ x: 17, y: 22 }, boxes, 2.4), false)
    assert.equal(pointsInside({ x: 17, y: 22 }, boxes, 2.5), true)
    assert.equal(pointsInside({ x: 17, y: 27 }, boxes, 3.5), false)
    assert.equal(pointsInside({ x: 17, y: 27 }, boxes, 3.6), true)
    assert.equal(pointsInside({ x: 12, y: 22 }, boxes, 3), true)
    assert.equal(pointsInside({ x: 12, y: 22 }, [], 100), false)
  })

  it('refuses a map of another size', () => {
    const bad = { width: 3, height: 3, data: new Float32Array(8) }
    assert.throws(() => meanIoU(bad, []), { code: 'ERR_INVALID_ARG_VALUE' })
    assert.throws(() => contrastToNoise(bad, []), { code: 'ERR_INVALID_ARG_VALUE' })
  })
})
