import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { onAbort } from '../io/abort.js'
import type { Answer } from './codec-worker.js'
import type { Job, Samples } from './codecs/types.js'
import { damaged } from './failure.js'

/** What a decoder may take: a start, and so much for each million samples. Measured: 0.2 s (JPEG 2000). */
const baseMilliseconds = 4000
const millisecondsPerMillion = 2000
/** Threads that nobody needs end after this time, for the memory of a WebAssembly instance never shrinks. */
const idleMilliseconds = 5000
/** Of a decoder. OpenJPEG, which needs most, was measured at 13 bytes a sample, its streams included. */
const baseMemory = 128 * 2 ** 20
const memoryPerSample = 24

interface Thread {
  readonly worker: Worker
  readonly maxMemory: number
  idle?: NodeJS.Timeout
}

interface Waiting {
  readonly job: Job
  readonly signal: AbortSignal | undefined
  readonly milliseconds: number
  resolve(samples: Samples): void
  reject(error: unknown): void
}

const limit = Math.max(1, Math.min(4, availableParallelism()))
const resting: Thread[] = []
const queue: Waiting[] = []
let running = 0

/** Decodes a stream in a thread of its own, within a limit of time and memory. */
export function decodeInThread(
  job: Job,
  signal?: AbortSignal,
  milliseconds = baseMilliseconds + (millisecondsPerMillion * samplesOf(job)) / 1e6,
): Promise<Samples> {
  return new Promise((resolve, reject) => {
    queue.push({ job, signal, milliseconds, resolve, reject })
    next()
  })
}

function samplesOf({ width, height, components }: Job): number {
  return width * height * components
}

function next(): void {
  while (running < limit) {
    const waiting = queue.shift()
    if (!waiting) return
    if (waiting.signal?.aborted) {
      waiting.reject(waiting.signal.reason)
      continue
    }
    running++
    run(waiting)
      .then(waiting.resolve, waiting.reject)
      .finally(() => {
        running--
        next()
      })
  }
}

async function run({ job, signal, milliseconds }: Waiting): Promise<Samples> {
  const thread = takeThread(baseMemory + samplesOf(job) * memoryPerSample)
  try {
    const answer = await ask(thread.worker, job, milliseconds, signal)
    rest(thread)
    if (!answer.samples) throw damaged(`the ${job.decoder} stream cannot be decoded`, new Error(answer.error))
    return answer.samples
  } catch (error) {
    if (!resting.includes(thread)) await thread.worker.terminate()
    throw error
  }
}

function takeThread(maxMemory: number): Thread {
  const index = resting.findLastIndex((thread) => thread.maxMemory >= maxMemory)
  const [rested] = index < 0 ? [] : resting.splice(index, 1)
  if (rested) {
    clearTimeout(rested.idle)
    rested.worker.ref()
    return rested
  }
  return startThread(maxMemory)
}

function startThread(maxMemory: number): Thread {
  const worker = new Worker(new URL('./codec-worker.js', import.meta.url), {
    workerData: { maxMemory },
    resourceLimits: { maxOldGenerationSizeMb: Math.ceil(maxMemory / 2 ** 20) },
    // Not shown, and not read either: reading would keep the process alive. The decoders are told to be quiet.
    stdout: true,
    stderr: true,
  })
  const thread: Thread = { worker, maxMemory }
  // A thread that breaks down while it rests is not used again.
  worker.on('error', () => {}).on('exit', () => forget(thread))
  return thread
}

function forget(thread: Thread): void {
  const index = resting.indexOf(thread)
  if (index >= 0) resting.splice(index, 1)
}

function rest(thread: Thread): void {
  thread.worker.unref()
  thread.idle = setTimeout(() => {
    forget(thread)
    void thread.worker.terminate()
  }, idleMilliseconds).unref()
  resting.push(thread)
}

/** Posts the job and waits for its answer; whatever else happens first is an error, and the thread is lost. */
function ask(worker: Worker, job: Job, allowed: number, signal: AbortSignal | undefined): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => {
      settle()
      reject(error)
    }
    const onMessage = (answer: Answer) => {
      settle()
      resolve(answer)
    }
    const onError = (error: Error) => fail(damaged(`the ${job.decoder} decoder broke down`, error))
    const onExit = () => fail(damaged(`the ${job.decoder} decoder broke down`))
    const off = onAbort(signal, () => fail(signal?.reason))
    const timer = setTimeout(
      () => fail(damaged(`the ${job.decoder} stream was not decoded within ${Math.round(allowed)} ms`)),
      allowed,
    )
    const settle = () => {
      clearTimeout(timer)
      worker.off('message', onMessage).off('error', onError).off('exit', onExit)
      off()
    }
    worker.on('message', onMessage).on('error', onError).on('exit', onExit)
    // A copy of its own: a view would take the whole file along.
    const stream = new Uint8Array(job.stream)
    worker.postMessage({ ...job, stream }, [stream.buffer])
  })
}
