/** The most bits that a code may have. A table is looked up with so many. */
const codeBits = 16
/** Marks an entry whose code and difference together have more bits. */
const partial = 0x80

/**
 * A Huffman table of lossless JPEG. The entry of the next 16 bits holds, in its low five bits, how many of them are used,
 * and from bit 8 up the difference; where it is {@link partial}, the category instead, whose bits follow. 0: no code.
 */
export type DifferenceTable = Int32Array

/**
 * Builds a table.
 * @param lengths How many codes there are of 1 to 16 bits.
 * @param categories Of each code: how many bits follow it.
 */
export function differenceTable(lengths: Uint8Array, categories: Uint8Array): DifferenceTable {
  const table = new Int32Array(2 ** codeBits)
  let from = 0
  let next = 0
  for (let length = 1; length <= codeBits; length++) {
    const size = 2 ** (codeBits - length)
    for (let left = lengths[length - 1] ?? 0; left > 0; left--, from += size) {
      if (from + size > table.length) throw new Error('a Huffman table has more codes than there can be')
      fill(table, from, length, categories[next++] ?? 0)
    }
  }
  return table
}

function fill(table: DifferenceTable, from: number, length: number, category: number): void {
  if (category > 16) return // not a code of this process
  const extra = category === 16 ? 0 : category
  const spare = codeBits - length - extra
  if (spare < 0) {
    table.fill((category << 8) | partial | length, from, from + 2 ** (codeBits - length))
    return
  }
  for (let bits = 0; bits < 2 ** extra; bits++) {
    const start = from + bits * 2 ** spare
    table.fill((extend(bits, category) << 8) | (length + extra), start, start + 2 ** spare)
  }
}

/** The difference of a category and the bits that follow (T.81, F.2.2.1 and H.1.2.2). */
function extend(bits: number, category: number): number {
  if (category === 0) return 0
  if (category === 16) return 32768
  return bits < 1 << (category - 1) ? bits - (1 << category) + 1 : bits
}

/** Reads differences from entropy-coded bytes without stuffing. */
export class DifferenceReader {
  readonly #data: Uint8Array
  readonly #end: number
  #position: number
  /** Bits that were fetched and not used yet: the low `#count` of `#held`. */
  #held = 0
  #count = 0

  /** `end` is where the codes end; `data` should have a few bytes more, which are fetched ahead. */
  constructor(data: Uint8Array, start: number, end: number) {
    this.#data = data
    this.#position = start
    this.#end = end
  }

  /** Fills `differences`, using the tables in turn. */
  read(tables: readonly DifferenceTable[], differences: Int32Array): void {
    const data = this.#data
    let position = this.#position
    let held = this.#held
    let count = this.#count
    let turn = 0
    for (let i = 0; i < differences.length; i++) {
      if (count < 16) {
        held = (held << 16) | ((data[position] as number) << 8) | (data[position + 1] as number)
        position += 2
        count += 16
      }
      const entry = (tables[turn] as DifferenceTable)[(held >>> (count - 16)) & 0xffff] as number
      if (entry === 0) throw new Error('there are bits that are no Huffman code')
      count -= entry & 31
      let difference = entry >> 8
      if ((entry & partial) !== 0) {
        const category = difference
        if (count < 16) {
          held = (held << 16) | ((data[position] as number) << 8) | (data[position + 1] as number)
          position += 2
          count += 16
        }
        count -= category
        difference = extend((held >>> count) & ((1 << category) - 1), category)
      }
      differences[i] = difference
      if (++turn === tables.length) turn = 0
    }
    this.#position = position
    this.#held = held
    this.#count = count
    if (position * 8 - count > this.#end * 8) throw new Error('the entropy-coded data end too early')
  }
}
