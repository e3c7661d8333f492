/**
 * A data element for {@link dicomFile}: group, element, VR, value. Numbers are words of 16 bits, and a VR of another
 * length than two letters stands for an element whose bytes are given as a whole.
 */
export type Item = readonly [
  number,
  number,
  string,
  string | number | readonly number[] | Uint8Array | readonly Item[][],
]

/** How data elements are written: with or without VR, in which byte order. */
export type Form = 'explicit' | 'implicit' | 'big'

const syntaxes = {
  explicit: '1.2.840.10008.1.2.1',
  implicit: '1.2.840.10008.1.2',
  big: '1.2.840.10008.1.2.2',
}
const longVrs = new Set(['OB', 'OW', 'OF', 'OD', 'SQ', 'UN', 'UT', 'OV', 'OX'])

/** What {@link dicomFile} may do differently. */
export interface Build {
  /** The syntax that the file names; that of its form unless given. */
  readonly syntax?: string
  readonly form?: Form
  /** What stands before `DICM`, or whether anything does. */
  readonly preamble?: boolean | Uint8Array
  readonly meta?: boolean
  readonly metaForm?: Form
  readonly groupLength?: boolean
  /** Pixel data are written without length: the value holds the items. */
  readonly encapsulated?: boolean
}

/** The elements of a 4x3 film of 8 bits, replaced or joined by `items`; an empty value leaves one out. */
export function film(...items: Item[]): Item[] {
  const base: Item[] = [
    [0x0008, 0x0060, 'CS', 'DX'],
    [0x0018, 0x0015, 'CS', 'CHEST'],
    [0x0028, 0x0002, 'US', 1],
    [0x0028, 0x0004, 'CS', 'MONOCHROME2'],
    [0x0028, 0x0010, 'US', 3],
    [0x0028, 0x0011, 'US', 4],
    [0x0028, 0x0100, 'US', 8],
    [0x0028, 0x0101, 'US', 8],
    [0x0028, 0x0102, 'US', 7],
    [0x0028, 0x0103, 'US', 0],
    [0x7fe0, 0x0010, 'OB', Uint8Array.from({ length: 12 }, (_, i) => i * 20)],
  ]
  const key = ([group, element]: Item) => group * 65536 + element
  const replaced = new Map([...base, ...items].map((item) => [key(item), item]))
  return [...replaced.values()].filter(([, , , value]) => value !== '').sort((a, b) => key(a) - key(b))
}

/** A file in Explicit VR Little Endian unless another form is asked for, whatever syntax it names. */
export function dicomFile(items: readonly Item[], build: Build = {}): Uint8Array {
  const { form = 'explicit', preamble = true, meta = true, metaForm = 'explicit' } = build
  const { syntax = syntaxes[form], groupLength = false, encapsulated = false } = build
  const start = preamble === true ? new Uint8Array(128) : preamble
  const head = start ? [start, Buffer.from('DICM')] : []
  const uid = writeElement([0x0002, 0x0010, 'UI', syntax], metaForm)
  const length = writeElement([0x0002, 0x0000, 'UL', [uid.length, 0]], metaForm)
  const group2 = meta ? [...(groupLength ? [length] : []), uid] : []
  const rest = items.map((item) => writeElement(item, form, encapsulated && item[0] === 0x7fe0))
  return new Uint8Array(Buffer.concat([...head, ...group2, ...rest]))
}

/** An item of encapsulated pixel data; those of a sequence are the same. */
export function fragment(value: Uint8Array, form: Form = 'explicit'): Uint8Array {
  return Buffer.concat([numbers(form, [0xfffe, 0xe000]), long(form, value.length), value])
}

/** What ends encapsulated pixel data, and every sequence of undefined length. */
export const delimiter = Uint8Array.from([0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0])

/** The bytes of an element. */
export function writeElement(item: Item, form: Form = 'explicit', undefinedLength = false): Uint8Array {
  const [group, element, vr, value] = item
  if (vr.length !== 2) return value as Uint8Array
  const bytes = encode(vr, value, form)
  const tag = numbers(form, [group, element])
  const length = undefinedLength ? 0xffffffff : bytes.length
  if (form === 'implicit') return Buffer.concat([tag, long(form, length), bytes])
  const letters = Buffer.from(vr, 'latin1')
  const rest = longVrs.has(vr) ? [Buffer.alloc(2), long(form, length)] : [numbers(form, [bytes.length])]
  return Buffer.concat([tag, letters, ...rest, bytes])
}

function encode(vr: string, value: Item[3], form: Form): Uint8Array {
  if (value instanceof Uint8Array) return value
  if (typeof value === 'number') return numbers(form, [value])
  if (typeof value === 'string') {
    const padding = value.length % 2 === 0 ? '' : vr === 'UI' ? '\0' : ' '
    return Buffer.from(value + padding, 'latin1')
  }
  if (isWords(value)) return numbers(form, value)
  return Buffer.concat(
    value.map((items) => fragment(Buffer.concat(items.map((item) => writeElement(item, form))), form)),
  )
}

function isWords(value: readonly number[] | readonly Item[][]): value is readonly number[] {
  return typeof value[0] === 'number'
}

/** Words of 16 bits, signed or not, in the byte order of a form. */
export function numbers(form: Form, values: readonly number[]): Uint8Array {
  const bytes = Buffer.alloc(values.length * 2)
  values.forEach((value, i) => {
    if (form === 'big') bytes.writeUInt16BE(value & 0xffff, i * 2)
    else bytes.writeUInt16LE(value & 0xffff, i * 2)
  })
  return bytes
}

function long(form: Form, value: number): Uint8Array {
  const words = [value & 0xffff, value >>> 16]
  return numbers(form, form === 'big' ? words.reverse() : words)
}
