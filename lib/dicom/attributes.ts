import { countItems, type Element, type Elements, readFirstItem, type Source } from './elements.js'
import { damaged } from './failure.js'

/** A decimal or integer string: the number, and whether it is written as the standard says. */
export interface Decimal {
  /** NaN where no number can be made of the text. */
  readonly value: number
  readonly proper: boolean
}

const floatSizes: Readonly<Record<string, 4 | 8 | undefined>> = { FL: 4, FD: 8 }

/**
 * Typed, bounds-checked reading of a data set: every reader gives `undefined` for what is absent or empty.
 * Tags are written `xGGGGEEEE`.
 */
export class Attributes {
  readonly #elements: Elements
  readonly #source: Source
  readonly littleEndian: boolean

  constructor(elements: Elements, source: Source) {
    this.#elements = elements
    this.#source = source
    this.littleEndian = source.littleEndian
  }

  element(tag: string): Element | undefined {
    return this.#elements.get(tag)
  }

  has(tag: string): boolean {
    return (this.element(tag)?.length ?? 0) > 0
  }

  /** The value as bytes; no copy. */
  bytes(tag: string): Uint8Array | undefined {
    const element = this.element(tag)
    if (!element || element.length === 0 || element.hadUndefinedLength) return undefined
    const { bytes } = this.#source
    if (element.dataOffset + element.length > bytes.length) {
      throw damaged(`the value of (${shown(tag)}) ends after the file`)
    }
    return bytes.subarray(element.dataOffset, element.dataOffset + element.length)
  }

  /** US, or the bits of an SS. */
  unsigned(tag: string, index = 0): number | undefined {
    const bytes = this.bytes(tag)
    if (!bytes || bytes.length < index * 2 + 2) return undefined
    return view(bytes).getUint16(index * 2, this.littleEndian)
  }

  /**
   * US or SS: its 16 bits, read by what the value must be. The VR plays no part: implicit files have none, and writers
   * of explicit ones get it wrong.
   */
  short(tag: string, signed: boolean, index = 0): number | undefined {
    const bits = this.unsigned(tag, index)
    return bits !== undefined && signed && bits >= 0x8000 ? bits - 0x10000 : bits
  }

  /** OV: one of several unsigned 64-bit numbers, which must be exact in a double. */
  long(tag: string, index: number): number | undefined {
    const bytes = this.bytes(tag)
    if (!bytes || bytes.length < index * 8 + 8) return undefined
    return Number(view(bytes).getBigUint64(index * 8, this.littleEndian))
  }

  /** The first of several strings, trimmed, in capitals (CS and UI values are defined that way). */
  text(tag: string, index = 0): string | undefined {
    const bytes = this.bytes(tag)?.subarray(0, 1024)
    const value = bytes && Buffer.from(bytes).toString('latin1').split('\\')[index]
    return value?.replace(/\0/g, ' ').trim().toUpperCase()
  }

  /** DS or IS: one of several numbers. Some writers give such an attribute the VR of binary ones. */
  decimal(tag: string, index = 0): Decimal | undefined {
    const size = floatSizes[this.element(tag)?.vr ?? '']
    if (size) return this.#float(tag, size, index)
    const text = this.text(tag, index)
    return text === undefined || text === '' ? undefined : readDecimal(text)
  }

  /** DS or IS as a number; what is no number is as good as absent. */
  number(tag: string, index = 0): number | undefined {
    const value = this.decimal(tag, index)?.value
    return Number.isNaN(value) ? undefined : value
  }

  #float(tag: string, size: 4 | 8, index: number): Decimal | undefined {
    const bytes = this.bytes(tag)
    if (!bytes || bytes.length < (index + 1) * size) return undefined
    const at = index * size
    const value =
      size === 8
        ? view(bytes).getFloat64(at, this.littleEndian)
        : view(bytes).getFloat32(at, this.littleEndian)
    return { value: Number.isFinite(value) ? value : Number.NaN, proper: false }
  }

  /** How many numbers a DS or IS holds. */
  count(tag: string): number {
    const size = floatSizes[this.element(tag)?.vr ?? '']
    if (size) return Math.floor((this.element(tag)?.length ?? 0) / size)
    const bytes = this.bytes(tag)?.subarray(0, 1024)
    return bytes ? Buffer.from(bytes).toString('latin1').split('\\').length : 0
  }

  /** The first item of a sequence, as far as it can be read. */
  item(tag: string): Attributes | undefined {
    const element = this.element(tag)
    const elements = element && readFirstItem(this.#source, element)
    return elements && new Attributes(elements, this.#source)
  }

  /** How many items a sequence has. */
  itemCount(tag: string): number {
    const element = this.element(tag)
    return element ? countItems(this.#source, element) : 0
  }
}

/**
 * A comma in a decimal string can only be meant as its point, and a unit behind a number changes nothing. Text with more
 * digits in it could mean several numbers, so it means none.
 */
function readDecimal(text: string): Decimal {
  const proper = /^[+-]?(\d+\.?\d*|\.\d+)(E[+-]?\d+)?$/
  const [, number, rest] = /^([+-]?(?:\d+[.,]?\d*|[.,]\d+)(?:E[+-]?\d+)?)(.*)$/s.exec(text) ?? []
  if (number === undefined || rest === undefined || /\d/.test(rest))
    return { value: Number.NaN, proper: false }
  const value = Number(number.replace(',', '.'))
  return { value: Number.isFinite(value) ? value : Number.NaN, proper: proper.test(text) }
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** `x00280010` as people write it: `0028,0010`. */
function shown(tag: string): string {
  return `${tag.slice(1, 5)},${tag.slice(5)}`
}
