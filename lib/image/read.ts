import { fileURLToPath } from 'node:url'
import { isUint8Array } from 'node:util/types'
import { argumentError, BiovilError, wrongType } from '../errors.js'
import { onAbort, untilAborted } from '../io/abort.js'
import { printableLine } from '../io/printable.js'
import { FileTooLong, firstRoom, grown, readRegular } from '../io/regular-file.js'
import { Pace } from '../pace.js'
import type { MemoryClaim } from './memory.js'
import type { ImageInput, RawPixels } from './types.js'

/** The bytes of a file, in memory that nobody else holds, and what to call it in messages. */
export interface Source {
  readonly name: string
  readonly bytes: Uint8Array
}

interface ReadOptions {
  /** Most bytes that are read. */
  readonly limit: number
  readonly memory: MemoryClaim
  readonly signal: AbortSignal | undefined
}

/**
 * Brings a file into memory.
 *
 * @param input bytes are taken as they are: the caller gave them away
 * @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_INPUT, ERR_IMAGE_TOO_LARGE; the signal's reason
 */
export async function readSource(
  input: Exclude<ImageInput, RawPixels>,
  options: ReadOptions,
): Promise<Source> {
  const { limit, signal } = options
  signal?.throwIfAborted()
  if (typeof input === 'string') return readPath(input, options)
  if (input instanceof URL) return readPath(pathOf(input), options)
  if (isUint8Array(input)) {
    if (input.byteLength > limit) throw tooManyBytes(limit)
    return { name: 'image', bytes: input }
  }
  if (isStream(input)) return { name: 'stream', bytes: await readStream(input, limit, signal) }
  throw wrongType(
    'an image',
    'a path, a file URL, a Uint8Array, a readable stream or { pixels, width, height }',
    input,
  )
}

function pathOf(url: URL): string {
  if (url.protocol === 'file:') return fileURLToPath(url)
  throw argumentError(
    'ERR_INVALID_ARG_VALUE',
    `Expected a file: URL for an image but received a ${url.protocol} URL. Download the image first`,
  )
}

async function readPath(path: string, { limit, memory, signal }: ReadOptions): Promise<Source> {
  const name = printableLine(path)
  try {
    const bytes = await readRegular(path, { limit, signal, beforeReading: (size) => memory.forFile(size) })
    return { name, bytes }
  } catch (cause) {
    signal?.throwIfAborted()
    if (cause instanceof FileTooLong) throw tooManyBytes(limit)
    const reason = printableLine((cause as Error).message)
    throw new BiovilError('ERR_INPUT', `Cannot read ${name}: ${reason}`, { cause })
  }
}

async function readStream(
  stream: NodeJS.ReadableStream,
  limit: number,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  // One piece of memory, since that of many small chunks would be far more than their bytes.
  let bytes: Buffer = Buffer.allocUnsafeSlow(firstRoom)
  let size = 0
  // At once: its own end may wait for a chunk that never comes.
  const destroy = () => {
    if ('destroy' in stream && typeof stream.destroy === 'function') stream.destroy()
  }
  const off = onAbort(signal, destroy)
  const pace = new Pace(signal)
  try {
    for await (const chunk of untilAborted(stream as AsyncIterable<unknown>, signal)) {
      if (!isUint8Array(chunk)) throw wrongType('a chunk of an image stream', 'a Uint8Array', chunk)
      const end = size + chunk.byteLength
      if (end > limit) throw tooManyBytes(limit)
      if (end > bytes.length) bytes = grown(bytes, Math.max(end, 2 * size))
      // Copied, for whoever sent it may use its memory again.
      bytes.set(chunk, size)
      size = end
      // A source that never waits would keep the signal's own timer from running.
      if (pace.due) await pace.rest()
    }
  } catch (cause) {
    signal?.throwIfAborted()
    if ((cause as { code?: unknown }).code === 'ERR_INVALID_ARG_TYPE' || cause instanceof BiovilError)
      throw cause
    throw new BiovilError('ERR_INPUT', `Cannot read the stream: ${(cause as Error)?.message}`, { cause })
  } finally {
    off()
    destroy()
  }
  return bytes.subarray(0, size)
}

function isStream(input: unknown): input is NodeJS.ReadableStream {
  return typeof input === 'object' && input !== null && Symbol.asyncIterator in input
}

function tooManyBytes(limit: number): BiovilError {
  return new BiovilError(
    'ERR_IMAGE_TOO_LARGE',
    `Expected an image of at most ${limit} bytes but it has more. Raise the option maxPixels if it is genuine`,
  )
}
