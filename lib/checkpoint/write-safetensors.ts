import type { FileHandle } from 'node:fs/promises'
import { elementCount, type PublishedTensor } from './layout.js'
import { type WeightWriter, writeAll } from './writer.js'

/** Writes float32 tensors as safetensors, one after another: bytes must arrive in the order of `tensors`. */
export class SafetensorsWriter implements WeightWriter {
  readonly dataBytes: number
  readonly #header: Buffer
  #position: number

  constructor(tensors: readonly PublishedTensor[], metadata: Readonly<Record<string, string>>) {
    const header: Record<string, unknown> = { __metadata__: metadata }
    let end = 0
    for (const { name, shape } of tensors) {
      const begin = end
      end += 4 * elementCount(shape)
      header[name] = { dtype: 'F32', shape, data_offsets: [begin, end] }
    }
    const json = Buffer.from(JSON.stringify(header))
    // Spaces at the end keep the data aligned to 8 bytes.
    const length = Math.ceil(json.length / 8) * 8
    this.#header = Buffer.alloc(8 + length, ' ')
    this.#header.writeBigUInt64LE(BigInt(length))
    json.copy(this.#header, 8)
    this.#position = this.#header.length
    this.dataBytes = end
  }

  async begin(file: FileHandle): Promise<void> {
    await writeAll(file, this.#header, 0)
  }

  async write(file: FileHandle, bytes: Uint8Array): Promise<void> {
    await writeAll(file, bytes, this.#position)
    this.#position += bytes.length
  }
}
