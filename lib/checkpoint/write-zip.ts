/** One stored member of a zip file below 4 GB. */
export interface ZipRecord {
  readonly name: string
  readonly size: number
  crc32: number
  /** Of the local header. */
  readonly offset: number
}

const alignment = 64
const utf8Names = 0x800

/** The header before the data, padded as torch pads it, so that the data begins at a multiple of 64 bytes. */
export function localHeader(record: ZipRecord): Buffer {
  const name = Buffer.from(record.name)
  const unpadded = record.offset + 30 + name.length + 4
  const padding = (alignment - (unpadded % alignment)) % alignment
  const fields = Buffer.alloc(30)
  fields.writeUInt32LE(0x04034b50, 0)
  fields.writeUInt16LE(utf8Names, 6)
  fields.writeUInt32LE(record.crc32, 14)
  fields.writeUInt32LE(record.size, 18)
  fields.writeUInt32LE(record.size, 22)
  fields.writeUInt16LE(name.length, 26)
  fields.writeUInt16LE(4 + padding, 28)
  const extra = Buffer.alloc(4 + padding, 'Z')
  extra.write('FB', 0, 'latin1')
  extra.writeUInt16LE(padding, 2)
  return Buffer.concat([fields, name, extra])
}

/** The record of the directory at the end of the file. */
export function centralRecord(record: ZipRecord): Buffer {
  const name = Buffer.from(record.name)
  const fields = Buffer.alloc(46)
  fields.writeUInt32LE(0x02014b50, 0)
  fields.writeUInt16LE(utf8Names, 8)
  fields.writeUInt32LE(record.crc32, 16)
  fields.writeUInt32LE(record.size, 20)
  fields.writeUInt32LE(record.size, 24)
  fields.writeUInt16LE(name.length, 28)
  fields.writeUInt32LE(record.offset, 42)
  return Buffer.concat([fields, name])
}

export function endRecord(members: number, directoryBytes: number, directoryOffset: number): Buffer {
  const fields = Buffer.alloc(22)
  fields.writeUInt32LE(0x06054b50, 0)
  fields.writeUInt16LE(members, 8)
  fields.writeUInt16LE(members, 10)
  fields.writeUInt32LE(directoryBytes, 12)
  fields.writeUInt32LE(directoryOffset, 16)
  return fields
}
