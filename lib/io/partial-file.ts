import { createHash, type Hash } from 'node:crypto'
import { type FileHandle, open, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { syncDirectory } from './sync-directory.js'

/** What a whole file must be. */
export interface Expected {
  /** Bytes. */
  readonly size?: number | undefined
  /** Hex, lower case. */
  readonly sha256?: string | undefined
  /** Hex: git's name of the content, which the Hub gives for files outside LFS. Used only with `size` and without `sha256`. */
  readonly gitSha1?: string | undefined
}

/** A download under way. Bytes are hashed as they are written, those of an earlier run when it is opened. */
export class PartialFile {
  readonly path: string
  readonly expected: Expected
  /** Bytes that are there. */
  size = 0
  /** Whether the bytes come from more than one answer of the server. */
  pieced = false
  /** What `If-Range` takes: the entity tag or date of the content that the bytes are of. */
  validator: string | undefined
  #hash: Hash | undefined
  readonly #handle: FileHandle

  private constructor(path: string, expected: Expected, handle: FileHandle) {
    this.path = path
    this.expected = expected
    this.#handle = handle
  }

  static async open(path: string, expected: Expected, signal?: AbortSignal): Promise<PartialFile> {
    const handle = await open(path, 'a+').then(async (created) => {
      // Reopened without O_APPEND, so that a restart can write from the beginning.
      await created.close()
      return open(path, 'r+')
    })
    const partial = new PartialFile(path, expected, handle)
    try {
      await partial.#resume(signal)
    } catch (error) {
      await handle.close()
      throw error
    }
    return partial
  }

  /** Forgets the bytes and starts again. */
  async restart(): Promise<void> {
    await this.#handle.truncate(0)
    this.size = 0
    this.pieced = false
    this.#hash = newHash(this.expected)
    await this.#setValidator(undefined)
  }

  /** Notes what the server calls the content; kept on disk where no checksum protects a later run from mixing two. */
  async describe(validator: string | undefined): Promise<void> {
    if (validator !== this.validator) await this.#setValidator(validator)
  }

  async append(chunk: Uint8Array): Promise<void> {
    let done = 0
    while (done < chunk.length) {
      const { bytesWritten } = await this.#handle.write(chunk, done, chunk.length - done, this.size + done)
      done += bytesWritten
    }
    this.#hash?.update(chunk)
    this.size += chunk.length
  }

  /** `undefined` when the bytes are what was expected, else what they are not. Call it once, at the end. */
  mismatch(): { what: string; expected: string; got: string } | undefined {
    const { size, sha256, gitSha1 } = this.expected
    if (size !== undefined && size !== this.size) {
      return { what: 'size', expected: `${size} bytes`, got: `${this.size} bytes` }
    }
    const got = this.#hash?.digest('hex')
    this.#hash = undefined
    const expected = sha256?.toLowerCase() ?? gitSha1
    if (got === undefined || expected === undefined || got === expected) return undefined
    return { what: sha256 === undefined ? 'git sha1' : 'sha256', expected, got }
  }

  /** Gives the whole file its name. */
  async finish(target: string): Promise<void> {
    // Its presence will mean that it is whole, so its bytes must be on the disk before its name is.
    await this.#handle.datasync()
    await this.#handle.close()
    await rename(this.path, target)
    await syncDirectory(dirname(target))
    await rm(this.#note, { force: true })
  }

  async discard(): Promise<void> {
    await this.close()
    await rm(this.path, { force: true })
    await rm(this.#note, { force: true })
  }

  /** Leaves the bytes for the next run. */
  async close(): Promise<void> {
    await this.#handle.close()
    if (this.size === 0) await rm(this.path, { force: true })
  }

  get #note(): string {
    return `${this.path}.etag`
  }

  get #checked(): boolean {
    return newHash(this.expected) !== undefined
  }

  async #resume(signal?: AbortSignal): Promise<void> {
    const { size } = await this.#handle.stat()
    const noted = await readFile(this.#note, 'utf8').catch(() => undefined)
    const tooLong = this.expected.size !== undefined && size > this.expected.size
    if (size === 0 || tooLong || (noted === undefined && !this.#checked)) return this.restart()
    this.#hash = newHash(this.expected)
    this.validator = noted
    this.pieced = true
    this.size = size
    if (this.#hash === undefined) return
    const buffer = Buffer.allocUnsafe(1 << 20)
    for (let position = 0; position < size; ) {
      signal?.throwIfAborted()
      const { bytesRead } = await this.#handle.read(buffer, 0, buffer.length, position)
      if (bytesRead === 0) return this.restart()
      this.#hash.update(buffer.subarray(0, bytesRead))
      position += bytesRead
    }
  }

  async #setValidator(validator: string | undefined): Promise<void> {
    this.validator = validator
    if (validator === undefined || this.#checked) await rm(this.#note, { force: true })
    else await writeFile(this.#note, validator)
  }
}

/** A running checksum of the kind that is expected, if any. */
export function newHash({ size, sha256, gitSha1 }: Expected): Hash | undefined {
  if (sha256 !== undefined) return createHash('sha256')
  if (gitSha1 === undefined || size === undefined) return undefined
  return createHash('sha1').update(`blob ${size}\0`)
}
