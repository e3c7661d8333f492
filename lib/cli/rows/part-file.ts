import { type FileHandle, open, rename } from 'node:fs/promises'
import { BiovilError } from '../../errors.js'
import { UsageError } from '../command.js'

/** A file under construction: `PATH.part` until it is finished. */
export class PartFile {
  readonly #path: string
  readonly #file: FileHandle
  #bytes: number

  private constructor(path: string, file: FileHandle, bytes: number) {
    this.#path = path
    this.#file = file
    this.#bytes = bytes
  }

  /** @param bytes continue behind so many bytes; without them start anew */
  static async open(path: string, bytes: number | undefined): Promise<PartFile> {
    const file = await open(`${path}.part`, bytes === undefined ? 'w' : 'r+')
    if (bytes !== undefined) await file.truncate(bytes)
    return new PartFile(path, file, bytes ?? 0)
  }

  get bytes(): number {
    return this.#bytes
  }

  async append(data: Buffer): Promise<void> {
    for (let at = 0; at < data.length; ) {
      const { bytesWritten } = await this.#file.write(data, at, data.length - at, this.#bytes + at)
      at += bytesWritten
    }
    this.#bytes += data.length
  }

  /** Replaces the first bytes. */
  async overwrite(data: Buffer, length: number): Promise<void> {
    await this.#file.write(data, 0, length, 0)
  }

  sync(): Promise<void> {
    return this.#file.datasync()
  }

  async finish(): Promise<void> {
    await this.sync()
    await this.close()
    await rename(`${this.#path}.part`, this.#path)
  }

  async close(): Promise<void> {
    await this.#file.close().catch(() => {})
  }
}

/** Turns the system's errors of writing into ERR_DISK_FULL and ERR_OUTPUT. */
export async function guardWrite<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    if (cause instanceof BiovilError || cause instanceof UsageError || code === undefined) throw cause
    if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG') {
      throw new BiovilError(
        'ERR_DISK_FULL',
        `No space left for ${path}; free some and run again with --resume`,
        { cause },
      )
    }
    throw new BiovilError('ERR_OUTPUT', `Cannot write ${path}: ${message}`, { cause })
  }
}
