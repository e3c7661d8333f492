import type { BiovilError } from '../errors.js'
import { damaged } from './failure.js'
import { longVrs, shortVrs, vrAt } from './vr.js'

/** A data element: where its value lies. */
export interface Element {
  /** `xGGGGEEEE` */
  readonly tag: string
  /** Two capitals, where the element has them. */
  readonly vr: string | undefined
  readonly dataOffset: number
  /** Bytes of the value, without the delimiter of an undefined length. Those of pixel data may end after the file. */
  readonly length: number
  readonly hadUndefinedLength: boolean
}

export type Elements = ReadonlyMap<string, Element>

/** Bytes, and their byte order. */
export interface Source {
  readonly bytes: Uint8Array
  readonly littleEndian: boolean
}

interface Header {
  readonly tag: number
  readonly vr: string | undefined
  readonly dataOffset: number
  readonly length: number
}

const itemTag = 0xfffee000
const itemEnd = 0xfffee00d
const sequenceEnd = 0xfffee0dd
const pixelData = 0x7fe00010
const undefinedLength = 0xffffffff
/** Sequences inside each other; real files have a handful. */
const maxDepth = 64
/** Elements of one data set, those in sequences left out; films have some hundreds. */
const maxElements = 100_000
/** Elements that are read on the way, those in sequences too: enhanced objects have some for each frame. */
const maxRead = 1_000_000

/**
 * Reads the elements of a data set: of a file up to its pixel data, whose header is the last that is read.
 *
 * `explicit` is the form that the data set has as a whole. An element in the other form is read as what it is: private
 * elements without VR, implicit items in explicit sequences, and VRs that do not exist are all found in files.
 * @throws ERR_IMAGE_DECODE where an element ends after the data set
 */
export function readElements(source: Source, start: number, explicit: boolean): Map<string, Element> {
  const reader = new Reader(source)
  const elements = new Map<string, Element>()
  let highest = -1
  let count = 0
  let disorder: number | undefined
  for (let position = start; position < source.bytes.length; ) {
    const { header, element, next } = reader.element(position, explicit, source.bytes.length, 0)
    elements.set(element.tag, element)
    if (header.tag === pixelData) return elements
    if (++count > maxElements) throw damaged(`more than ${maxElements} elements come before the pixel data`)
    if (header.tag < highest) disorder ??= position
    highest = Math.max(highest, header.tag)
    position = next
  }
  // Elements ascend. Where they do not, and no pixel data come, something else was read as elements.
  if (disorder !== undefined) {
    throw damaged(
      `the elements are out of order from byte ${disorder} on and no pixel data follow: ${likely}`,
    )
  }
  return elements
}

/** Reads elements while `wanted` says so; gives them, and where the next one begins. */
export function readGroup(
  source: Source,
  start: number,
  explicit: boolean,
  wanted: (group: number) => boolean,
): { elements: Elements; end: number } {
  const reader = new Reader(source)
  const elements = new Map<string, Element>()
  let position = start
  while (position + 8 <= source.bytes.length && wanted(reader.tag(position) >>> 16)) {
    const { element, next } = reader.element(position, explicit, source.bytes.length, 0)
    elements.set(element.tag, element)
    position = next
  }
  return { elements, end: position }
}

/** The first item of a sequence, as far as it can be read; undefined where the value is no sequence. */
export function readFirstItem(source: Source, sequence: Element): Elements | undefined {
  const [first] = itemsOf(source, sequence)
  if (!first) return undefined
  const elements = new Map<string, Element>()
  new Reader(source).item(first.start, first.limit, 0, elements)
  return elements
}

/** How many items a sequence has, as far as it can be read. */
export function countItems(source: Source, sequence: Element): number {
  let count = 0
  for (const _ of itemsOf(source, sequence)) count++
  return count
}

/** Where each item of a sequence begins, and where it must have ended. */
function* itemsOf(source: Source, sequence: Element): Generator<{ start: number; limit: number }> {
  const reader = new Reader(source)
  const end = Math.min(sequence.dataOffset + sequence.length, source.bytes.length)
  let position = sequence.dataOffset
  while (position + 8 <= end && reader.tag(position) === itemTag) {
    const start = position + 8
    const length = reader.long(position + 4)
    const limit = length === undefinedLength ? end : Math.min(start + length, end)
    yield { start, limit }
    position = length === undefinedLength ? (reader.item(start, limit, 0) ?? end) : limit
  }
}

const likely = 'the file is cut off, or its header is damaged or written in a form that is not read'

class Reader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #little: boolean
  #read = 0
  /** The limit that was met first: what cannot be read behind it, cannot for that reason. */
  #refusal: BiovilError | undefined

  constructor({ bytes, littleEndian }: Source) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#little = littleEndian
  }

  tag(position: number): number {
    return this.#short(position) * 65536 + this.#short(position + 2)
  }

  long(position: number): number {
    return this.#view.getUint32(position, this.#little)
  }

  /** One element that must end before `limit`, and the position after it. */
  element(position: number, explicit: boolean, limit: number, depth: number) {
    if (++this.#read > maxRead) throw this.#refuse(`there are more than ${maxRead} elements in its sequences`)
    const header = this.#header(position, explicit, limit)
    const hadUndefinedLength = header.length === undefinedLength
    const { tag, vr, dataOffset } = header
    let { length } = header
    let next = dataOffset + length
    if (tag === pixelData && depth === 0) next = limit
    else if (hadUndefinedLength) {
      const end = this.#endOfSequence(dataOffset, limit, depth)
      length = end - dataOffset
      next = end + 8
    }
    if (next > limit) throw endsAfter(position)
    const element: Element = { tag: named(tag), vr, dataOffset, length, hadUndefinedLength }
    return { header, element, next }
  }

  /**
   * Reads the elements of an item into a map; gives the position after it, or undefined where it cannot be read to its
   * end. The form of an item is told by its first element.
   */
  item(start: number, limit: number, depth: number, elements?: Map<string, Element>): number | undefined {
    const explicit = vrAt(this.#bytes, start + 4) !== undefined
    let position = start
    while (position + 8 <= limit) {
      const tag = this.tag(position)
      if (tag === itemEnd) return position + 8
      if (tag === sequenceEnd) return position
      try {
        const { element, next } = this.element(position, explicit, limit, depth + 1)
        elements?.set(element.tag, element)
        if (elements && elements.size > maxElements) return undefined
        position = next
      } catch {
        return undefined
      }
    }
    return position
  }

  /**
   * The header of the element at a position. What the form of the data set makes of it comes first; another reading is
   * taken only where an element follows that one as it should, and none follows the first.
   */
  #header(position: number, explicit: boolean, limit: number): Header {
    if (position + 8 > limit) throw endsAfter(position)
    const [first, ...others] = this.#readings(position, explicit, limit) as [Header, ...Header[]]
    if (others.length === 0 || this.#isFollowed(first, limit)) return first
    return others.find((header) => this.#isFollowed(header, limit)) ?? first
  }

  #readings(position: number, explicit: boolean, limit: number): Header[] {
    const tag = this.tag(position)
    const vr = vrAt(this.#bytes, position + 4)
    const implicit = { tag, vr: undefined, dataOffset: position + 8, length: this.long(position + 4) }
    const short = { tag, vr, dataOffset: position + 8, length: this.#short(position + 6) }
    if (vr === undefined) return explicit && tag !== pixelData ? [implicit, short] : [implicit]
    const long = {
      tag,
      vr,
      dataOffset: position + 12,
      length: position + 12 <= limit ? this.long(position + 8) : limit,
    }
    // The two bytes before a long length are 0; some writers give such a VR a short one.
    const asLong = short.length === 0 || tag === pixelData ? [long] : [long, short]
    const asKnown = shortVrs.has(vr) ? [short] : longVrs.has(vr) ? asLong : undefined
    if (!explicit) return asKnown ? [implicit, ...asKnown] : [implicit]
    // All VRs to come have long lengths, so one that does not exist is read so first.
    return asKnown ?? (tag === pixelData ? [long] : [long, short, implicit])
  }

  /** Whether a header's value ends where its data set does, or where a later element begins. */
  #isFollowed({ tag, dataOffset, length }: Header, limit: number): boolean {
    if (length === undefinedLength) {
      if (dataOffset + 8 > limit) return false
      const next = this.tag(dataOffset)
      return next === itemTag || next === sequenceEnd
    }
    const end = dataOffset + length
    if (end === limit) return true
    if (end + 8 > limit || this.tag(end) <= tag) return false
    const vr = vrAt(this.#bytes, end + 4)
    const isKnown = vr !== undefined && (shortVrs.has(vr) || longVrs.has(vr))
    const implicit = this.long(end + 4)
    return isKnown || implicit === undefinedLength || end + 8 + implicit <= limit
  }

  /** Where the delimiter of a sequence of undefined length begins. */
  #endOfSequence(start: number, limit: number, depth: number): number {
    if (depth > maxDepth) throw this.#refuse(`sequences are nested more than ${maxDepth} deep`)
    let position = start
    while (position + 8 <= limit) {
      const tag = this.tag(position)
      if (tag === sequenceEnd) return position
      if (tag !== itemTag) break
      const length = this.long(position + 4)
      const next = length === undefinedLength ? this.item(position + 8, limit, depth) : position + 8 + length
      if (next === undefined) break
      position = next
    }
    throw (
      this.#refusal ??
      damaged(`the element of undefined length whose value begins at byte ${start} has no end: ${likely}`)
    )
  }

  #refuse(message: string): BiovilError {
    this.#refusal ??= damaged(message)
    return this.#refusal
  }

  #short(position: number): number {
    return this.#view.getUint16(position, this.#little)
  }
}

/** Neither tag nor length are told: where the parse ran off they may be any bytes of the file, a name's too. */
function endsAfter(position: number) {
  return damaged(`the element at byte ${position} ends after its data set: ${likely}`)
}

function named(tag: number): string {
  return `x${tag.toString(16).padStart(8, '0')}`
}
