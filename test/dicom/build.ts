/** A data element for {@link dicomFile}: group, element, VR, value. */
export type Item = readonly [number, number, string, string | number | Uint8Array | readonly Item[][]]

const explicitLittleEndian = '1.2.840.10008.1.2.1'
const longVrs = new Set(['OB', 'OW', 'OF', 'OD', 'SQ', 'UN', 'UT', 'OV'])

/** What {@link dicomFile} may do differently. */
export interface Build {
  readonly syntax?: string
  readonly preamble?: boolean
  readonly meta?: boolean
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

/** A file in Explicit VR Little Endian, whatever syntax it names. */
export function dicomFile(items: readonly Item[], build: Build = {}): Uint8Array {
  const { syntax = explicitLittleEndian, preamble = true, meta = true, encapsulated = false } = build
  const head = preamble ? [new Uint8Array(128), Buffer.from('DICM')] : []
  const group2 = meta ? [write([0x0002, 0x0010, 'UI', syntax], false)] : []
  const rest = items.map((item) => write(item, encapsulated && item[0] === 0x7fe0))
  return new Uint8Array(Buffer.concat([...head, ...group2, ...rest]))
}

/** An item of encapsulated pixel data; those of a sequence are the same. */
export function fragment(value: Uint8Array): Uint8Array {
  const head = Buffer.from([0xfe, 0xff, 0x00, 0xe0, 0, 0, 0, 0])
  head.writeUInt32LE(value.length, 4)
  return Buffer.concat([head, value])
}

/** What ends encapsulated pixel data. */
export const delimiter = Uint8Array.from([0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0])

function write([group, element, vr, value]: Item, undefinedLength: boolean): Uint8Array {
  const bytes = encode(vr, value)
  const long = longVrs.has(vr)
  const head = Buffer.alloc(long ? 12 : 8)
  head.writeUInt16LE(group, 0)
  head.writeUInt16LE(element, 2)
  head.write(vr, 4, 'latin1')
  if (long) head.writeUInt32LE(undefinedLength ? 0xffffffff : bytes.length, 8)
  else head.writeUInt16LE(bytes.length, 6)
  return Buffer.concat([head, bytes])
}

function encode(vr: string, value: Item[3]): Uint8Array {
  if (value instanceof Uint8Array) return value
  if (typeof value === 'number') {
    const word = Buffer.alloc(2)
    if (vr === 'SS') word.writeInt16LE(value)
    else word.writeUInt16LE(value)
    return word
  }
  if (typeof value === 'string') {
    const padding = value.length % 2 === 0 ? '' : vr === 'UI' ? '\0' : ' '
    return Buffer.from(value + padding, 'latin1')
  }
  return Buffer.concat(value.map((items) => fragment(Buffer.concat(items.map((item) => write(item, false))))))
}
