// What JavaScript can do to the addon while it is being called, each in a process of its own: argv = scenario, directory.
// A scenario that reaches its end prints `done` and what came of it.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { FilmOptions, ProgramOptions, Tensor } from '../../binding.d.ts'
import { engineOptions, ids, loadBinding, programOptions, work } from './tiny.js'

const [, , scenario = '', directory = ''] = process.argv
const { binding } = loadBinding()

async function program() {
  await binding.loadEngine(await engineOptions())
  return binding.Program.load(programOptions(directory))
}

/** How a promise or a call ends, in a word. */
async function outcome(call: () => unknown): Promise<string> {
  try {
    await call()
    return 'fulfilled'
  } catch (error) {
    const { name, code } = error as NodeJS.ErrnoException
    return `${name} ${code}`
  }
}

const settled = (promise: Promise<unknown>) =>
  Promise.race([
    outcome(() => promise),
    new Promise<string>((resolve) => setTimeout(resolve, 10_000, 'still pending')),
  ])

const film: FilmOptions = {
  width: 4,
  height: 4,
  channels: 1,
  resize: 2,
  crop: 2,
  film: false,
  percentiles: Float64Array.of(0, 100),
}

const scenarios: Record<string, () => Promise<readonly string[]>> = {
  /** Getters and proxies that close the program between its call and its run. */
  async 'close-in-a-getter'() {
    const outcomes: string[] = []
    for (const make of [
      (close: () => undefined) => ({
        type: 'int32',
        dims: [1, 1],
        get data() {
          close()
          return Int32Array.of(1)
        },
      }),
      (close: () => undefined) => new Proxy(ids(1), { get: (of, key) => Reflect.get(of, close() ?? key) }),
      (close: () => undefined) =>
        new Proxy(ids(1), {
          getOwnPropertyDescriptor: (of, key) => Reflect.getOwnPropertyDescriptor(of, close() ?? key),
        }),
    ]) {
      const closing = await program()
      outcomes.push(await outcome(() => closing.run('embed', [make(() => void closing.close()) as Tensor])))
    }
    return outcomes
  },

  /** Getters that take or shrink memory that was named before. */
  async 'take-memory-in-a-getter'() {
    const running = await program()
    const taken = { type: 'float32', dims: [4096], data: new Float32Array(4096) } as const
    const samples = new Float32Array(16)
    const buffer = new (
      ArrayBuffer as unknown as new (
        size: number,
        options: object,
      ) => ArrayBuffer & { resize(size: number): void }
    )(16, { maxByteLength: 1 << 20 })
    const grown = new Uint8Array(buffer)
    return Promise.all([
      outcome(() =>
        running.run('echo', [
          taken,
          {
            type: 'float32',
            get dims() {
              structuredClone(taken.data, { transfer: [taken.data.buffer] })
              return [1]
            },
            data: Float32Array.of(1),
          },
        ]),
      ),
      outcome(() =>
        binding.prepareFilm(samples, {
          ...film,
          get film() {
            structuredClone(samples, { transfer: [samples.buffer] })
            return false
          },
        }),
      ),
      outcome(() =>
        binding.prepareFilm(grown, {
          ...film,
          get film() {
            buffer.resize(4)
            return false
          },
        }),
      ),
    ])
  },

  /** An allocation on the JavaScript thread that fails. */
  async 'out-of-memory'() {
    const running = await program()
    const data = new Uint8Array(1 << 30)
    const [, kilobytes = ''] = /VmSize:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
    const limit = Number(kilobytes) * 1024 + (256 << 20)
    execFileSync('prlimit', ['--pid', String(process.pid), `--as=${limit}`])
    const outcomes = [
      await outcome(() => running.run('echo', [{ type: 'uint8', dims: [data.length], data }])),
    ]
    outcomes.push(await outcome(() => running.run('embed', [ids(1)])))
    return outcomes
  },

  /** Libraries and test runners emit `exit` in a process that goes on. */
  async 'exit-event'() {
    const options = await engineOptions()
    const running = await program()
    const runs = Array.from({ length: 3 }, () => settled(work(running, 100)))
    const films = Array.from({ length: 50 }, () =>
      settled(binding.prepareFilm(new Uint8Array(1 << 20), { ...film, width: 1024, height: 1024 })),
    )
    process.emit('exit', 0)
    const after = [
      running.run('embed', [ids(1)]),
      binding.prepareFilm(new Uint8Array(16), film),
      binding.Program.load(programOptions(directory)),
      binding.loadEngine(options),
    ].map(settled)
    const started = await Promise.all([...runs, ...films])
    running.close()
    return [...new Set(started)].sort().concat(await Promise.all(after))
  },

  /** What prototypes say is no option, and no setter of theirs sees a result. */
  async 'polluted-prototypes'() {
    await binding.loadEngine(await engineOptions())
    const options = programOptions(directory)
    const { graph, ...rest } = options
    let seen = 0
    const given: Record<string, unknown> = { graph, strides: [1, 1], identity: '1:2:3:4' }
    for (const [name, value] of Object.entries(given)) {
      Object.defineProperty(Object.prototype, name, { value, configurable: true, writable: true })
    }
    for (const name of ['dims', 'crop', 'id']) {
      Object.defineProperty(Object.prototype, name, { set: () => void seen++, configurable: true })
    }
    const running = await binding.Program.load(options)
    const outcomes = [await outcome(() => binding.Program.load(rest as ProgramOptions))]
    const [result] = await running.run('embed', [ids(1, 2)])
    const prepared = await binding.prepareFilm(new Uint8Array(16), film)
    const device = binding.devices()[0]
    for (const name of Object.keys(given).concat('dims', 'crop', 'id')) {
      delete (Object.prototype as Record<string, unknown>)[name]
    }
    return [...outcomes, `${result?.dims} ${prepared.crop.length} ${device?.id} ${seen}`]
  },
}

// Not awaited at the top level: Node takes an `exit` during that for an end that never came, and says so in the exit code.
void scenarios[scenario]?.().then((outcomes) => process.stdout.write(`done ${outcomes.join(', ')}\n`))
