/**
 * The numbers of untrained weights: a function of seed, tensor name and position alone, in integer arithmetic that
 * every language has, so that the same bits can be made anywhere. About normal: the sum of four uniform bytes.
 */

/** Standard deviation of the sum of four uniform bytes. */
const deviation = Math.sqrt((65536 - 1) / 3)
/** Mean of that sum; it takes 1021 values. */
const centre = 510

/** 32-bit FNV-1a of the UTF-8 bytes of `seed:name`. */
export function tensorKey(seed: number, name: string): number {
  let key = 0x811c9dc5
  for (const byte of Buffer.from(`${seed}:${name}`)) key = Math.imul(key ^ byte, 0x01000193)
  return key >>> 0
}

/** Every value that a tensor can have, by the sum of the four bytes: float32, [1021]. */
export function valueTable(mean: number, std: number): Float32Array {
  const scale = Math.fround(std / deviation)
  return Float32Array.from(
    { length: 2 * centre + 1 },
    (_, sum) => Math.fround((sum - centre) * scale) + Math.fround(mean),
  )
}

/**
 * As {@link fillValues}, for a tensor of filters of `length` numbers whose mean is 0: each filter is its own negative
 * when read backwards, so it answers an even input with 0.
 */
export function fillBalanced(
  out: Float32Array,
  first: number,
  key: number,
  table: Float32Array,
  length: number,
): void {
  const half = Math.floor(length / 2)
  const one = new Float32Array(1)
  for (let i = 0; i < out.length; i++) {
    const index = first + i
    const column = index % length
    const mirrored = length - 1 - column
    if (column === mirrored) {
      out[i] = 0
      continue
    }
    fillValues(one, column < half ? index : index - column + mirrored, key, table)
    out[i] = column < half ? (one[0] as number) : -(one[0] as number)
  }
}

/** Fills `out` with the elements `first`, `first + 1`, … of the tensor, counted in row-major order. */
export function fillValues(out: Float32Array, first: number, key: number, table: Float32Array): void {
  let state = (Math.imul(first, 0x9e3779b1) + key) | 0
  for (let i = 0; i < out.length; i++) {
    let x = state
    x ^= x >>> 16
    x = Math.imul(x, 0x21f0aaad)
    x ^= x >>> 15
    x = Math.imul(x, 0x735a2d97)
    x ^= x >>> 15
    const pairs = (x & 0x00ff00ff) + ((x >>> 8) & 0x00ff00ff)
    out[i] = table[(pairs & 0xffff) + (pairs >>> 16)] as number
    state = (state + 0x9e3779b1) | 0
  }
}
