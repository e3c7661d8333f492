import type { Tensor } from '../../binding.d.ts'

/** Token sequences packed end to end: sequence i is `ids[offsets[i] .. offsets[i + 1]]`. */
export class Sequences {
  #ids = new Int32Array(1024)
  #offsets: number[] = [0]

  get length(): number {
    return this.#offsets.length - 1
  }

  push(ids: Int32Array): number {
    const start = this.#offsets[this.length] as number
    const end = start + ids.length
    if (end > this.#ids.length) {
      const grown = new Int32Array(Math.max(end, this.#ids.length * 2))
      grown.set(this.#ids)
      this.#ids = grown
    }
    this.#ids.set(ids, start)
    this.#offsets.push(end)
    return this.length - 1
  }

  /** Number of tokens of sequence i. */
  size(i: number): number {
    return (this.#offsets[i + 1] as number) - (this.#offsets[i] as number)
  }

  at(i: number): Int32Array {
    return this.#ids.subarray(this.#offsets[i], this.#offsets[i + 1])
  }
}

/** What a batch costs before its first token, as a part of the budget: the weights are read once a batch (measured: a CPU). */
const START = 1 / 32

/**
 * Cuts sequences into batches of similar length: sorted by length, at most `tokenBudget` padded tokens each (one
 * sequence is always allowed), so that padding and the starts of batches cost least together. Longest first, so that
 * memory peaks at once and the time left only improves.
 */
export function planBatches(sequences: Sequences, tokenBudget: number): number[][] {
  const order = longestFirst(sequences)
  const n = order.length
  const sizeAt = (i: number) => sequences.size(order[i] as number)
  // The least cost from a place to the end, found from the end: a batch ends where the length falls, or the budget does.
  const cost = new Float64Array(n + 1)
  const endOf = new Int32Array(n)
  const shorter = new Int32Array(n)
  for (let i = n - 1; i >= 0; i--) {
    const size = sizeAt(i)
    shorter[i] = i + 1 < n && sizeAt(i + 1) === size ? (shorter[i + 1] as number) : i + 1
    const limit = Math.min(n, i + Math.max(1, Math.floor(tokenBudget / size)))
    cost[i] = Number.POSITIVE_INFINITY
    for (let end = i; end < limit; ) {
      end = Math.min(shorter[end] as number, limit)
      const total = tokenBudget * START + size * (end - i) + (cost[end] as number)
      if (total >= (cost[i] as number)) continue
      cost[i] = total
      endOf[i] = end
    }
  }
  const batches: number[][] = []
  for (let i = 0; i < n; i = endOf[i] as number) batches.push([...order.subarray(i, endOf[i])])
  return batches
}

/** Counting sort: lengths are small numbers, and a comparison sort of 100,000 would hold the event loop. */
function longestFirst(sequences: Sequences): Int32Array {
  const starts: number[] = []
  for (let i = 0; i < sequences.length; i++) {
    const size = sequences.size(i)
    starts[size] = (starts[size] ?? 0) + 1
  }
  let start = 0
  for (let size = starts.length - 1; size >= 0; size--) {
    const count = starts[size] ?? 0
    starts[size] = start
    start += count
  }
  const order = new Int32Array(sequences.length)
  for (let i = 0; i < sequences.length; i++) {
    const size = sequences.size(i)
    const at = starts[size] as number
    order[at] = i
    starts[size] = at + 1
  }
  return order
}

/** The model's inputs for one batch, each int32 [rows, length], padded on the right. */
export function packBatch(
  sequences: Sequences,
  batch: readonly number[],
  special: { pad: number; sep: number },
): { inputs: Tensor[]; length: number } {
  const length = Math.max(...batch.map((i) => sequences.size(i)))
  const dims = [batch.length, length]
  const ids = new Int32Array(batch.length * length).fill(special.pad)
  const types = new Int32Array(ids.length)
  const mask = new Int32Array(ids.length)
  batch.forEach((i, row) => {
    const sequence = sequences.at(i)
    ids.set(sequence, row * length)
    mask.fill(1, row * length, row * length + sequence.length)
    // [SEP] cannot come from the text, so what follows the first one is the second text of a pair.
    const second = sequence.indexOf(special.sep) + 1
    types.fill(1, row * length + second, row * length + sequence.length)
  })
  return { inputs: [ids, types, mask].map((data) => ({ type: 'int32' as const, dims, data })), length }
}
