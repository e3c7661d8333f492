// The thread that runs the decoders of compressed frames: they block for long, and damaged streams can hang them.
import { parentPort, workerData } from 'node:worker_threads'
import { type Decode, type Decoder, type Job, type Samples, sampleBytes } from './codecs/types.js'

export interface Answer {
  readonly samples?: Samples
  readonly error?: string
}

/** What is used here of the WebAssembly globals, which the type library of Node lacks. */
interface Globals {
  readonly WebAssembly: { readonly Memory: { readonly prototype: Memory } }
}

interface Memory {
  readonly buffer: ArrayBufferLike
  grow(pages: number): number
}

const loaders: Record<Decoder, () => Promise<{ decode: Decode }>> = {
  'jpeg-8': () => import('./codecs/jpeg-8.js'),
  'jpeg-12': () => import('./codecs/jpeg-12.js'),
  'jpeg-lossless': () => import('./codecs/jpeg-lossless.js'),
  'jpeg-ls': () => import('./codecs/jpeg-ls.js'),
  'jpeg-2000': () => import('./codecs/jpeg-2000.js'),
  htj2k: () => import('./codecs/htj2k.js'),
}

limitMemory()
parentPort?.on('message', async (job: Job) => {
  const answer = await run(job)
  parentPort?.postMessage(answer, answer.samples ? [answer.samples.bytes.buffer] : [])
})

async function run(job: Job): Promise<Answer> {
  try {
    const { decode } = await loaders[job.decoder]()
    const samples = await decode(job)
    const expected = sampleBytes(job)
    if (samples.bytes.length !== expected) {
      throw new Error(`decoded ${samples.bytes.length} of ${expected} bytes`)
    }
    return { samples }
  } catch (error) {
    return { error: error instanceof Error ? error.message : `code ${String(error)}` }
  }
}

/** A damaged stream can ask a decoder for gigabytes: its memory stops growing at a limit, and it fails. */
function limitMemory(): void {
  const { maxMemory } = workerData as { maxMemory: number }
  const memory = (globalThis as unknown as Globals).WebAssembly.Memory.prototype
  const grow = memory.grow
  memory.grow = function (this: Memory, pages: number) {
    if (this.buffer.byteLength + pages * 65536 > maxMemory) throw new RangeError('memory limit')
    return grow.call(this, pages)
  }
}
