import type { Attributes } from './attributes.js'
import { badPixels, damaged } from './failure.js'

interface Fragment {
  /** Position of the item tag, relative to the first fragment's item tag. */
  readonly offset: number
  readonly start: number
  readonly end: number
}

/**
 * The code stream of one frame of encapsulated pixel data, whose items start at `position`.
 * Frames are found by the extended offset table, else the basic one, else by counting, else by their end markers.
 */
export function encapsulatedFrame(
  bytes: Uint8Array,
  position: number,
  attributes: Attributes,
  frame: number,
  frames: number,
): Uint8Array {
  const table = readItem(bytes, position)
  if (table === undefined) throw badPixels('the encapsulated pixel data have no items')
  const first = table.end
  const fragments = readFragments(bytes, first)
  if (fragments.length === 0) throw badPixels('the encapsulated pixel data have no fragments')
  const extended = attributes.longs('x7fe00001')
  if (extended) {
    return extendedFrame(bytes, fragments, extended, attributes.longs('x7fe00002') ?? [], frame)
  }
  const offsets = basicOffsets(bytes, table.start, table.end)
  return join(
    bytes,
    offsets ? byOffsets(fragments, offsets, frame) : byCount(bytes, fragments, frame, frames),
  )
}

function readFragments(bytes: Uint8Array, first: number): Fragment[] {
  const fragments: Fragment[] = []
  let position = first
  for (;;) {
    const item = readItem(bytes, position)
    if (item === undefined) return fragments
    fragments.push({ offset: position - first, start: item.start, end: item.end })
    position = item.end
  }
}

/** An item's value range, or undefined at the sequence delimiter. */
function readItem(bytes: Uint8Array, position: number): { start: number; end: number } | undefined {
  if (position + 8 > bytes.length) throw damaged('the file ends inside its pixel data')
  const view = new DataView(bytes.buffer, bytes.byteOffset + position, 8)
  const tag = view.getUint32(0, true)
  if (tag === 0xe0ddfffe) return undefined
  if (tag !== 0xe000fffe) throw badPixels(`expected an item at byte ${position} of the pixel data`)
  const start = position + 8
  const end = start + view.getUint32(4, true)
  if (end > bytes.length) throw damaged('the file ends inside its pixel data')
  return { start, end }
}

function basicOffsets(bytes: Uint8Array, start: number, end: number): number[] | undefined {
  if (end === start) return undefined
  if ((end - start) % 4 !== 0) throw badPixels('the basic offset table is not a list of 32-bit numbers')
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, end - start)
  return Array.from({ length: (end - start) / 4 }, (_, i) => view.getUint32(i * 4, true))
}

function extendedFrame(
  bytes: Uint8Array,
  fragments: readonly Fragment[],
  offsets: readonly number[],
  lengths: readonly number[],
  frame: number,
): Uint8Array {
  const fragment = fragments.find(({ offset }) => offset === offsets[frame])
  const length = lengths[frame]
  if (!fragment) throw badOffset('extended', frame)
  if (length === undefined || length > fragment.end - fragment.start) {
    throw badPixels(`the extended offset table gives frame ${frame} a length that its fragment has not`)
  }
  return bytes.subarray(fragment.start, fragment.start + length)
}

function byOffsets(fragments: readonly Fragment[], offsets: readonly number[], frame: number): Fragment[] {
  const from = offsets[frame]
  const next = offsets[frame + 1] ?? Number.POSITIVE_INFINITY
  if (from === undefined) throw badPixels(`the basic offset table has no entry for frame ${frame}`)
  if (!fragments.some(({ offset }) => offset === from)) throw badOffset('basic', frame)
  if (next <= from || (Number.isFinite(next) && !fragments.some(({ offset }) => offset === next))) {
    throw badOffset('basic', frame + 1)
  }
  return fragments.filter(({ offset }) => offset >= from && offset < next)
}

function badOffset(table: string, frame: number) {
  return badPixels(`the ${table} offset table points frame ${frame} to where no fragment starts`)
}

function byCount(
  bytes: Uint8Array,
  fragments: readonly Fragment[],
  frame: number,
  frames: number,
): readonly Fragment[] {
  if (frames === 1) return fragments
  if (fragments.length === frames) return fragments.slice(frame, frame + 1)
  const groups: Fragment[][] = [[]]
  for (const fragment of fragments) {
    groups.at(-1)?.push(fragment)
    if (endsStream(bytes.subarray(fragment.start, fragment.end))) groups.push([])
  }
  const group = groups[frame]
  if (!group?.length || groups.length - 1 !== frames) {
    throw badPixels(`${fragments.length} fragments without offset table do not divide into ${frames} frames`)
  }
  return group
}

/** Whether the end marker of all JPEG families is among the last bytes (padding may follow it). */
function endsStream(bytes: Uint8Array): boolean {
  for (let i = bytes.length - 2; i >= Math.max(0, bytes.length - 10); i--) {
    if (bytes[i] === 0xff && bytes[i + 1] === 0xd9) return true
  }
  return false
}

function join(bytes: Uint8Array, fragments: readonly Fragment[]): Uint8Array {
  const only = fragments[0]
  if (fragments.length === 1 && only) return bytes.subarray(only.start, only.end)
  return Buffer.concat(fragments.map(({ start, end }) => bytes.subarray(start, end)))
}
