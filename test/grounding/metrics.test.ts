import assert from 'node:assert/strict'
import { Grounding, rectanglesMask, renderOverlay } from 'biovil'
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

  it('refuses a map of another size, or that is none', () => {
    const bad = { width: 3, height: 3, data: new Float32Array(8) }
    assert.throws(() => meanIoU(bad, []), { code: 'ERR_INVALID_ARG_VALUE' })
    assert.throws(() => contrastToNoise(bad, []), { code: 'ERR_INVALID_ARG_VALUE' })
    const data = new Float32Array(9)
    for (const none of [
      null,
      data,
      { data },
      { width: '3', height: 3, data },
      { width: 3, height: 3, data: [...data] },
    ])
      assert.throws(() => contrastToNoise(none as never, []), { code: 'ERR_INVALID_ARG_TYPE' })
    assert.throws(() => meanIoU(map([[1]]), [], []), { code: 'ERR_INVALID_ARG_VALUE' })
    assert.throws(() => dice('1' as never, '1' as never), { code: 'ERR_INVALID_ARG_TYPE' })
  })

  const film = { width: 6, height: 4 }
  const grounding = new Grounding({
    grid: { rows: 2, columns: 2, data: Float32Array.of(0.1, 0.9, 0.3, 0.2) },
    film,
    framing: { resize: 4, crop: 4 },
    smoothing: false,
  })

  it('takes a grounding in place of its map, whose sides nobody can swap', () => {
    const boxes = [{ x: 3, y: 0, width: 2, height: 2 }]
    const heat = { data: grounding.heatmap(), ...film }
    assert.deepEqual(contrastToNoise(grounding, boxes), contrastToNoise(heat, boxes))
    assert.equal(meanIoU(grounding, boxes), meanIoU(heat, boxes))
    const swapped = { ...heat, width: film.height, height: film.width }
    assert.notDeepEqual(contrastToNoise(swapped, boxes), contrastToNoise(heat, boxes))
  })

  describe('takes boxes as { x, y, width, height } of numbers alone', () => {
    const heat = { data: grounding.heatmap(), ...film }
    const takers: Record<string, (boxes: never) => unknown> = {
      contrastToNoise: (boxes) => contrastToNoise(heat, boxes),
      'contrastToNoise of single boxes': (boxes) => contrastToNoise(heat, boxes, { boxes: 'mean' }),
      meanIoU: (boxes) => meanIoU(heat, boxes),
      pointsInside: (boxes) => pointsInside({ x: 1, y: 1 }, boxes),
      rectanglesMask: (boxes) => rectanglesMask(boxes, film),
      'truth of renderOverlay': (truth) => renderOverlay({ film: new Uint8Array(24), grounding, truth }),
      'boxes of renderOverlay': (boxes) => renderOverlay({ film: new Uint8Array(24), grounding, boxes }),
    }
    const box = { x: 1, y: 1, width: 2, height: 2 }
    const inherited = Object.create(box) as typeof box
    const wrong: [what: string, boxes: unknown, code: string, message: RegExp][] = [
      [
        'an array, as in COCO',
        [[1, 1, 2, 2]],
        'ERR_INVALID_ARG_TYPE',
        /\[0\].*an array of 4.*\(\[x, y, width, height\]\) =>/,
      ],
      [
        'x, y, w, h, as in MS-CXR',
        [box, { x: 1, y: 1, w: 2, h: 2 }],
        'ERR_INVALID_ARG_TYPE',
        /\[1\].*width: w/,
      ],
      [
        'strings, as from CSV',
        [{ x: '1', y: '1', width: '2', height: '2' }],
        'ERR_INVALID_ARG_TYPE',
        /\[0\]\.x.*a string/,
      ],
      ['one string', [{ ...box, height: '2' }], 'ERR_INVALID_ARG_TYPE', /\[0\]\.height/],
      ['NaN', [{ ...box, width: Number.NaN }], 'ERR_INVALID_ARG_TYPE', /NaN/],
      ['infinity', [{ ...box, x: Number.NEGATIVE_INFINITY }], 'ERR_INVALID_ARG_TYPE', /Infinity/],
      ['a negative width', [{ ...box, width: -2 }], 'ERR_OUT_OF_RANGE', /-2/],
      ['one box instead of a list', box, 'ERR_INVALID_ARG_TYPE', /an array of boxes/],
      ['null', null, 'ERR_INVALID_ARG_TYPE', /null/],
      ['a list of null', [null], 'ERR_INVALID_ARG_TYPE', /null/],
      ['undefined', [box, undefined, box], 'ERR_INVALID_ARG_TYPE', /\[1\].*undefined/],
      ['inherited sides', [inherited], 'ERR_INVALID_ARG_TYPE', /without x/],
    ]
    for (const [name, take] of Object.entries(takers)) {
      it(name, () => {
        take([box] as never)
        take([{ ...box, width: 0 }] as never)
        for (const [what, boxes, code, message] of wrong)
          assert.throws(() => take(boxes as never), { code, message }, what)
      })
    }

    it('and a point as numbers', () => {
      for (const point of [null, [1, 1], { x: '1', y: 1 }])
        assert.throws(() => pointsInside(point as never, [box]), { code: 'ERR_INVALID_ARG_TYPE' })
      assert.throws(() => pointsInside({ x: Number.NaN, y: 1 }, [box]), { code: 'ERR_OUT_OF_RANGE' })
      assert.throws(() => pointsInside({ x: 1, y: 1 }, [box], -1), { code: 'ERR_OUT_OF_RANGE' })
      assert.throws(() => rectanglesMask([box], { width: 6 } as never), { code: 'ERR_INVALID_ARG_TYPE' })
    })
  })
})
