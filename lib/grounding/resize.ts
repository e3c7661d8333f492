/** How a grid becomes an image. `'nearest'`: blocks; `'bilinear'`: smooth, flat in the outer half of the border cells. */
export type Interpolation = 'nearest' | 'bilinear'

/** Where one target position reads on an axis: two source cells and their float32 weights. */
export interface Taps {
  readonly first: Int32Array
  readonly second: Int32Array
  /** Weight of `first`; 1 everywhere for `'nearest'`. */
  readonly firstWeight: Float32Array
  readonly secondWeight: Float32Array
}

/**
 * The reads of PyTorch's `F.interpolate` (bilinear: `align_corners=False`) on one axis of `source` cells, for the target
 * positions of `target`. Its coordinates are float32, and so are ours: in float64 some blocks would end a pixel elsewhere.
 */
export function taps(source: number, target: number, interpolation: Interpolation): Taps {
  const first = new Int32Array(target)
  const second = new Int32Array(target)
  const firstWeight = new Float32Array(target).fill(1)
  const secondWeight = new Float32Array(target)
  const scale = Math.fround(source / target)
  for (let i = 0; i < target; i++) {
    if (interpolation === 'nearest') {
      first[i] = second[i] = Math.min(Math.floor(Math.fround(i * scale)), source - 1)
      continue
    }
    const at = Math.max(0, Math.fround(Math.fround(scale * (i + 0.5)) - 0.5))
    const cell = Math.min(Math.trunc(at), source - 1)
    const part = source === target ? 0 : Math.min(1, Math.max(0, Math.fround(at - cell)))
    first[i] = source === target ? i : cell
    second[i] = Math.min((first[i] as number) + 1, source - 1)
    secondWeight[i] = part
    firstWeight[i] = Math.fround(1 - part)
  }
  return { first, second, firstWeight, secondWeight }
}

/**
 * A grid [rows, columns] seen at another size, one row at a time: all that boxes and masks need, without the whole map.
 * The columns are resized once; each row is then a blend of two.
 */
export class ResizedRows {
  readonly width: number
  readonly height: number
  readonly #down: Taps
  readonly #interpolation: Interpolation
  /** [rows, width] */
  readonly #wide: Float32Array

  constructor(
    grid: { readonly rows: number; readonly columns: number; readonly data: Float32Array },
    size: { readonly width: number; readonly height: number },
    interpolation: Interpolation,
  ) {
    const { rows, columns, data } = grid
    const { width, height } = size
    this.width = width
    this.height = height
    this.#interpolation = interpolation
    this.#down = taps(rows, height, interpolation)
    this.#wide = new Float32Array(rows * width)
    const across = taps(columns, width, interpolation)
    for (let row = 0; row < rows; row++) {
      const cells = data.subarray(row * columns, (row + 1) * columns)
      const wide = this.#wide.subarray(row * width, (row + 1) * width)
      if (interpolation === 'nearest') {
        for (let x = 0; x < width; x++) wide[x] = cells[across.first[x] as number] as number
      } else interpolate(wide, cells, across)
    }
  }

  /** Writes row `y` into `target` [width]. */
  read(y: number, target: Float32Array): void {
    const above = this.#row(this.#down.first[y] as number)
    const weightBelow = this.#down.secondWeight[y] as number
    if (this.#interpolation === 'nearest' || weightBelow === 0) {
      target.set(above)
      return
    }
    const below = this.#row(this.#down.second[y] as number)
    const weightAbove = this.#down.firstWeight[y] as number
    for (let x = 0; x < target.length; x++) {
      target[x] =
        Math.fround(weightAbove * (above[x] as number)) + Math.fround(weightBelow * (below[x] as number))
    }
  }

  #row(row: number): Float32Array {
    return this.#wide.subarray(row * this.width, (row + 1) * this.width)
  }
}

function interpolate(target: Float32Array, cells: Float32Array, at: Taps): void {
  for (let x = 0; x < target.length; x++) {
    const a = Math.fround((at.firstWeight[x] as number) * (cells[at.first[x] as number] as number))
    const b = Math.fround((at.secondWeight[x] as number) * (cells[at.second[x] as number] as number))
    target[x] = a + b
  }
}

/** A grid [rows, columns] at another size: [height, width], float32, as PyTorch's `F.interpolate`. */
export function resizeGrid(
  grid: { readonly rows: number; readonly columns: number; readonly data: Float32Array },
  size: { readonly width: number; readonly height: number },
  interpolation: Interpolation,
): Float32Array {
  const rows = new ResizedRows(grid, size, interpolation)
  const result = new Float32Array(size.width * size.height)
  for (let y = 0; y < size.height; y++) rows.read(y, result.subarray(y * size.width, (y + 1) * size.width))
  return result
}
