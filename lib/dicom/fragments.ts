import type { Attributes } from './attributes.js'
import { badPixels, damaged } from './failure.js'

/** Encapsulated pixel data as they lie in the file. */
interface Encapsulated {
  readonly fragments: readonly Fragment[]
  /** The basic offset table. */
  readonly table: Uint8Array
  /** Whether the sequence delimiter is there. */
  readonly ended: boolean
}

interface Fragment {
  /** Position of the item tag, relative to the first fragment's item tag. */
  readonly offset: number
  readonly value: Uint8Array
}

/** The code stream of a frame. */
export interface FrameStream {
  readonly stream: Uint8Array
  /** What is wrong with an offset table that was passed over. */
  readonly fault?: string | undefined
}

/** One way to find a frame: its stream, what is wrong, or undefined where there is no such table. */
type Find = (
  pixels: Encapsulated,
  attributes: Attributes,
  frame: number,
  frames: number,
) => Uint8Array | string | undefined

/** Of all frames together. Some writers cut a frame into pieces of a few kilobytes. */
const maxFragments = 100_000

const itemTag = 0xe000fffe
const delimiterTag = 0xe0ddfffe

/**
 * The code stream of one frame of encapsulated pixel data, whose items start at `position`.
 *
 * The only frame of a file has all the fragments, whatever the offset tables say. One of several is found by the extended
 * table, else the basic one, else by counting, else by end markers.
 */
export function encapsulatedFrame(
  bytes: Uint8Array,
  position: number,
  attributes: Attributes,
  frame: number,
  frames: number,
): FrameStream {
  const pixels = readEncapsulated(bytes, position)
  if (pixels.fragments.length === 0) throw badPixels('the encapsulated pixel data have no fragments')
  if (frames === 1) return { stream: join(pixels.fragments) }
  const faults: string[] = []
  for (const find of [byExtendedTable, byBasicTable, byCount]) {
    const found = find(pixels, attributes, frame, frames)
    if (found instanceof Uint8Array) return { stream: found, fault: faults[0] }
    if (found) faults.push(found)
  }
  throw pixels.ended ? badPixels(faults.join('; ')) : damaged('the file ends inside its pixel data')
}

/**
 * Reads all items. Some writers leave the delimiter out, or write zeros in its place: what is missing then, if anything,
 * shows in the streams.
 */
function readEncapsulated(bytes: Uint8Array, position: number): Encapsulated {
  const table = readItem(bytes, position)
  if (!table) throw badPixels('the encapsulated pixel data have no items')
  const fragments: Fragment[] = []
  const first = skipPadding(bytes, table.end)
  for (let at = first; ; ) {
    if (fragments.length > 0 && isBlank(bytes, at)) {
      return { fragments, table: table.value, ended: false }
    }
    const item = readItem(bytes, at)
    if (!item) return { fragments, table: table.value, ended: true }
    if (fragments.length === maxFragments)
      throw damaged(`the pixel data have more than ${maxFragments} fragments`)
    fragments.push({ offset: at - first, value: item.value })
    at = skipPadding(bytes, item.end)
  }
}

/** An item's value and where it ends, or undefined at the sequence delimiter. */
function readItem(bytes: Uint8Array, position: number): { value: Uint8Array; end: number } | undefined {
  if (position + 4 > bytes.length) throw damaged('the file ends inside its pixel data')
  const tag = tagAt(bytes, position)
  if (tag === delimiterTag) return undefined
  if (tag !== itemTag) throw badPixels(`expected an item at byte ${position} of the pixel data`)
  if (position + 8 > bytes.length) throw damaged('the file ends inside its pixel data')
  const start = position + 8
  const end = start + tagAt(bytes, position + 4)
  if (end > bytes.length) throw damaged('the file ends inside its pixel data')
  return { value: bytes.subarray(start, end), end }
}

/** Behind a value of odd length some writers put a byte that they do not count. */
function skipPadding(bytes: Uint8Array, end: number): number {
  const isItem = (at: number) => at + 4 <= bytes.length && [itemTag, delimiterTag].includes(tagAt(bytes, at))
  return !isItem(end) && isItem(end + 1) ? end + 1 : end
}

function isBlank(bytes: Uint8Array, from: number): boolean {
  for (let i = from; i < bytes.length; i++) if (bytes[i] !== 0) return false
  return true
}

/** A tag, or any number of 32 bits. */
function tagAt(bytes: Uint8Array, position: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset + position, 4).getUint32(0, true)
}

const byExtendedTable: Find = ({ fragments }, attributes, frame) => {
  if (!attributes.has('x7fe00001')) return undefined
  const from = attributes.long('x7fe00001', frame)
  const length = attributes.long('x7fe00002', frame)
  const value = fragments.find(({ offset }) => offset === from)?.value
  if (!value) return misplaced('extended', frame)
  if (length === undefined || length > value.length) {
    return `the extended offset table gives frame ${frame} a length that its fragment has not`
  }
  return value.subarray(0, length)
}

const byBasicTable: Find = ({ fragments, table }, _, frame) => {
  if (table.length === 0) return undefined
  if (table.length % 4 !== 0) return 'the basic offset table is not a list of 32-bit numbers'
  const offset = (index: number) => (index * 4 < table.length ? tagAt(table, index * 4) : undefined)
  const from = offset(frame)
  const next = offset(frame + 1) ?? Number.POSITIVE_INFINITY
  if (from === undefined) return `the basic offset table has no entry for frame ${frame}`
  const starts = (at: number) => fragments.some((fragment) => fragment.offset === at)
  if (!starts(from)) return misplaced('basic', frame)
  if (next <= from || (Number.isFinite(next) && !starts(next))) return misplaced('basic', frame + 1)
  return join(fragments.filter((fragment) => fragment.offset >= from && fragment.offset < next))
}

function misplaced(table: string, frame: number): string {
  return `the ${table} offset table points frame ${frame} to where no fragment starts`
}

const byCount: Find = ({ fragments }, _, frame, frames) => {
  if (fragments.length === frames) return fragments[frame]?.value
  const groups: Fragment[][] = [[]]
  for (const fragment of fragments) {
    groups.at(-1)?.push(fragment)
    if (endsStream(fragment.value)) groups.push([])
  }
  const group = groups[frame]
  if (!group?.length || groups.length - 1 !== frames) {
    return `the ${fragments.length} fragments do not divide into ${frames} frames`
  }
  return join(group)
}

/** Whether the end marker of all JPEG families is among the last bytes (padding may follow it). */
function endsStream(bytes: Uint8Array): boolean {
  for (let i = bytes.length - 2; i >= Math.max(0, bytes.length - 10); i--) {
    if (bytes[i] === 0xff && bytes[i + 1] === 0xd9) return true
  }
  return false
}

function join(fragments: readonly Fragment[]): Uint8Array {
  const only = fragments[0]
  if (fragments.length === 1 && only) return only.value
  return Buffer.concat(fragments.map(({ value }) => value))
}
