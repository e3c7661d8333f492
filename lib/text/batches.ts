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

/**
 * Cuts sequences into batches of similar length: sorted by length, at most `tokenBudget` padded tokens each (one
 * sequence is always allowed). Longest first, so that memory peaks at once and the time left only improves.
 */
export function planBatches(sequences: Sequences, tokenBudget: number): number[][] {
  const batches: number[][] = []
  let batch: number[] = []
  let longest = 0
  for (const i of longestFirst(sequences)) {
    if (batch.length > 0 && (batch.length + 1) * longest > tokenBudget) {
      batches.push(batch)
      batch = []
    }
    if (batch.length === 0) longest = sequences.size(i)
    batch.push(i)
  }
  if (batch.length > 0) batches.push(batch)
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
