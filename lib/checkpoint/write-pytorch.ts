import type { FileHandle } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { elementCount, type PublishedTensor, positionIds, tiedNames } from './layout.js'
import { type PickledTensor, pickleStateDict } from './write-pickle.js'
import { centralRecord, endRecord, localHeader, type ZipRecord } from './write-zip.js'
import { type WeightWriter, writeAll } from './writer.js'

const root = 'archive'

/**
 * Writes what `torch.save(model.state_dict())` writes: a zip of stored members, aligned to 64 bytes, with the position
 * ids and the tied names of the published file. Bytes must arrive in the order of `tensors`.
 */
export class PytorchWriter implements WeightWriter {
  readonly dataBytes: number
  readonly #tensors: readonly PublishedTensor[]
  readonly #positions: number
  readonly #records: ZipRecord[] = []
  #position = 0
  #sum = 0
  #next = 1

  constructor(tensors: readonly PublishedTensor[], positions: number) {
    this.#tensors = tensors
    this.#positions = positions
    this.dataBytes = tensors.reduce((bytes, { shape }) => bytes + 4 * elementCount(shape), 0)
  }

  async begin(file: FileHandle): Promise<void> {
    await this.#member(file, 'data.pkl', pickleStateDict(this.#stateDict()))
    await this.#member(file, '.format_version', Buffer.from('1'))
    await this.#member(file, '.storage_alignment', Buffer.from('64'))
    await this.#member(file, 'byteorder', Buffer.from('little'))
    const ids = Buffer.alloc(8 * this.#positions)
    for (let i = 0; i < this.#positions; i++) ids.writeBigInt64LE(BigInt(i), 8 * i)
    await this.#member(file, 'data/0', ids)
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
    const directory = Buffer.concat(this.#records.map(centralRecord))
    const end = endRecord(this.#records.length, directory.length, this.#position)
    await writeAll(file, Buffer.concat([directory, end]), this.#position)
  }

  /** All names in the published order; a tied name points to the storage of the other one. */
  #stateDict(): PickledTensor[] {
    const own = new Map(this.#tensors.map((tensor, i) => [tensor.name, { ...tensor, key: i + 1 }]))
    const dict: PickledTensor[] = [
      { name: positionIds, storage: 'LongStorage', key: 0, shape: [1, this.#positions] },
    ]
    for (const tensor of own.values()) {
      dict.push({ ...tensor, storage: 'FloatStorage' })
      if (tensor.name !== 'cls.predictions.transform.LayerNorm.bias') continue
      for (const [name, target] of Object.entries(tiedNames)) {
        const shared = own.get(target)
        if (shared) dict.push({ ...shared, name, storage: 'FloatStorage' })
      }
    }
    return dict
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
