import type { ResizedRows } from './resize.js'

/** Neighbours that join a region: the 4 across edges, or the 8 across edges and corners. */
export type Connectivity = 4 | 8

/** A connected region above the threshold, in pixels of the map. */
export interface Component {
  left: number
  top: number
  /** Exclusive. */
  right: number
  /** Exclusive. */
  bottom: number
  area: number
  /** Greatest value in it. */
  score: number
}

/** Pixels `start` to `end` (exclusive) of row `y` that belong to a component. */
interface Run {
  readonly y: number
  readonly start: number
  readonly end: number
  readonly label: number
}

/** The regions of a map above a threshold, found row by row: memory is for runs of pixels, not for the map. */
export class Components {
  readonly list: readonly Component[]
  readonly #runs: readonly Run[]
  /** Component of each label. */
  readonly #of: readonly Component[]

  constructor(rows: ResizedRows, level: number, connectivity: Connectivity) {
    const finder = new Finder(connectivity === 8 ? 1 : 0)
    const row = new Float32Array(rows.width)
    for (let y = 0; y < rows.height; y++) {
      rows.read(y, row)
      finder.add(row, y, level)
    }
    this.#runs = finder.runs
    this.#of = finder.components()
    this.list = [...new Set(this.#of)]
  }

  /** Sets the pixels of the chosen components to 1 in `mask`, which has `stride` pixels a row and the map at `offset`. */
  paint(chosen: readonly Component[], mask: Uint8Array, offset: number, stride: number): void {
    const wanted = new Set(chosen)
    for (const { y, start, end, label } of this.#runs) {
      if (!wanted.has(this.#of[label] as Component)) continue
      mask.fill(1, offset + y * stride + start, offset + y * stride + end)
    }
  }
}

/** Two-pass labelling of runs with a union-find. */
class Finder {
  readonly runs: Run[] = []
  readonly #reach: number
  readonly #parent: number[] = []
  readonly #found: Component[] = []
  /** Runs of the row above: from here to the first of this row. */
  #above = 0

  /** @param reach pixels by which runs of two rows may miss each other and still touch: 1 across corners */
  constructor(reach: number) {
    this.#reach = reach
  }

  add(row: Float32Array, y: number, level: number): void {
    const first = this.runs.length
    let above = this.#above
    for (let x = 0; x < row.length; x++) {
      if (!((row[x] as number) > level)) continue
      const start = x
      let score = row[x] as number
      for (x++; x < row.length && (row[x] as number) > level; x++) score = Math.max(score, row[x] as number)
      let label = -1
      while (above < first && (this.runs[above] as Run).end + this.#reach <= start) above++
      for (let i = above; i < first && (this.runs[i] as Run).start < x + this.#reach; i++) {
        const other = this.#root((this.runs[i] as Run).label)
        label = label < 0 ? other : this.#join(label, other)
      }
      if (label < 0) {
        label = this.#parent.push(this.#parent.length) - 1
        this.#found.push({ left: start, top: y, right: x, bottom: y + 1, area: 0, score })
      }
      grow(this.#found[label] as Component, {
        left: start,
        top: y,
        right: x,
        bottom: y + 1,
        area: x - start,
        score,
      })
      this.runs.push({ y, start, end: x, label })
    }
    this.#above = first
  }

  components(): Component[] {
    return this.#parent.map((_, label) => this.#found[this.#root(label)] as Component)
  }

  #root(label: number): number {
    let at = label
    while (this.#parent[at] !== at) {
      this.#parent[at] = this.#parent[this.#parent[at] as number] as number
      at = this.#parent[at] as number
    }
    return at
  }

  #join(a: number, b: number): number {
    if (a === b) return a
    const [keep, drop] = a < b ? [a, b] : [b, a]
    this.#parent[drop] = keep
    grow(this.#found[keep] as Component, this.#found[drop] as Component)
    return keep
  }
}

function grow(component: Component, by: Component): void {
  component.left = Math.min(component.left, by.left)
  component.top = Math.min(component.top, by.top)
  component.right = Math.max(component.right, by.right)
  component.bottom = Math.max(component.bottom, by.bottom)
  component.area += by.area
  component.score = Math.max(component.score, by.score)
}
