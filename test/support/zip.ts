import { writeFile } from 'node:fs/promises'
import { crc32, deflateRawSync } from 'node:zlib'

export interface ZipFile {
  readonly name: string
  readonly content: Uint8Array | string
  /** Stored by default. */
  readonly deflated?: boolean
  /** Written in place of the true CRC-32, to make a damaged archive. */
  readonly crc?: number
}

/** A zip archive in memory. */
export function makeZip(files: readonly ZipFile[]): Buffer {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const { name, content, deflated = false, crc } of files) {
    const raw = Buffer.from(content)
    const data = deflated ? deflateRawSync(raw) : raw
    const fields = Buffer.alloc(22)
    fields.writeUInt16LE(deflated ? 8 : 0, 0)
    fields.writeUInt32LE(0x5a21_0000, 2)
    fields.writeUInt32LE(crc ?? crc32(raw), 6)
    fields.writeUInt32LE(data.length, 10)
    fields.writeUInt32LE(raw.length, 14)
    fields.writeUInt16LE(Buffer.byteLength(name), 18)
    parts.push(head(0x0403_4b50, [20, 0]), fields, Buffer.from(name), data)
    const where = Buffer.alloc(14)
    where.writeUInt32LE(offset, 10)
    directory.push(head(0x0201_4b50, [20, 20, 0]), fields, where, Buffer.from(name))
    offset += 8 + 22 + Buffer.byteLength(name) + data.length
  }
  const index = Buffer.concat(directory)
  const end = Buffer.alloc(18)
  end.writeUInt16LE(files.length, 4)
  end.writeUInt16LE(files.length, 6)
  end.writeUInt32LE(index.length, 8)
  end.writeUInt32LE(offset, 12)
  return Buffer.concat([...parts, index, head(0x0605_4b50, []), end])
}

export async function writeZip(path: string, files: readonly ZipFile[]): Promise<Buffer> {
  const zip = makeZip(files)
  await writeFile(path, zip)
  return zip
}

function head(signature: number, words: readonly number[]): Buffer {
  const buffer = Buffer.alloc(4 + 2 * words.length)
  buffer.writeUInt32LE(signature, 0)
  for (const [index, word] of words.entries()) buffer.writeUInt16LE(word, 4 + 2 * index)
  return buffer
}
