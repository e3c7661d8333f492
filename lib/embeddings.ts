import { inspect } from 'node:util'
import { argumentError, wrongType } from './errors.js'
import { boolean, integer, readOptions, withDefault } from './options.js'
import { markWords, type Standing } from './standing.js'

/**
 * Rows of float32 vectors over one buffer: dims [n, d], row-major, in input order.
 * `type`, `data` and `dims` fit `new ort.Tensor(type, data, dims)`.
 */
export class Embeddings implements Iterable<Float32Array>, Standing {
  readonly type = 'float32'
  /** All rows, one after another: n * d values. A row of NaN stands for an input that could not be embedded. */
  readonly data: Float32Array
  /** [number of rows, length of a row]. */
  readonly dims: readonly [n: number, d: number]
  /** Whether every row has L2 norm 1. */
  readonly normalized: boolean
  /** Whether they come from seeded random weights, and so mean nothing. */
  readonly untrained: boolean
  /** Whether they come from a demonstration model, and so mean nothing on real films. */
  readonly demonstration: boolean

  constructor(
    data: Float32Array,
    dims: readonly [number, number],
    options: { readonly normalized: boolean } & Partial<Standing>,
  ) {
    if (!(data instanceof Float32Array)) throw wrongType('data', 'a Float32Array', data)
    if (!Array.isArray(dims) || dims.length !== 2) throw wrongType('dims', 'a pair of numbers', dims)
    for (const [i, size] of dims.entries()) integer(0)(size, `dims[${i}]`)
    const read = readOptions(options, {
      normalized: boolean,
      untrained: withDefault(boolean, false),
      demonstration: withDefault(boolean, false),
    })
    if (data.length !== dims[0] * dims[1]) {
      throw argumentError(
        'ERR_OUT_OF_RANGE',
        `Expected ${dims[0]} x ${dims[1]} values for dims [${dims}] but received ${data.length}`,
      )
    }
    this.data = data
    this.dims = dims
    this.normalized = read.normalized
    this.untrained = read.untrained
    this.demonstration = read.demonstration
  }

  /** Number of rows. */
  get length(): number {
    return this.dims[0]
  }

  /** Row `index` as a view [d], not a copy; negative indices count from the end. */
  at(index: number): Float32Array {
    const [n, d] = this.dims
    if (typeof index !== 'number') throw wrongType('index', 'an integer', index)
    const row = index < 0 ? n + index : index
    if (!Number.isInteger(row) || row < 0 || row >= n) {
      throw argumentError(
        'ERR_OUT_OF_RANGE',
        `Expected a row from ${-n} to ${n - 1} for index but received ${index}`,
      )
    }
    return this.data.subarray(row * d, (row + 1) * d)
  }

  *[Symbol.iterator](): Generator<Float32Array> {
    for (let i = 0; i < this.dims[0]; i++) yield this.at(i)
  }

  /** The same rows scaled to L2 norm 1 (this object itself when they are already). */
  normalize(): Embeddings {
    if (this.normalized) return this
    const data = this.data.slice()
    normalizeRows(data, this.dims[1])
    const { untrained, demonstration } = this
    return new Embeddings(data, this.dims, { normalized: true, untrained, demonstration })
  }

  /** Cosine similarity of every row with every row of `other`: [n, m] row-major, each from -1 to 1. */
  similarity(other: Embeddings): Float32Array {
    if (!(other instanceof Embeddings)) throw wrongType('other', 'an Embeddings', other)
    const [n, d] = this.dims
    const [m, otherD] = other.dims
    if (d !== otherD) {
      throw argumentError(
        'ERR_INVALID_ARG_VALUE',
        `Expected rows of ${d} values for other but received rows of ${otherD}`,
      )
    }
    const a = this.normalize().data
    const b = other.normalize().data
    const scores = new Float32Array(n * m)
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < m; j++) {
        let dot = 0
        for (let k = 0; k < d; k++) dot += (a[i * d + k] as number) * (b[j * d + k] as number)
        scores[i * m + j] = Math.min(1, Math.max(-1, dot)) // NaN stays NaN
      }
    }
    return scores
  }

  /** The rows as nested arrays, for JSON. */
  tolist(): number[][] {
    return Array.from(this, (row) => Array.from(row))
  }

  [inspect.custom](): string {
    const notes = [this.normalized ? 'normalized' : 'not normalized', ...markWords(this)]
    return `Embeddings(${this.dims[0]} x ${this.dims[1]}, ${notes.join(', ')})`
  }
}

/** Scales each row of `data` [n, d] to L2 norm 1 in place, with the reference's floor of 1e-12 for the norm. */
export function normalizeRows(data: Float32Array, d: number): void {
  for (let start = 0; start < data.length; start += d) {
    let squares = 0
    for (let k = start; k < start + d; k++) squares += (data[k] as number) ** 2
    const scale = 1 / Math.max(Math.sqrt(squares), 1e-12)
    for (let k = start; k < start + d; k++) data[k] = (data[k] as number) * scale
  }
}
