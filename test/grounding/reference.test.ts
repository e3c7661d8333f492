import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Grounding } from 'biovil'
import { root } from '../support/root.js'
import { resizeGrid } from './internals.js'

/** Replays what SciPy, PyTorch and hi-ml made of small grids (`scripts/export/grounding_reference.py`). */
interface Stored {
  readonly dims: [number, number]
  readonly data: string
}

type Sampled =
  | { readonly map: Stored }
  | { readonly map?: undefined; readonly nan: number; readonly cells: number[]; readonly values: Stored }

type Interpolation = 'nearest' | 'bilinear'

interface State {
  readonly grids: Record<string, Stored>
  readonly smoothing: { grid: Stored; reflect: Stored; constant: Stored }[]
  readonly resizing: ({ grid: number; target: [number, number]; mode: Interpolation } & Sampled)[]
  readonly heatmaps: ({
    grid: number
    width: number
    height: number
    resize: number | null
    crop: number
    mode: Interpolation
  } & Sampled)[]
}

const state = JSON.parse(readFileSync(join(root, 'test/fixtures/parity/grounding.json'), 'utf8')) as State
/** A float32 step near 0.5, a few times: other orders of multiplying and adding. */
const tolerance = 1e-6

describe('grounding beside the reference', () => {
  const worst: Record<string, number> = {}
  after(() => {
    const list = Object.entries(worst).map(([what, value]) => `${what} ${value.toExponential(1)}`)
    console.log(`      largest differences: ${list.join(', ')}`)
  })

  const compare = (what: string, found: Float32Array, expected: Float32Array, most: number) => {
    assert.equal(found.length, expected.length)
    for (const [i, value] of expected.entries()) {
      const other = found[i] as number
      assert.equal(Number.isNaN(other), Number.isNaN(value), `NaN at ${i}`)
      const difference = Number.isNaN(value) ? 0 : Math.abs(other - value)
      worst[what] = Math.max(worst[what] ?? 0, difference)
      assert.ok(difference <= most, `${what} ${i}: ${other}, expected ${value}`)
    }
  }

  const compareSampled = (what: string, found: Float32Array, expected: Sampled, most: number) => {
    if (expected.map) return compare(what, found, floats(expected.map), most)
    assert.equal(
      found.reduce((n, value) => n + (Number.isNaN(value) ? 1 : 0), 0),
      expected.nan,
    )
    const cells = Float32Array.from(expected.cells, (cell) => found[cell] as number)
    compare(what, cells, floats(expected.values), most)
  }

  for (const { grid, ...expected } of state.smoothing) {
    it(`smooths ${grid.dims.join(' x ')} to the same bits as SciPy`, () => {
      for (const [padding, wanted] of [
        ['reflect', expected.reflect],
        ['zero', expected.constant],
      ] as const) {
        const [rows, columns] = grid.dims
        const grounding = new Grounding({
          grid: { rows, columns, data: floats(grid) },
          film: { width: 512, height: 512 },
          framing: { resize: 512, crop: 480 },
          smoothing: { padding },
        })
        compare(`smoothing ${padding}`, grounding.grid.data, floats(wanted), 0)
        assert.deepEqual(grounding.unsmoothed.data, floats(grid))
      }
    })
  }

  for (const expected of state.resizing) {
    const { grid, target, mode } = expected
    it(`resizes grid ${grid} to ${target.join(' x ')}, ${mode}`, () => {
      const size = { width: target[1], height: target[0] }
      const found = resizeGrid(named(grid), size, mode)
      compareSampled(`resizing ${mode}`, found, expected, mode === 'nearest' ? 0 : tolerance)
    })
  }

  for (const expected of state.heatmaps) {
    const { grid, width, height, crop, mode } = expected
    // Without a resize the crop is in pixels of the original.
    const resize = expected.resize ?? Math.min(width, height)
    it(`makes the heatmap of ${width} x ${height}, crop ${crop} of ${resize}, ${mode}`, () => {
      const grounding = new Grounding({
        grid: named(grid),
        film: { width, height },
        framing: { resize, crop },
        smoothing: false,
      })
      const map = grounding.heatmap({ interpolation: mode })
      assert.equal(map.length, width * height)
      compareSampled(`heatmap ${mode}`, map, expected, mode === 'nearest' ? 0 : tolerance)
    })
  }
})

function named(grid: number): { rows: number; columns: number; data: Float32Array } {
  const stored = state.grids[grid] as Stored
  return { rows: stored.dims[0], columns: stored.dims[1], data: floats(stored) }
}

function floats({ data }: Stored): Float32Array {
  const bytes = Buffer.from(data, 'base64')
  return Float32Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(i * 4))
}
