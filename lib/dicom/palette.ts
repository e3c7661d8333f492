import type { Attributes } from './attributes.js'
import { badPixels, damaged } from './failure.js'
import { type Lut, readLut } from './lut.js'
import { type Range, unsignedRange } from './range.js'
import type { SampleArray } from './samples.js'

const colours = ['red', 'green', 'blue'] as const
const maxDepth = 8
/** Segments that are read, repeated ones too: each should give an entry at least, and a palette has 65,536 at most. */
const maxSegments = 100_000

/** Palette indices to RGB, pixel by pixel: 8 or 16 bits a sample, as the tables have. */
export function paletteToRgb(indices: SampleArray, attributes: Attributes): Uint8Array | Uint16Array {
  const tables = colours.map((_, i) => readTable(attributes, i, indices))
  const wide = tables.some(({ entries }) => entries instanceof Uint16Array)
  const result = wide ? new Uint16Array(indices.length * 3) : new Uint8Array(indices.length * 3)
  tables.forEach(({ first, entries }, colour) => {
    const last = entries.length - 1
    for (let i = 0; i < indices.length; i++) {
      const index = (indices[i] as number) - first
      result[i * 3 + colour] = entries[index < 0 ? 0 : index > last ? last : index] as number
    }
  })
  return result
}

function readTable(
  attributes: Attributes,
  colour: number,
  indices: SampleArray,
): Pick<Lut, 'first' | 'entries'> {
  const name = `${colours[colour]} palette`
  const descriptor = `x0028110${colour + 1}`
  const table = readLut(attributes, { name, descriptor, data: `x0028120${colour + 1}` }, rangeOf(indices))
  const declared = attributes.unsigned(descriptor, 0) || 65536
  // A palette that is longer than it says has all that it needs.
  if (table && table.corrections.length > 0 && table.entries.length <= declared)
    throw damaged(`the ${name} declares ${table.corrections.join(', ')}`)
  if (table) return table
  const segments = attributes.bytes(`x0028122${colour + 1}`)
  const count = attributes.unsigned(descriptor, 0)
  const bits = attributes.unsigned(descriptor, 2)
  if (!segments || count === undefined || (bits !== 8 && bits !== 16))
    throw badPixels(`the ${name} is missing`)
  const words = bits === 8 ? [...segments] : readWords(segments, attributes.littleEndian)
  const entries = expand(words, bits, attributes.littleEndian)
  if (entries.length < (count || 65536)) throw damaged(`the segmented ${name} is too short`)
  return {
    first: attributes.short(descriptor, rangeOf(indices).low < 0, 1) ?? 0,
    entries: bits === 8 ? Uint8Array.from(entries) : Uint16Array.from(entries),
  }
}

function rangeOf(indices: SampleArray): Range {
  const bits = indices.BYTES_PER_ELEMENT * 8
  const signed =
    indices instanceof Int8Array || indices instanceof Int16Array || indices instanceof Int32Array
  return signed ? { low: -(2 ** (bits - 1)), high: 2 ** (bits - 1) - 1 } : unsignedRange(bits)
}

function readWords(bytes: Uint8Array, littleEndian: boolean): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  return Array.from({ length: bytes.length >> 1 }, (_, i) => view.getUint16(i * 2, littleEndian))
}

/** Expands segments: runs of entries (0), straight lines (1) and repetitions of earlier segments (2). */
function expand(data: readonly number[], bits: number, littleEndian: boolean): number[] {
  const table: number[] = []
  let count = 0
  run(0, Number.POSITIVE_INFINITY, 0)
  return table

  function run(from: number, segments: number, depth: number): void {
    if (depth > maxDepth) throw damaged('the segments of a palette repeat themselves')
    let at = from
    for (let read = 0; read < segments && at + 1 < data.length; read++) {
      if (++count > maxSegments) throw damaged('the segments of a palette repeat themselves too often')
      const [kind, length] = [data[at], data[at + 1] as number]
      at += 2
      if (table.length + length > 65536) throw damaged('a segmented palette has too many entries')
      if (kind === 0) {
        table.push(...data.slice(at, at + length))
        at += length
      } else if (kind === 1 && table.length > 0) {
        line(table.at(-1) as number, data[at++] ?? 0, length)
      } else if (kind === 2 && table.length > 0) {
        const words = bits === 8 ? 4 : 2
        run(offsetOf(data.slice(at, at + words), bits, littleEndian), length, depth + 1)
        at += words
      } else throw damaged(`a segmented palette has a segment of kind ${kind} where none can be`)
    }
  }

  function line(start: number, end: number, length: number): void {
    for (let i = 1; i <= length; i++) table.push(halfToEven(start + ((end - start) * i) / length))
  }
}

/** Repetitions name the place by its byte; here it is counted in entries, as all data are. */
function offsetOf(words: readonly number[], bits: number, littleEndian: boolean): number {
  const [a = 0, b = 0, c = 0, d = 0] = words
  if (bits === 16) return (b * 65536 + a) >>> 1
  return littleEndian ? ((d * 256 + c) * 256 + b) * 256 + a : ((c * 256 + d) * 256 + a) * 256 + b
}

function halfToEven(value: number): number {
  const floor = Math.floor(value)
  if (value - floor !== 0.5) return Math.round(value)
  return floor % 2 === 0 ? floor : floor + 1
}
