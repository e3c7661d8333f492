import { constants, type Stats } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { abortable } from './abort.js'

/** A file has more bytes than the caller reads. */
export class FileTooLong extends Error {
  override readonly name = 'FileTooLong'

  constructor(limit: number) {
    super(`it has more than ${limit} bytes`)
  }
}

/** Where nothing is known of the size beforehand: /proc says 0 of all its files. */
export const firstRoom = 64 * 1024
/** So that an abort is noticed between two reads. */
const mostAtOnce = 16 * 1024 * 1024

/**
 * Opens a file for reading, and nothing else: a FIFO would wait for a writer, in a thread that nothing can interrupt, and
 * a device has no end.
 *
 * @throws what `open` does; an Error that says what is there instead of a regular file
 */
export async function openRegular(path: string): Promise<FileHandle> {
  requireRegular(await stat(path))
  // It may have been replaced since: opening does not wait either.
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    requireRegular(await handle.stat())
    return handle
  } catch (error) {
    await handle.close()
    throw error
  }
}

export interface ReadOptions {
  /** Most bytes to read: those that come count, not those that the system promised. */
  readonly limit: number
  readonly signal?: AbortSignal | undefined
  /** Waited for before memory is taken for a file of this size. */
  readonly beforeReading?: ((size: number) => Promise<void>) | undefined
}

/**
 * Reads a regular file.
 *
 * @returns memory that nobody else holds
 * @throws FileTooLong; what `openRegular` throws; the signal's reason, at once
 */
export function readRegular(path: string, options: ReadOptions): Promise<Buffer> {
  return abortable(read(path, options), options.signal)
}

/** Far above any configuration, vocabulary, graph or index. */
const small = 64 * 1024 * 1024

/** The bytes of a regular file of at most 64 MiB. */
export function readSmallFile(path: string): Promise<Buffer> {
  return readRegular(path, { limit: small })
}

async function read(path: string, { limit, signal, beforeReading }: ReadOptions): Promise<Buffer> {
  const handle = await openRegular(path)
  try {
    const { size } = await handle.stat()
    if (size > limit) throw new FileTooLong(limit)
    await beforeReading?.(size)
    // One byte more, so that the end shows.
    let bytes: Buffer = Buffer.allocUnsafeSlow(size === 0 ? Math.min(firstRoom, limit + 1) : size + 1)
    let length = 0
    for (;;) {
      signal?.throwIfAborted()
      const room = Math.min(bytes.length - length, mostAtOnce)
      const { bytesRead } = await handle.read(bytes, length, room, null)
      if (bytesRead === 0) return bytes.subarray(0, length)
      length += bytesRead
      if (length > limit) throw new FileTooLong(limit)
      if (length === bytes.length) bytes = grown(bytes, Math.min(2 * length, limit + 1))
    }
  } finally {
    await handle.close()
  }
}

/** The same bytes in memory of another length. */
export function grown(bytes: Buffer, length: number): Buffer {
  const larger = Buffer.allocUnsafeSlow(length)
  bytes.copy(larger)
  return larger
}

function requireRegular(stats: Stats): void {
  if (stats.isFile()) return
  const kind = stats.isDirectory()
    ? 'a directory'
    : stats.isFIFO()
      ? 'a FIFO'
      : stats.isSocket()
        ? 'a socket'
        : 'a device'
  throw Object.assign(new Error(`expected a file but it is ${kind}`), {
    code: stats.isDirectory() ? 'EISDIR' : 'EINVAL',
  })
}
