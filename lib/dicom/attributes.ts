import type { DataSet, Element } from 'dicom-parser'
import { damaged } from './failure.js'

/**
 * Typed, bounds-checked reading of a data set: every reader gives `undefined` for what is absent or empty.
 * Tags are written as dicom-parser does: `xGGGGEEEE`.
 */
export class Attributes {
  readonly #dataset: DataSet
  readonly littleEndian: boolean

  constructor(dataset: DataSet, littleEndian: boolean) {
    this.#dataset = dataset
    this.littleEndian = littleEndian
  }

  element(tag: string): Element | undefined {
    return Object.hasOwn(this.#dataset.elements, tag) ? this.#dataset.elements[tag] : undefined
  }

  has(tag: string): boolean {
    return (this.element(tag)?.length ?? 0) > 0
  }

  /** The value as bytes; no copy. */
  bytes(tag: string): Uint8Array | undefined {
    const element = this.element(tag)
    if (!element || element.length === 0 || element.hadUndefinedLength) return undefined
    const { byteArray } = this.#dataset
    if (element.dataOffset + element.length > byteArray.length) {
      throw damaged(`the value of (${shown(tag)}) ends after the file`)
    }
    return byteArray.subarray(element.dataOffset, element.dataOffset + element.length)
  }

  /** US, or the bits of an SS. */
  unsigned(tag: string, index = 0): number | undefined {
    const bytes = this.bytes(tag)
    if (!bytes || bytes.length < index * 2 + 2) return undefined
    return view(bytes).getUint16(index * 2, this.littleEndian)
  }

  /** An ambiguous US or SS: the VR where the file has one, else the pixel representation decides. */
  short(tag: string, signed: boolean, index = 0): number | undefined {
    const bytes = this.bytes(tag)
    if (!bytes || bytes.length < index * 2 + 2) return undefined
    const vr = this.element(tag)?.vr
    const isSigned = vr === 'SS' || (vr !== 'US' && signed)
    return isSigned
      ? view(bytes).getInt16(index * 2, this.littleEndian)
      : view(bytes).getUint16(index * 2, this.littleEndian)
  }

  /** OV: unsigned 64-bit numbers, which must be exact in a double. */
  longs(tag: string): number[] | undefined {
    const bytes = this.bytes(tag)
    if (!bytes) return undefined
    const values = view(bytes)
    return Array.from({ length: bytes.length >> 3 }, (_, i) =>
      Number(values.getBigUint64(i * 8, this.littleEndian)),
    )
  }

  /** The first of several strings, trimmed, in capitals (CS and UI values are defined that way). */
  text(tag: string, index = 0): string | undefined {
    const bytes = this.bytes(tag)?.subarray(0, 1024)
    const value = bytes && Buffer.from(bytes).toString('latin1').split('\\')[index]
    return value?.replace(/\0/g, ' ').trim().toUpperCase()
  }

  /** DS or IS: one of several numbers. A value that is there and is no number is an error. */
  number(tag: string, index = 0): number | undefined {
    const value = this.text(tag, index)
    if (value === undefined || value === '') return undefined
    const number = Number(value)
    if (!Number.isFinite(number)) throw damaged(`(${shown(tag)}) should hold a number`)
    return number
  }

  /** How many values a string element holds. */
  count(tag: string): number {
    const bytes = this.bytes(tag)?.subarray(0, 1024)
    return bytes ? Buffer.from(bytes).toString('latin1').split('\\').length : 0
  }

  /** One item of a sequence. */
  item(tag: string, index = 0): Attributes | undefined {
    const dataset = this.element(tag)?.items?.[index]?.dataSet
    return dataset && new Attributes(dataset, this.littleEndian)
  }
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** `x00280010` as people write it: `0028,0010`. */
function shown(tag: string): string {
  return `${tag.slice(1, 5)},${tag.slice(5)}`
}
