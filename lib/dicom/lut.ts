import type { Attributes } from './attributes.js'
import type { Range } from './range.js'

/** A look-up table: `first` and all below it map to the first entry, all above the last to the last. */
export interface Lut {
  readonly first: number
  readonly bits: number
  readonly entries: Uint8Array | Uint16Array
  /** What its descriptor says that cannot be, and what was taken instead. */
  readonly corrections: readonly string[]
}

/** The tags of a table: its descriptor (entries, first value mapped, bits) and its data. */
export interface LutTags {
  readonly name: string
  readonly descriptor: string
  readonly data: string
}

/**
 * Reads a table; undefined where there is none, or none that could be applied. A descriptor that cannot be true is
 * corrected as DCMTK does: the data say how many entries there are, and impossible bits are 16.
 * @param range The values that it maps.
 */
export function readLut(attributes: Attributes, tags: LutTags, range: Range): Lut | undefined {
  const declared = attributes.unsigned(tags.descriptor, 0)
  const first = attributes.unsigned(tags.descriptor, 1)
  const declaredBits = attributes.unsigned(tags.descriptor, 2)
  const data = attributes.bytes(tags.data)
  if (declared === undefined || first === undefined || declaredBits === undefined || !data) return undefined
  const count = declared || 65536
  const entries = readEntries(data, count, attributes, tags)
  if (entries.length === 0) return undefined
  const bits = declaredBits >= 1 && declaredBits <= 16 ? declaredBits : 16
  const corrections: string[] = []
  if (bits !== declaredBits) corrections.push(`${declaredBits} bits an entry, taken as ${bits}`)
  if (entries.length !== count) corrections.push(`${count} entries, of which there are ${entries.length}`)
  return { first: firstMapped(first, entries.length, range), bits, entries, corrections }
}

/** What is odd about a table: its corrections, and entries that have more bits than it says. They are kept. */
export function oddities({ corrections, bits, entries }: Lut): string[] {
  let most = 0
  for (const entry of entries) most = Math.max(most, entry)
  const needed = 32 - Math.clz32(most)
  return needed > bits
    ? [...corrections, `${bits} bits an entry, and has entries of ${needed}`]
    : [...corrections]
}

/**
 * The first value mapped has the sign of the values that the table maps (PS3.3 C.11.1.1, C.11.2.1.1), not that of its VR,
 * which implicit files lack and writers of explicit ones get wrong. Where only one sign lets the table meet these values,
 * it is that one.
 */
function firstMapped(word: number, count: number, range: Range): number {
  if (word < 0x8000) return word
  const negative = word - 0x10000
  const [rule, other] = range.low < 0 ? [negative, word] : [word, negative]
  const meets = (first: number) => first <= range.high && first + count > range.low
  return meets(rule) || !meets(other) ? rule : other
}

function readEntries(data: Uint8Array, count: number, attributes: Attributes, tags: LutTags): Lut['entries'] {
  const { littleEndian } = attributes
  // Tables of 8 bits may have a byte an entry, in big-endian files in pairs that are swapped as words are.
  if (data.length >= count && data.length <= count + 1 && count > 1) {
    const swapped = !littleEndian && attributes.element(tags.data)?.vr !== 'OB' && data.length % 2 === 0
    return Uint8Array.from({ length: count }, (_, i) => data[swapped ? i ^ 1 : i] as number)
  }
  const view = new DataView(data.buffer, data.byteOffset, data.length)
  const length = Math.min(data.length >> 1, 65536)
  return Uint16Array.from({ length }, (_, i) => view.getUint16(i * 2, littleEndian))
}

/** Maps a list of values, in memory of the smallest type that holds the entries. */
export function mapLut(values: ArrayLike<number>, { first, bits, entries }: Lut): Uint8Array | Uint16Array {
  const last = entries.length - 1
  const wide = bits > 8 || entries.some((entry) => entry > 255)
  const result = wide ? new Uint16Array(values.length) : new Uint8Array(values.length)
  for (let i = 0; i < values.length; i++) {
    const index = Math.trunc((values[i] as number) - first)
    result[i] = entries[index < 0 ? 0 : index > last ? last : index] as number
  }
  return result
}
