import type { FileHandle } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { type Entry, fromRandomAccessReaderPromise, RandomAccessReader, type ZipFile } from 'yauzl'
import { BiovilError } from '../errors.js'
import { corrupt, readExactly, truncated, unsupported } from './file.js'
import type { ChecksumOptions } from './types.js'

/** A stored (never compressed) member of a zip file. */
export interface ZipMember {
  readonly name: string
  /** Byte offset of the data in the file. */
  readonly offset: number
  readonly size: number
  readonly crc32: number
}

/** One a storage and a few more: BERT-base has 200. */
const maxMembers = 10_000
const chunkBytes = 4 * 1024 * 1024

const windowBytes = 16 * 1024

/**
 * Reads a window at a time, for zip headers are small and near each other. The bounds are checked here because `fs.read`
 * throws outside any promise for the offsets that a damaged zip64 record holds.
 */
class BoundedReader extends RandomAccessReader {
  readonly #handle: FileHandle
  readonly #path: string
  readonly #size: number
  #window: Buffer = Buffer.alloc(0)
  #start = 0

  constructor(handle: FileHandle, path: string, size: number) {
    super()
    this.#handle = handle
    this.#path = path
    this.#size = size
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null) => void,
  ): void {
    this.#fill(position, length).then(() => {
      this.#window.copy(buffer, offset, position - this.#start, position - this.#start + length)
      callback(null)
    }, callback)
  }

  async #fill(position: number, length: number): Promise<void> {
    if (!Number.isSafeInteger(position) || position < 0 || position + length > this.#size) {
      throw new Error(`unexpected EOF: ${length} bytes at ${position} of ${this.#size}`)
    }
    if (position >= this.#start && position + length <= this.#start + this.#window.length) return
    const bytes = Math.min(Math.max(length, windowBytes), this.#size - position)
    this.#window = await readExactly(this.#handle, this.#path, position, bytes)
    this.#start = position
  }
}

/** Lists the members of a zip file, by name. `size` is the size of the file. */
export async function readZip(
  handle: FileHandle,
  path: string,
  size: number,
): Promise<Map<string, ZipMember>> {
  const members = new Map<string, ZipMember>()
  try {
    const zip = await fromRandomAccessReaderPromise(new BoundedReader(handle, path, size), size, {
      autoClose: false,
    })
    if (zip.entryCount > maxMembers) throw corrupt(path, `its directory announces ${zip.entryCount} members`)
    // The whole directory first: each turn between it and the headers would cost a window.
    const entries: Entry[] = []
    for await (const entry of zip.eachEntry()) entries.push(entry)
    for (const entry of entries) {
      if (members.has(entry.fileName)) throw corrupt(path, `two members are named ${entry.fileName}`)
      members.set(entry.fileName, await locate(zip, entry, path))
    }
  } catch (error) {
    throw error instanceof BiovilError ? error : zipError(path, error)
  }
  return members
}

async function locate(zip: ZipFile, entry: Entry, path: string): Promise<ZipMember> {
  const name = entry.fileName
  if (entry.isEncrypted() || entry.compressionMethod !== 0) {
    throw unsupported(
      path,
      `member ${name} is compressed or encrypted; torch.save stores its members as they are`,
    )
  }
  const header = await zip.readLocalFileHeaderPromise(entry, { minimal: false })
  // Directory and local header must agree, or another reader would see another tensor.
  if (!header.fileName.equals(entry.fileNameRaw) || header.compressionMethod !== 0) {
    throw corrupt(path, `member ${name} has a header that differs from the zip directory`)
  }
  return { name, offset: header.fileDataStart, size: entry.uncompressedSize, crc32: entry.crc32 }
}

function zipError(path: string, error: unknown): BiovilError {
  const message = error instanceof Error ? error.message : String(error)
  if (/record signature not found|unexpected EOF|overflows file bounds/.test(message)) {
    return truncated(path, `its zip directory is missing or points beyond the end (${message})`, error)
  }
  return corrupt(path, `its zip directory cannot be read (${message})`, error)
}

/**
 * Compares the CRC-32 of one member with the directory. Reads a few MB at a time, so that neither the event loop nor
 * memory notices. `describe` names what the member holds, for the message.
 */
export async function verifyMember(
  handle: FileHandle,
  path: string,
  member: ZipMember,
  describe: () => string,
  options: ChecksumOptions,
): Promise<void> {
  const buffer = Buffer.allocUnsafe(Math.min(chunkBytes, member.size))
  let sum = 0
  for (let done = 0; done < member.size; ) {
    options.signal?.throwIfAborted()
    const length = Math.min(buffer.length, member.size - done)
    const { bytesRead } = await handle.read(buffer, 0, length, member.offset + done)
    if (bytesRead === 0)
      throw truncated(path, `${describe()} is cut off after ${done} of ${member.size} bytes`)
    sum = crc32(buffer.subarray(0, bytesRead), sum)
    done += bytesRead
    options.onBytes(bytesRead)
  }
  if (sum !== member.crc32) {
    throw corrupt(path, `the checksum of ${describe()} is ${hex(sum)}, expected ${hex(member.crc32)}`)
  }
}

function hex(value: number): string {
  return value.toString(16).padStart(8, '0')
}
