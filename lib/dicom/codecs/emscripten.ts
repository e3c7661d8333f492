import { createRequire } from 'node:module'
import { type Job, type Samples, sampleBytes } from './types.js'

const require = createRequire(import.meta.url)

/** The shape that the Cornerstone codecs share. */
interface StreamDecoder {
  getEncodedBuffer(length: number): Uint8Array
  getDecodedBuffer(): Uint8Array
  decode(): void
  getFrameInfo(): FrameInfo
  getInterleaveMode?(): number
  delete(): void
}

interface FrameInfo {
  readonly width: number
  readonly height: number
  readonly componentCount: number
  readonly bitsPerSample: number
}

type Library = Record<string, new () => StreamDecoder>
type Factory = (module: object) => Promise<Library>

const libraries = new Map<string, Promise<Library>>()

/** Decodes a stream with a class of one of the WebAssembly builds, which is loaded on first use. */
export async function decodeWith(name: string, className: string, job: Job): Promise<Samples> {
  try {
    const Class = (await load(name))[className]
    if (!Class) throw new Error(`${name} has no ${className}`)
    const decoder = new Class()
    decoder.getEncodedBuffer(job.stream.length).set(job.stream)
    decoder.decode()
    const samples = readSamples(decoder, job)
    decoder.delete()
    return samples
  } catch (error) {
    // An aborted instance is in no known state, and a failed one keeps its memory: take a new one next time.
    libraries.delete(name)
    throw error
  }
}

function load(name: string): Promise<Library> {
  let library = libraries.get(name)
  if (!library) {
    const quiet = { print() {}, printErr() {} }
    library = (require(name) as Factory)(quiet)
    libraries.set(name, library)
  }
  return library
}

function readSamples(decoder: StreamDecoder, job: Job): Samples {
  const info = decoder.getFrameInfo()
  if (info.width !== job.width || info.height !== job.height || info.componentCount !== job.components) {
    throw new Error(`decoded ${info.width}x${info.height}x${info.componentCount}`)
  }
  const decoded = decoder.getDecodedBuffer()
  const expected = sampleBytes(job)
  if (decoded.length < expected) throw new Error(`decoded ${decoded.length} of ${expected} bytes`)
  return {
    bytes: new Uint8Array(decoded.subarray(0, expected)),
    planar: job.components > 1 && decoder.getInterleaveMode?.() === 0,
  }
}
