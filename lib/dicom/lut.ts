import type { Attributes } from './attributes.js'
import { damaged } from './failure.js'

/** A look-up table: `first` and all below it map to the first entry, all above the last to the last. */
export interface Lut {
  readonly first: number
  readonly bits: number
  readonly entries: Uint8Array | Uint16Array
}

/** The tags of a table: its descriptor (entries, first value mapped, bits) and its data. */
export interface LutTags {
  readonly name: string
  readonly descriptor: string
  readonly data: string
}

/**
 * Reads a table; undefined where there is none.
 * @param signed Whether the values that it maps are signed, which its descriptor does not say in implicit files.
 */
export function readLut(attributes: Attributes, tags: LutTags, signed: boolean): Lut | undefined {
  const declared = attributes.unsigned(tags.descriptor, 0)
  const first = attributes.short(tags.descriptor, signed, 1)
  const bits = attributes.unsigned(tags.descriptor, 2)
  const data = attributes.bytes(tags.data)
  if (declared === undefined || first === undefined || bits === undefined || !data) return undefined
  const count = declared || 65536
  if (bits < 1 || bits > 16) throw damaged(`expected 1 to 16 bits in the ${tags.name} but there are ${bits}`)
  return { first, bits, entries: readEntries(data, count, attributes.littleEndian, tags.name) }
}

function readEntries(data: Uint8Array, count: number, littleEndian: boolean, name: string): Lut['entries'] {
  if (data.length >= count * 2) {
    const view = new DataView(data.buffer, data.byteOffset, count * 2)
    return Uint16Array.from({ length: count }, (_, i) => view.getUint16(i * 2, littleEndian))
  }
  // Tables of 8 bits may have a byte an entry.
  if (data.length >= count && data.length <= count + 1) return Uint8Array.from(data.subarray(0, count))
  throw damaged(`the ${name} declares ${count} entries but holds ${data.length} bytes`)
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
