import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { Grounding } from 'biovil'
import { groundPatches } from './internals.js'
import { gridOf, square } from './support.js'

const two = [
  [0.9, 0, 0, 0],
  [0, 0, 0, 0],
  [0, 0, 0.5, 0.6],
  [0, 0, 0, 0],
]

describe('Grounding', () => {
  it('is made of patches and a text, neither normalised', () => {
    const patches = Float32Array.from([3, 4, 0, 2, -5, 0, 0, 0])
    const grounding = groundPatches(patches, Float32Array.from([10, 0]), {
      rows: 2,
      columns: 2,
      film: { width: 40, height: 40 },
      framing: { resize: 512, crop: 480 },
      smoothing: false,
      phrase: 'A phrase',
    })
    assert.deepEqual(Array.from(grounding.grid.data), [Math.fround(0.6), 0, -1, 0])
    assert.equal(grounding.phrase, 'A phrase')
    assert.equal(grounding.untrained, false)
  })

  it('has its peak at the centre of the best patch, in pixels of the film', () => {
    assert.deepEqual(square(two, 40).peak, { x: 5, y: 5, score: Math.fround(0.9) })
    const portrait = new Grounding({
      grid: gridOf([
        [0, 0],
        [0, 1],
      ]),
      film: { width: 100, height: 201 },
      framing: { resize: 512, crop: 256 },
      smoothing: false,
    })
    // The crop is 50 pixels wide, at x 25 and y 75; the last patch begins at (50, 100) and is 25 pixels wide.
    assert.deepEqual(portrait.crop, { left: 25, top: 75, side: 50 })
    assert.deepEqual(portrait.peak, { x: 25 + 37, y: 75 + 37, score: 1 })
    for (const interpolation of ['nearest', 'bilinear'] as const) {
      const map = portrait.heatmap({ interpolation })
      const best = map.reduce((a, b) => (b > a ? b : a), Number.NEGATIVE_INFINITY)
      assert.ok(Math.abs(portrait.scoreAt(62, 112, { interpolation }) - best) < 0.05)
    }
  })

  it('takes the first of equal peaks, and stays in the crop of a film smaller than the grid', () => {
    const flat = Array.from({ length: 15 }, () => Array.from({ length: 15 }, () => 0.25))
    const tiny = new Grounding({
      grid: gridOf(flat),
      film: { width: 1, height: 3 },
      framing: { resize: 512, crop: 480 },
    })
    assert.deepEqual(tiny.crop, { left: 0, top: 1, side: 1 })
    assert.deepEqual([tiny.peak.x, tiny.peak.y], [0, 1])
    assert.deepEqual(
      Array.from(tiny.heatmap(), (value) => Number.isNaN(value)),
      [true, false, true],
    )
  })

  it('scores a pixel as the heatmap does', () => {
    const grounding = new Grounding({
      grid: gridOf(two),
      film: { width: 37, height: 53 },
      framing: { resize: 512, crop: 480 },
    })
    for (const interpolation of ['nearest', 'bilinear'] as const) {
      const map = grounding.heatmap({ interpolation })
      for (let y = 0; y < 53; y++) {
        for (let x = 0; x < 37; x++) {
          assert.ok(Object.is(grounding.scoreAt(x, y, { interpolation }), map[y * 37 + x]), `${x}, ${y}`)
        }
      }
    }
  })

  it('is fast at full size', () => {
    const grounding = new Grounding({
      grid: gridOf(two),
      film: { width: 3000, height: 2500 },
      framing: { resize: 512, crop: 480 },
    })
    grounding.heatmap()
    const start = performance.now()
    const map = grounding.heatmap()
    const took = performance.now() - start
    assert.equal(map.length, 7_500_000)
    assert.ok(took < 1500, `${took} ms`)
  })

  describe('boxes', () => {
    it('are whole patches with nearest, highest score first', () => {
      const boxes = square(two, 40).boxes({ threshold: 0.4, interpolation: 'nearest' })
      assert.deepEqual(boxes, [
        { x: 0, y: 0, width: 10, height: 10, score: Math.fround(0.9) },
        { x: 20, y: 20, width: 20, height: 10, score: Math.fround(0.6) },
      ])
    })

    it('follow the blended map with bilinear', () => {
      // Between patch centres at 20 and 60 of an 80 pixel film the map falls from 1 to 0: above 0.5 to the left of 40.
      const grounding = square(
        [
          [1, 0],
          [1, 0],
        ],
        80,
      )
      assert.deepEqual(grounding.boxes({ threshold: 0.5 }), [{ x: 0, y: 0, width: 40, height: 80, score: 1 }])
      assert.equal(grounding.boxes({ threshold: 0.75 })[0]?.width, 30)
    })

    it('join regions across corners unless told not to', () => {
      const diagonal = square(
        [
          [1, 0, 0],
          [0, 1, 0],
          [0, 0, 0],
        ],
        30,
      )
      const options = { threshold: 0.5, interpolation: 'nearest' } as const
      assert.deepEqual(diagonal.boxes(options), [{ x: 0, y: 0, width: 20, height: 20, score: 1 }])
      assert.equal(diagonal.boxes({ ...options, connectivity: 8 }).length, 1)
      assert.deepEqual(
        diagonal.boxes({ ...options, connectivity: 4 }).map(({ x, y, width }) => [x, y, width]),
        [
          [0, 0, 10],
          [10, 10, 10],
        ],
      )
    })

    it('join the arms of a U and keep what lies in a ring apart', () => {
      const u = square(
        [
          [1, 0, 1, 0, 1],
          [1, 0, 1, 0, 1],
          [1, 1, 1, 0, 1],
          [0, 0, 0, 0, 0],
          [1, 1, 1, 1, 1],
        ],
        50,
      )
      const found = u.boxes({ threshold: 0.5, interpolation: 'nearest', connectivity: 4 })
      assert.deepEqual(
        found.map(({ x, y, width, height }) => [x, y, width, height]),
        [
          [0, 0, 30, 30],
          [0, 40, 50, 10],
          [40, 0, 10, 30],
        ],
      )
      const ring = square(
        [
          [1, 1, 1, 1, 1],
          [1, 0, 0, 0, 1],
          [1, 0, 2, 0, 1],
          [1, 0, 0, 0, 1],
          [1, 1, 1, 1, 1],
        ],
        50,
      )
      const boxes = ring.boxes({ threshold: 0.5, interpolation: 'nearest' })
      assert.deepEqual(
        boxes.map(({ width, score }) => [width, score]),
        [
          [10, 2],
          [50, 1],
        ],
      )
    })

    it('can be the largest only, or the best few', () => {
      const grounding = square(two, 40)
      const options = { threshold: 0.4, interpolation: 'nearest' } as const
      assert.deepEqual(
        grounding.boxes({ ...options, largest: true }).map(({ x }) => x),
        [20],
      )
      assert.deepEqual(
        grounding.boxes({ ...options, top: 1 }).map(({ x }) => x),
        [0],
      )
    })

    it('are in pixels of the film, inside the crop', () => {
      const grounding = new Grounding({
        grid: gridOf([[1]]),
        film: { width: 300, height: 200 },
        framing: { resize: 512, crop: 480 },
        smoothing: false,
      })
      assert.deepEqual(grounding.boxes({ threshold: 0 }), [
        { x: 56, y: 6, width: 187, height: 187, score: 1 },
      ])
    })
  })

  describe('thresholds', () => {
    it('can be a percentile of the cells, between two ranks', () => {
      const grounding = square([[0, 1, 2, 3]], 4)
      assert.equal(grounding.level({ percentile: 50 }), 1.5)
      assert.equal(grounding.level({ percentile: 100 }), 3)
      assert.equal(grounding.level({ percentile: 0 }), 0)
      assert.deepEqual(grounding.boxes({ threshold: { percentile: 100 } }), [])
    })

    it("can be Otsu's, which splits the cells best in two", () => {
      const grounding = square([[0, 0.1, 0.2, 0.8, 0.9]], 5)
      assert.equal(grounding.level('otsu'), (Math.fround(0.2) + Math.fround(0.8)) / 2)
      assert.equal(grounding.level(), grounding.level('otsu'))
    })

    it('find nothing in a grid that is flat but for rounding', () => {
      const flat = new Grounding({
        grid: gridOf(Array.from({ length: 15 }, () => Array.from({ length: 15 }, () => 0.2))),
        film: { width: 512, height: 512 },
        framing: { resize: 512, crop: 480 },
      })
      assert.deepEqual(flat.boxes(), [])
      assert.deepEqual(flat.contours(), [])
      assert.equal(flat.mask().includes(1), false)
    })
  })

  it('masks the regions that its boxes surround', () => {
    const grounding = square(two, 40)
    const options = { threshold: 0.4, interpolation: 'nearest', largest: true } as const
    const mask = grounding.mask(options)
    assert.equal(
      mask.reduce((sum, value) => sum + value, 0),
      200,
    )
    assert.equal(mask[25 * 40 + 25], 1)
    assert.equal(mask[5 * 40 + 5], 0)
    const all = grounding.mask({ threshold: 0.4 })
    const map = grounding.heatmap()
    for (const [i, value] of map.entries()) assert.equal(all[i], value > 0.4 ? 1 : 0)
  })

  describe('contours', () => {
    it('cross between patches where the blended map does', () => {
      const [contour, ...more] = square(
        [
          [0, 0, 0],
          [0, 1, 0],
          [0, 0, 0],
        ],
        30,
      ).contours({ threshold: 0.5 })
      assert.deepEqual(more, [])
      assert.deepEqual(contour?.holes, [])
      const outline = contour?.outline ?? []
      const [xs, ys] = [outline.map(([x]) => x), outline.map(([, y]) => y)]
      assert.deepEqual([Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)], [10, 20, 10, 20])
    })

    it('follow the edge of the crop and close there', () => {
      const [contour] = square(
        [
          [1, 0],
          [1, 0],
        ],
        80,
      ).contours({ threshold: 0.5 })
      const xs = contour?.outline.map(([x]) => x) ?? []
      const ys = contour?.outline.map(([, y]) => y) ?? []
      assert.deepEqual([Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)], [0, 40, 0, 80])
    })

    it('have holes, and the largest is first', () => {
      const grounding = square(
        [
          [1, 1, 1, 0, 0, 0],
          [1, 0, 1, 0, 0, 1],
          [1, 1, 1, 0, 0, 0],
        ],
        60,
      )
      const contours = grounding.contours({ threshold: 0.5 })
      assert.deepEqual(
        contours.map(({ holes }) => holes.length),
        [1, 0],
      )
      assert.equal(grounding.contours({ threshold: 0.5, largest: true }).length, 1)
    })

    it('surround the pixels of the mask', () => {
      const values = Array.from({ length: 15 }, (_, y) =>
        Array.from({ length: 15 }, (_, x) => Math.sin(x * 1.7 + y) * Math.cos(y * 1.3 - x * 0.4)),
      )
      const grounding = square(values, 600)
      for (const threshold of [-0.5, 0, 0.5]) {
        const mask = grounding.mask({ threshold })
        const pixels = mask.reduce((sum, value) => sum + value, 0)
        const area = grounding
          .contours({ threshold })
          .flatMap(({ outline, holes }) => [areaOf(outline), ...holes.map(areaOf)])
          .reduce((sum, value) => sum + value, 0)
        assert.ok(Math.abs(area - pixels) < 0.003 * mask.length, `${area}, ${pixels}`)
      }
    })
  })

  it('shows itself in a line', () => {
    assert.equal(inspect(square(two, 40)), 'Grounding(4 x 4, peak 0.900 at 5, 5)')
  })

  describe('refuses', () => {
    const whole = {
      grid: gridOf(two),
      film: { width: 40, height: 40 },
      framing: { resize: 512, crop: 480 },
    }
    const codes = (code: string) => ({ code })
    it('a grid of the wrong length or with values that are not finite', () => {
      const short = { ...whole.grid, data: new Float32Array(15) }
      assert.throws(() => new Grounding({ ...whole, grid: short }), codes('ERR_INVALID_ARG_VALUE'))
      const nan = { ...whole.grid, data: new Float32Array(16).fill(Number.NaN) }
      assert.throws(() => new Grounding({ ...whole, grid: nan }), codes('ERR_INVALID_ARG_VALUE'))
      const list = { ...whole.grid, data: [1] as unknown as Float32Array }
      assert.throws(() => new Grounding({ ...whole, grid: list }), codes('ERR_INVALID_ARG_TYPE'))
    })
    it('sizes that are none, and patches that do not fit', () => {
      const film = { width: 0, height: 40 }
      assert.throws(() => new Grounding({ ...whole, film }), codes('ERR_OUT_OF_RANGE'))
      const framing = { resize: 480, crop: 512 }
      assert.throws(() => new Grounding({ ...whole, framing }), codes('ERR_OUT_OF_RANGE'))
      assert.throws(
        () => groundPatches(new Float32Array(7), new Float32Array(2), { ...whole, rows: 2, columns: 2 }),
        codes('ERR_INVALID_ARG_VALUE'),
      )
    })
    it('options that it does not know', () => {
      const grounding = square(two, 40)
      const bad = (options: object) => () => grounding.boxes(options)
      assert.throws(bad({ treshold: 1 }), codes('ERR_UNKNOWN_OPTION'))
      assert.throws(bad({ threshold: 'ostu' }), codes('ERR_INVALID_ARG_VALUE'))
      assert.throws(bad({ threshold: true }), codes('ERR_INVALID_ARG_TYPE'))
      assert.throws(bad({ threshold: Number.NaN }), codes('ERR_OUT_OF_RANGE'))
      assert.throws(bad({ threshold: { percentile: 101 } }), codes('ERR_OUT_OF_RANGE'))
      assert.throws(bad({ threshold: {} }), codes('ERR_INVALID_ARG_TYPE'))
      assert.throws(bad({ connectivity: 6 }), codes('ERR_INVALID_ARG_VALUE'))
      assert.throws(bad({ top: 0 }), codes('ERR_OUT_OF_RANGE'))
      assert.throws(
        () => grounding.heatmap({ interpolation: 'cubic' as 'nearest' }),
        codes('ERR_INVALID_ARG_VALUE'),
      )
    })
    it('pixels outside the film', () => {
      assert.throws(() => square(two, 40).scoreAt(40, 0), codes('ERR_OUT_OF_RANGE'))
    })
  })
})

function areaOf(ring: readonly (readonly [number, number])[]): number {
  return ring.reduce((sum, [x, y], i) => {
    const [x0, y0] = ring.at(i - 1) as readonly [number, number]
    return sum + (x0 * y - x * y0) / 2
  }, 0)
}
