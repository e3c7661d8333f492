// Scenarios that could take a process down, each run in a process of its own: argv = scenario, directory. A scenario
// that reaches its end prints `done` and whatever the test wants to know.
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { engineOptions, ids, loadBinding, programOptions, work } from './tiny.js'

const self = fileURLToPath(import.meta.url)
const [, , scenario = ''] = process.argv
const directory: string = isMainThread ? (process.argv[3] ?? tmpdir()) : workerData
const { binding } = loadBinding()

async function program() {
  await binding.loadEngine(await engineOptions())
  return binding.Program.load(programOptions(directory))
}

function collectGarbage(): void {
  if (globalThis.gc === undefined) throw new Error('start with --expose-gc')
  globalThis.gc()
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

const scenarios: Record<string, () => Promise<unknown>> = {
  /** Each worker thread has a run under way and more in the queue when it is terminated. */
  async 'terminate-workers'() {
    const kept = await program()
    for (let round = 0; round < 10; round++) {
      const workers = Array.from({ length: 10 }, () => new Worker(self, { workerData: directory }))
      await Promise.all(
        workers.map(async (worker, i) => {
          await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
          await sleep(i)
          await worker.terminate()
        }),
      )
    }
    return (await kept.run('embed', [ids(1, 2)]))[0]?.dims
  },

  async 'exit-while-running'() {
    const running = await program()
    for (let i = 0; i < 5; i++) void work(running, 100)
    setTimeout(() => process.exit(7), 20)
    await sleep(60_000)
  },

  async 'exit-while-loading'() {
    const options = await engineOptions()
    void binding.loadEngine(options)
    await sleep(20)
    process.exit(7)
  },

  async 'collect-while-running'() {
    let running: Awaited<ReturnType<typeof program>> | undefined = await program()
    const results = Array.from({ length: 5 }, () => work(running as never, 50))
    running = undefined
    for (let i = 0; i < 20; i++) {
      collectGarbage()
      await sleep(5)
    }
    return (await Promise.all(results)).map(([tensor]) => tensor?.dims.join('x')).join(' ')
  },

  async 'close-while-running'() {
    const running = await program()
    const results = Array.from({ length: 5 }, () => work(running, 50))
    running.close()
    running.close()
    const refused = await running.run('embed', [ids(1)]).catch((error) => error.code)
    return [(await Promise.all(results)).length, refused].join(' ')
  },

  async 'two-programs'() {
    const [a, b] = await Promise.all([program(), program()])
    const both = await Promise.all([work(a, 20), work(b, 20), work(a, 20), work(b, 20)])
    a.close()
    return [...both, await work(b, 1)].length
  },

  /** Memory after 100 and after 1,000 cycles of load, run, close; in MB. */
  async leak() {
    await binding.loadEngine(await engineOptions())
    const options = programOptions(directory)
    const measured: number[] = []
    for (let cycle = 1; cycle <= 1000; cycle++) {
      const one = await binding.Program.load(options)
      await one.run('embed', [ids(1, 2, 3)])
      one.close()
      if (cycle === 100 || cycle === 1000) {
        collectGarbage()
        await sleep(100)
        measured.push(process.memoryUsage.rss() / 1e6)
      }
    }
    return JSON.stringify(measured)
  },

  /** A process with a program and nothing to do must end by itself. */
  async idle() {
    await (await program()).run('embed', [ids(1)])
    return 'idle'
  },
}

if (isMainThread) {
  const result = await scenarios[scenario]?.()
  process.stdout.write(`done ${String(result)}\n`)
} else {
  const running = await program()
  for (let i = 0; i < 3; i++) void work(running, 30)
  parentPort?.postMessage('running')
  await sleep(60_000)
}
