import { Embeddings } from './embeddings.js'
import { argumentError, wrongType } from './errors.js'
import { integer, readOptions, signal } from './options.js'
import { Pace } from './pace.js'
import { type Marked, marksOf, together } from './standing.js'

/** A row that was found, and its cosine with the query, from -1 to 1. */
export interface SearchResult extends Marked {
  readonly index: number
  readonly score: number
}

export interface SearchOptions {
  signal?: AbortSignal
}

/** Products between two looks at the clock: about a millisecond. */
const BLOCK = 1 << 20

/**
 * The `k` rows most similar to each query, best first (the lower index on a tie), by comparing with every row: exact. Rows of
 * NaN, and queries of NaN, are found by nothing and find nothing.
 *
 * @param query [n, d], or one vector [d]
 * @param embeddings [m, d]
 * @returns for each query at most `k` results
 * @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE when the lengths of rows differ, ERR_OUT_OF_RANGE
 */
export async function search(
  query: Embeddings | Float32Array,
  embeddings: Embeddings,
  k: number,
  options?: SearchOptions,
): Promise<SearchResult[][]> {
  const read = readOptions(options, { signal })
  if (!(embeddings instanceof Embeddings)) throw wrongType('embeddings', 'an Embeddings', embeddings)
  integer(1)(k, 'k')
  const [rows, d] = embeddings.dims
  const queries = unitRows(query, d)
  read.signal?.throwIfAborted()
  const n = d === 0 ? 0 : queries.length / d
  const best = Array.from({ length: n }, () => new Best(Math.min(k, rows)))
  const pace = new Pace(read.signal)
  const step = Math.max(1, Math.floor(BLOCK / Math.max(1, n * d)))
  for (let start = 0; start < rows; start += step) {
    compare(queries, embeddings, [start, Math.min(rows, start + step)], best)
    if (pace.due) await pace.rest()
  }
  const marks = marksOf(together([embeddings, ...(query instanceof Embeddings ? [query] : [])]))
  return best.map((heap) => heap.sorted().map((result) => ({ ...result, ...marks })))
}

/** The queries as unit rows, float64 so that scores of equal rows are equal in any order. */
function unitRows(query: Embeddings | Float32Array, d: number): Float64Array {
  const isEmbeddings = query instanceof Embeddings
  if (!isEmbeddings && !(query instanceof Float32Array)) {
    throw wrongType('query', 'an Embeddings or a Float32Array', query)
  }
  const width = isEmbeddings ? query.dims[1] : query.length
  if (width !== d) {
    const message = `Expected queries of ${d} values, as the embeddings have, but received ${width}`
    throw argumentError('ERR_INVALID_ARG_VALUE', message)
  }
  const unit = Float64Array.from(isEmbeddings ? query.data : query)
  for (let start = 0; start < unit.length; start += d) {
    let squares = 0
    for (let i = start; i < start + d; i++) squares += (unit[i] as number) ** 2
    const norm = Math.max(Math.sqrt(squares), 1e-12)
    for (let i = start; i < start + d; i++) unit[i] = (unit[i] as number) / norm
  }
  return unit
}

function compare(
  queries: Float64Array,
  { data, dims: [, d], normalized }: Embeddings,
  [from, to]: readonly [number, number],
  best: readonly Best[],
): void {
  for (let row = from; row < to; row++) {
    const start = row * d
    let scale = 1
    if (!normalized) {
      let squares = 0
      for (let i = start; i < start + d; i++) squares += (data[i] as number) * (data[i] as number)
      scale = 1 / Math.max(Math.sqrt(squares), 1e-12)
    }
    for (let query = 0; query < best.length; query++) {
      let dot = 0
      for (let i = 0, j = query * d; i < d; i++, j++) {
        dot += (queries[j] as number) * (data[start + i] as number)
      }
      const score = dot * scale
      const heap = best[query] as Best
      if (score > heap.least) heap.push(score, row)
    }
  }
}

/** The k greatest scores seen, as a heap with the least on top. Rows come in order, so a tie keeps the earlier one. */
class Best {
  /** A score must be greater than this to enter. */
  least = Number.NEGATIVE_INFINITY
  readonly #scores: Float64Array
  readonly #rows: Uint32Array
  #size = 0

  constructor(k: number) {
    this.#scores = new Float64Array(k)
    this.#rows = new Uint32Array(k)
  }

  push(score: number, row: number): void {
    if (this.#size < this.#scores.length) this.#rise(this.#size++, score, row)
    else this.#sink(score, row)
    if (this.#size === this.#scores.length) this.least = this.#scores[0] as number
  }

  sorted(): SearchResult[] {
    return Array.from(this.#rows.subarray(0, this.#size), (index, i) => ({
      index,
      score: Math.min(1, Math.max(-1, this.#scores[i] as number)),
    })).sort((a, b) => b.score - a.score || a.index - b.index)
  }

  #rise(end: number, score: number, row: number): void {
    let at = end
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!this.#worse(score, row, parent)) break
      this.#copy(parent, at)
      at = parent
    }
    this.#set(at, score, row)
  }

  #sink(score: number, row: number): void {
    let at = 0
    for (let child = 1; child < this.#size; child = 2 * at + 1) {
      const right = child + 1
      if (
        right < this.#size &&
        this.#worse(this.#scores[right] as number, this.#rows[right] as number, child)
      ) {
        child = right
      }
      if (this.#worse(score, row, child)) break
      this.#copy(child, at)
      at = child
    }
    this.#set(at, score, row)
  }

  /** Whether a pair belongs above the one in slot `at`: a lower score, or a later row with the same. */
  #worse(score: number, row: number, at: number): boolean {
    const other = this.#scores[at] as number
    return score < other || (score === other && row > (this.#rows[at] as number))
  }

  #copy(from: number, to: number): void {
    this.#set(to, this.#scores[from] as number, this.#rows[from] as number)
  }

  #set(at: number, score: number, row: number): void {
    this.#scores[at] = score
    this.#rows[at] = row
  }
}
