import { readFile, stat } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { argumentError, BiovilError, wrongType } from '../errors.js'
import type { ImageInput, RawPixels } from './types.js'

/** The bytes of a file, and what to call it in messages. */
export interface Source {
  readonly name: string
  readonly bytes: Uint8Array
}

/** Whether an input is raw pixels, which need no reading. */
export function isRaw(input: ImageInput): input is RawPixels {
  return typeof input === 'object' && input !== null && 'pixels' in input
}

/**
 * Brings a file into memory.
 *
 * @param limit most bytes that are read
 * @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_INPUT, ERR_IMAGE_TOO_LARGE; the signal's reason
 */
export async function readSource(
  input: Exclude<ImageInput, RawPixels>,
  limit: number,
  signal?: AbortSignal,
): Promise<Source> {
  signal?.throwIfAborted()
  if (typeof input === 'string') return { name: input, bytes: await readPath(input, limit, signal) }
  if (input instanceof URL) {
    const path = pathOf(input)
    return { name: path, bytes: await readPath(path, limit, signal) }
  }
  if (input instanceof Uint8Array) {
    if (input.byteLength > limit) throw tooManyBytes(input.byteLength, limit)
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

async function readPath(path: string, limit: number, signal?: AbortSignal): Promise<Uint8Array> {
  try {
    const { size } = await stat(path)
    if (size > limit) throw tooManyBytes(size, limit)
    return await readFile(path, signal === undefined ? {} : { signal })
  } catch (cause) {
    signal?.throwIfAborted()
    if (cause instanceof BiovilError) throw cause
    throw new BiovilError('ERR_INPUT', `Cannot read ${path}: ${(cause as Error).message}`, { cause })
  }
}

async function readStream(
  stream: NodeJS.ReadableStream,
  limit: number,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of untilAborted(stream, signal)) {
    if (!(chunk instanceof Uint8Array)) throw wrongType('a chunk of an image stream', 'a Uint8Array', chunk)
    size += chunk.byteLength
    if (size > limit) throw tooManyBytes(size, limit)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** The chunks of a stream, given up at once when the signal says so: a stalled stream would not notice. */
async function* untilAborted(stream: NodeJS.ReadableStream, signal?: AbortSignal): AsyncGenerator<unknown> {
  const chunks = stream[Symbol.asyncIterator]()
  let abort = () => {}
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal?.reason)
  })
  // It may reject while nobody waits.
  aborted.catch(() => {})
  signal?.addEventListener('abort', abort)
  let ended = false
  try {
    for (;;) {
      const next = await Promise.race([chunks.next(), aborted]).catch((error: unknown) => {
        signal?.throwIfAborted()
        throw new BiovilError('ERR_INPUT', `Cannot read the stream: ${(error as Error)?.message}`, {
          cause: error,
        })
      })
      ended = next.done === true
      if (ended) return
      yield next.value
    }
  } finally {
    signal?.removeEventListener('abort', abort)
    // Not awaited: it waits for the chunk that is under way.
    if (!ended) destroy(stream, chunks)
  }
}

function destroy(stream: NodeJS.ReadableStream, chunks: AsyncIterator<unknown>): void {
  if ('destroy' in stream && typeof stream.destroy === 'function') stream.destroy()
  else chunks.return?.()?.then(undefined, () => {})
}

function isStream(input: unknown): input is NodeJS.ReadableStream {
  return typeof input === 'object' && input !== null && Symbol.asyncIterator in input
}

function tooManyBytes(size: number, limit: number): BiovilError {
  return new BiovilError(
    'ERR_IMAGE_TOO_LARGE',
    `Expected an image of at most ${limit} bytes but it has ${size} or more. Raise the option maxPixels if it is genuine`,
  )
}
