import type { FileHandle } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { elementCount, type PublishedTensor, type StateEntry } from './layout.js'
import { type PickledTensor, pickleStateDict } from './write-pickle.js'
import { centralRecord, endRecord, localHeader, type ZipRecord } from './write-zip.js'
import { type WeightWriter, writeAll } from './writer.js'

const root = 'archive'
/** In the archive's folder. */
export const markerMember = 'biovil.json'

/**
 * Writes what `torch.save(model.state_dict())` writes: a zip of stored members, aligned to 64 bytes. The bytes of the
 * entries that are neither integers nor shared must arrive in their order. One more member, which torch ignores, says
 * what the weights are: such a file has no other place for it, and may be copied anywhere.
 */
export class PytorchWriter implements WeightWriter {
  readonly dataBytes: number
  readonly #state: readonly StateEntry[]
  readonly #marker: string
  readonly #records: ZipRecord[] = []
  #position = 0
  #sum = 0
  #next = 0

  constructor(state: readonly StateEntry[], marker: Readonly<Record<string, unknown>>) {
    this.#state = state
    this.#marker = JSON.stringify(marker)
    this.dataBytes = state.filter(isWritten).reduce((bytes, { shape }) => bytes + 4 * elementCount(shape), 0)
  }

  async begin(file: FileHandle): Promise<void> {
    await this.#member(file, 'data.pkl', pickleStateDict(this.#stateDict()))
    await this.#member(file, '.format_version', Buffer.from('1'))
    await this.#member(file, '.storage_alignment', Buffer.from('64'))
    await this.#member(file, 'byteorder', Buffer.from('little'))
    for (const { integers } of this.#state) {
      if (integers === undefined) continue
      const bytes = new BigInt64Array(integers.map(BigInt))
      await this.#member(file, `data/${this.#next++}`, Buffer.from(bytes.buffer))
    }
  }

  /** The checksum in the header is written when it is known. */
  async beginTensor(file: FileHandle, tensor: PublishedTensor): Promise<void> {
    await this.#header(file, `data/${this.#next++}`, 4 * elementCount(tensor.shape), 0)
    this.#sum = 0
  }

  async write(file: FileHandle, bytes: Uint8Array): Promise<void> {
    this.#sum = crc32(bytes, this.#sum)
    await writeAll(file, bytes, this.#position)
    this.#position += bytes.length
  }

  async endTensor(file: FileHandle): Promise<void> {
    const record = this.#records.at(-1)
    if (record === undefined) return
    record.crc32 = this.#sum
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32LE(this.#sum)
    await writeAll(file, bytes, record.offset + 14)
  }

  async end(file: FileHandle): Promise<void> {
    await this.#member(file, 'version', Buffer.from('3\n'))
    await this.#member(file, markerMember, Buffer.from(this.#marker))
    const directory = Buffer.concat(this.#records.map(centralRecord))
    const end = endRecord(this.#records.length, directory.length, this.#position)
    await writeAll(file, Buffer.concat([directory, end]), this.#position)
  }

  /** Integers have the first storages, the written ones those after them. */
  #stateDict(): PickledTensor[] {
    const keys = new Map<string, number>()
    const integers = this.#state.filter((entry) => entry.integers !== undefined)
    for (const { name } of [...integers, ...this.#state.filter(isWritten)]) keys.set(name, keys.size)
    return this.#state.map(({ name, shape, integers: values, sharedWith }) => ({
      name,
      shape,
      storage: values === undefined ? 'FloatStorage' : 'LongStorage',
      key: keys.get(sharedWith ?? name) as number,
    }))
  }

  async #member(file: FileHandle, name: string, bytes: Buffer): Promise<void> {
    await this.#header(file, name, bytes.length, crc32(bytes))
    await writeAll(file, bytes, this.#position)
    this.#position += bytes.length
  }

  async #header(file: FileHandle, name: string, size: number, sum: number): Promise<void> {
    const record = { name: `${root}/${name}`, size, crc32: sum, offset: this.#position }
    const header = localHeader(record)
    this.#records.push(record)
    await writeAll(file, header, this.#position)
    this.#position += header.length
  }
}

/** Whether an entry's bytes come through `write`. */
function isWritten({ integers, sharedWith }: StateEntry): boolean {
  return integers === undefined && sharedWith === undefined
}
