import { createHash, type Hash } from 'node:crypto'
import { type FileHandle, open, rename, stat } from 'node:fs/promises'

/** How far a file under construction is good: what a later run can check it against. */
export interface PartState {
  readonly bytes: number
  /** Hex, of the bytes behind the header. */
  readonly sha256: string
}

/** A file under construction: `PATH.part` until it is finished. A header may be left out until the end. */
export class PartFile {
  readonly path: string
  readonly #file: FileHandle
  readonly #hash: Hash
  #bytes: number

  private constructor(path: string, file: FileHandle, bytes: number, hash: Hash) {
    this.path = path
    this.#file = file
    this.#bytes = bytes
    this.#hash = hash
  }

  /** @param header bytes at the beginning that are written last */
  static async create(path: string, header = 0): Promise<PartFile> {
    return new PartFile(path, await open(`${path}.part`, 'w'), header, createHash('sha256'))
  }

  /** Continues behind what an earlier run has written, or gives `undefined` where that is not there. */
  static async resume(path: string, state: PartState, header = 0): Promise<PartFile | undefined> {
    const file = await openIfThere(`${path}.part`, 'r+')
    if (file === undefined) return undefined
    const hash = await hashOf(file, header, state.bytes)
    if (hash?.copy().digest('hex') === state.sha256) {
      await file.truncate(state.bytes)
      return new PartFile(path, file, state.bytes, hash)
    }
    await file.close()
    return undefined
  }

  /** Whether the finished file is what an earlier run was about to give this name. */
  static async isFinished(path: string, state: PartState, header = 0): Promise<boolean> {
    const file = await openIfThere(path, 'r')
    if (file === undefined) return false
    try {
      const { size } = await file.stat()
      return size === state.bytes && (await hashOf(file, header, size))?.digest('hex') === state.sha256
    } finally {
      await file.close()
    }
  }

  get state(): PartState {
    return { bytes: this.#bytes, sha256: this.#hash.copy().digest('hex') }
  }

  async append(data: Uint8Array): Promise<void> {
    await this.#write(data, this.#bytes)
    this.#bytes += data.length
    this.#hash.update(data)
  }

  /** Replaces the first bytes. */
  writeHeader(data: Uint8Array): Promise<void> {
    return this.#write(data, 0)
  }

  /** @returns `length` bytes from a place */
  async read(position: number, length: number): Promise<Buffer> {
    const data = Buffer.alloc(length)
    const { bytesRead } = await this.#file.read(data, 0, length, position)
    return data.subarray(0, bytesRead)
  }

  sync(): Promise<void> {
    return this.#file.datasync()
  }

  /** Gives the file its name; its bytes must be synced, and its folder be synced after. */
  async finish(): Promise<void> {
    await this.close()
    await rename(`${this.path}.part`, this.path)
  }

  async close(): Promise<void> {
    await this.#file.close().catch(() => {})
  }

  async #write(data: Uint8Array, position: number): Promise<void> {
    for (let at = 0; at < data.length; ) {
      const { bytesWritten } = await this.#file.write(data, at, data.length - at, position + at)
      if (bytesWritten === 0) throw Object.assign(new Error('the system wrote nothing'), { code: 'EIO' })
      at += bytesWritten
    }
  }
}

async function openIfThere(path: string, flags: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, flags)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Hash of the bytes from `start` to `end`; `undefined` where the file ends before. */
async function hashOf(file: FileHandle, start: number, end: number): Promise<Hash | undefined> {
  const hash = createHash('sha256')
  const buffer = Buffer.allocUnsafe(1 << 20)
  for (let position = start; position < end; ) {
    const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, end - position), position)
    if (bytesRead === 0) return undefined
    hash.update(buffer.subarray(0, bytesRead))
    position += bytesRead
  }
  return hash
}

/** Whether a name is taken. */
export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
