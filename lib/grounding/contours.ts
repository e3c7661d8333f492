import type { Crop } from './heatmap.js'
import type { Contour, Grid, Point } from './types.js'

/** Lattice steps a grid cell: enough for lines that look smooth, even so that patch centres are on the lattice. */
const STEPS = 8

// Edges of a lattice square.
const TOP = 0
const RIGHT = 1
const BOTTOM = 2
const LEFT = 3

/**
 * Lines through a square, by which corners are inside (1 top left, 2 top right, 4 bottom right, 8 bottom left): pairs of an
 * edge and the next one, with the inside to the right of the way. Saddles (5, 10) come joined here.
 */
const LINES: readonly (readonly number[])[] = [
  [],
  [TOP, LEFT],
  [RIGHT, TOP],
  [RIGHT, LEFT],
  [BOTTOM, RIGHT],
  [TOP, RIGHT, BOTTOM, LEFT],
  [BOTTOM, TOP],
  [BOTTOM, LEFT],
  [LEFT, BOTTOM],
  [TOP, BOTTOM],
  [LEFT, TOP, RIGHT, BOTTOM],
  [RIGHT, BOTTOM],
  [LEFT, RIGHT],
  [TOP, RIGHT],
  [LEFT, TOP],
  [],
]
const APART: Readonly<Record<number, readonly number[]>> = {
  5: [TOP, LEFT, BOTTOM, RIGHT],
  10: [RIGHT, TOP, LEFT, BOTTOM],
}

/**
 * Regions of the bilinear map above `level`, by marching squares; where one leaves the crop its outline follows the
 * crop's edge. In pixels of the original film, largest first.
 */
export function contoursOf(grid: Grid, crop: Crop, level: number): Contour[] {
  const lattice = new Lattice(grid, crop)
  const rings = ringsOf(lattice, level)
    .map((points) => ({ points, area: areaOf(points) }))
    .filter(({ area }) => area !== 0)
  const regions = rings
    .filter(({ area }) => area > 0)
    .map(({ points, area }) => ({ outline: points, holes: [] as Point[][], area }))
    .sort((a, b) => a.area - b.area)
  for (const { points } of rings.filter(({ area }) => area < 0)) {
    regions.find(({ outline }) => contains(outline, points[0] as Point))?.holes.push(points)
  }
  return regions.reverse().map(({ outline, holes }) => ({ outline, holes }))
}

/** Twice the area of a ring: positive for outlines (clockwise on the screen), negative for holes. */
export function areaOf(points: readonly Point[]): number {
  let sum = 0
  let [x0, y0] = points.at(-1) as Point
  for (const [x, y] of points) {
    sum += x0 * y - x * y0
    x0 = x
    y0 = y
  }
  return sum
}

/** Samples of the bilinear map from edge to edge of the crop, within a frame of minus infinity that closes every line. */
class Lattice {
  readonly width: number
  readonly height: number
  readonly values: Float64Array
  readonly #grid: Grid
  readonly #crop: Crop

  constructor(grid: Grid, crop: Crop) {
    this.#grid = grid
    this.#crop = crop
    this.width = grid.columns * STEPS + 3
    this.height = grid.rows * STEPS + 3
    this.values = new Float64Array(this.width * this.height).fill(Number.NEGATIVE_INFINITY)
    const across = readsOf(grid.columns)
    for (const [y, { cell: row, part: down }] of readsOf(grid.rows).entries()) {
      const below = Math.min(row + 1, grid.rows - 1)
      for (const [x, { cell, part }] of across.entries()) {
        const right = Math.min(cell + 1, grid.columns - 1)
        const at = (r: number, c: number) => grid.data[r * grid.columns + c] as number
        const upper = at(row, cell) * (1 - part) + at(row, right) * part
        const lower = at(below, cell) * (1 - part) + at(below, right) * part
        this.values[(y + 1) * this.width + x + 1] = upper * (1 - down) + lower * down
      }
    }
  }

  /** Where an edge crosses the level, in pixels; `edge` is twice its first point's index, plus 1 for a vertical one. */
  crossing(edge: number, level: number): Point {
    const from = edge >> 1
    const to = from + (edge & 1 ? this.width : 1)
    const a = this.values[from] as number
    const b = this.values[to] as number
    const part = Number.isFinite(a) && Number.isFinite(b) ? (level - a) / (b - a) : 0
    const [x0, y0] = this.#place(from)
    const [x1, y1] = this.#place(to)
    return [x0 + (x1 - x0) * part, y0 + (y1 - y0) * part]
  }

  /** The frame's points lie on the crop's edge, so that lines between frame and inside do too. */
  #place(index: number): Point {
    const { left, top, side } = this.#crop
    const { columns, rows } = this.#grid
    const x = Math.min(Math.max((index % this.width) - 1, 0), columns * STEPS)
    const y = Math.min(Math.max(Math.floor(index / this.width) - 1, 0), rows * STEPS)
    return [left + (x * side) / (columns * STEPS), top + (y * side) / (rows * STEPS)]
  }
}

/** Where the lattice's points on one axis read the cells, whose centres are at halves. */
function readsOf(cells: number): { cell: number; part: number }[] {
  return Array.from({ length: cells * STEPS + 1 }, (_, i) => {
    const at = Math.min(Math.max(i / STEPS - 0.5, 0), cells - 1)
    return { cell: Math.floor(at), part: at - Math.floor(at) }
  })
}

function ringsOf(lattice: Lattice, level: number): Point[][] {
  const { width, height, values } = lattice
  const next = new Map<number, number>()
  for (let y = 0; y + 1 < height; y++) {
    for (let x = 0; x + 1 < width; x++) {
      const at = y * width + x
      const corners = [values[at], values[at + 1], values[at + width + 1], values[at + width]] as number[]
      const inside = corners.reduce((bits, value, i) => bits | (value > level ? 1 << i : 0), 0)
      const mean = corners.reduce((sum, value) => sum + value, 0) / 4
      const lines = (mean > level ? undefined : APART[inside]) ?? (LINES[inside] as readonly number[])
      const edges = [2 * at, 2 * (at + 1) + 1, 2 * (at + width), 2 * at + 1]
      for (let i = 0; i < lines.length; i += 2) {
        next.set(edges[lines[i] as number] as number, edges[lines[i + 1] as number] as number)
      }
    }
  }
  const rings: Point[][] = []
  for (const start of next.keys()) {
    const ring: Point[] = []
    for (let edge: number | undefined = start; edge !== undefined; ) {
      const point = lattice.crossing(edge, level)
      const last = ring.at(-1)
      if (last?.[0] !== point[0] || last[1] !== point[1]) ring.push(point)
      const after: number | undefined = next.get(edge)
      next.delete(edge)
      edge = after
    }
    rings.push(ring)
  }
  return rings
}

/** Whether a point is inside of a ring: an odd number of its sides cross the ray to the right. */
function contains(ring: readonly Point[], [x, y]: Point): boolean {
  let inside = false
  let [x0, y0] = ring.at(-1) as Point
  for (const [x1, y1] of ring) {
    if (y0 > y !== y1 > y && x < x0 + ((y - y0) * (x1 - x0)) / (y1 - y0)) inside = !inside
    x0 = x1
    y0 = y1
  }
  return inside
}
