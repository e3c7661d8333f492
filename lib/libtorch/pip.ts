import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { BiovilError } from '../errors.js'
import { signalChild, startChild } from '../io/children.js'
import type { Environment } from '../io/directories.js'
import { makeDirectory } from '../io/make-directory.js'
import type { PinnedWheel } from './pins.js'
import { sizeOf } from './tree.js'
import { verifyFile, type Watch } from './verify.js'

const launchers: readonly (readonly [command: string, ...args: string[]])[] = [
  ['python3', '-m', 'pip'],
  ['pip3'],
  ['pip'],
  ['python', '-m', 'pip'],
]

/** pip compares these tags to the letter, so every one that a wheel may carry is named. */
const platforms = ['_2_28', '_2_27', '_2_25', '_2_18', '_2_17', '2014', '2010'].map(
  (tag) => `manylinux${tag}_x86_64`,
)

const common = ['--no-deps', '--only-binary=:all:', '--python-version', '3.12', '--implementation', 'cp']

/** A wheel this small tells whether the index can be reached, with a patience that a big one could not do with. */
const quick = ['--timeout', '10', '--retries', '1']

/** Neither a byte nor a line for this long means that nothing will come. */
const stallMilliseconds = 120_000

/** The same download by hand, for a machine that has a connection. */
export function pipCommand(wheels: readonly PinnedWheel[], directory: string): string {
  const tags = platforms.map((platform) => `--platform ${platform}`)
  return ['pip download', ...common, ...tags, '-d', directory, ...wheels.map((w) => w.requirement)].join(' ')
}

/**
 * Downloads wheels with the machine's own pip from the index that it is configured for. A wheel that is in the
 * directory from an earlier run and is whole is not asked for again.
 *
 * @returns their absolute paths, each verified.
 */
export async function downloadWheels(
  wheels: readonly PinnedWheel[],
  directory: string,
  env: Environment,
  watch: Watch,
): Promise<string[]> {
  await makeDirectory(directory)
  const missing: PinnedWheel[] = []
  for (const wheel of wheels) {
    if (!(await isWhole(join(directory, wheel.file), wheel, watch))) missing.push(wheel)
  }
  if (missing.length > 0) {
    const launcher = await findPip(env, watch.signal)
    missing.sort((a, b) => a.size - b.size)
    const done = wheels
      .filter((wheel) => !missing.includes(wheel))
      .reduce((sum, wheel) => sum + wheel.size, 0)
    const run = new PipRun(launcher, directory, env, wheels, done, watch)
    await run.download(missing.slice(0, 1), quick)
    if (missing.length > 1) await run.download(missing.slice(1), [])
    for (const wheel of missing) {
      const path = join(directory, wheel.file)
      if ((await sizeOf(path)) === undefined) {
        throw new Error(`${launcher.join(' ')} did not deliver ${wheel.file}; the index offers another build`)
      }
      await verifyFile(path, wheel, watch).catch(async (error: unknown) => {
        await rm(path, { force: true })
        throw error
      })
    }
  }
  return wheels.map((wheel) => join(directory, wheel.file))
}

async function isWhole(path: string, wheel: PinnedWheel, watch: Watch): Promise<boolean> {
  if ((await sizeOf(path)) === undefined) return false
  try {
    await verifyFile(path, wheel, watch)
    return true
  } catch (error) {
    if (!(error instanceof BiovilError)) throw error
    await rm(path, { force: true })
    return false
  }
}

async function findPip(
  env: Environment,
  signal: AbortSignal | undefined,
): Promise<readonly [string, ...string[]]> {
  for (const launcher of launchers) {
    const [command, ...args] = launcher
    const { code } = await execute(command, [...args, '--version'], env, { signal, timeout: 20_000 })
    if (code === 0) return launcher
  }
  throw new Error(
    `none of ${launchers.map((launcher) => launcher.join(' ')).join(', ')} works on this machine`,
  )
}

/** The pip calls of one download, which share a temporary directory and a sum of bytes. */
class PipRun {
  readonly #launcher: readonly [string, ...string[]]
  readonly #directory: string
  readonly #env: Environment
  readonly #total: number
  readonly #watch: Watch
  #finished: number
  #reported = 0

  constructor(
    launcher: readonly [string, ...string[]],
    directory: string,
    env: Environment,
    wheels: readonly PinnedWheel[],
    finished: number,
    watch: Watch,
  ) {
    this.#launcher = launcher
    this.#directory = directory
    this.#env = env
    this.#total = wheels.reduce((sum, wheel) => sum + wheel.size, 0)
    this.#finished = finished
    this.#watch = watch
  }

  async download(wheels: readonly PinnedWheel[], patience: readonly string[]): Promise<void> {
    // pip's temporary files go to the disk that has to hold the wheels anyway: /tmp is often a small one. Their size
    // is also the only progress that pip of any version tells.
    const temporary = await mkdtemp(join(this.#directory, '.pip-'))
    const [command, ...args] = this.#launcher
    const call = [
      ...[...args, 'download', ...common, ...patience],
      ...platforms.flatMap((platform) => ['--platform', platform]),
      ...['--progress-bar', 'off', '--disable-pip-version-check', '--no-input', '-d', this.#directory],
      ...wheels.map((wheel) => wheel.requirement),
    ]
    try {
      const result = await execute(
        command,
        call,
        { ...this.#env, TMPDIR: temporary },
        {
          signal: this.#watch.signal,
          stall: stallMilliseconds,
          measure: () => this.#measure(temporary, wheels),
        },
      )
      if (result.code !== 0) throw failure(this.#launcher.join(' '), result)
    } finally {
      await rm(temporary, { recursive: true, force: true })
    }
    this.#finished += wheels.reduce((sum, wheel) => sum + wheel.size, 0)
    this.#report(this.#finished, wheels)
  }

  async #measure(temporary: string, wheels: readonly PinnedWheel[]): Promise<number> {
    const sizes = await sizesBelow(temporary)
    const growing = sum(sizes.values())
    let kept = 0
    for (const wheel of wheels) {
      const size = (await sizeOf(join(this.#directory, wheel.file))) ?? 0
      kept += size
      // pip may copy a wheel out of its temporary directory: it counts once.
      if (size > 0) sizes.set(wheel.file, size)
    }
    this.#report(this.#finished + sum(sizes.values()), wheels)
    return growing + kept
  }

  #report(bytes: number, wheels: readonly PinnedWheel[]): void {
    // Sizes are read one after another while files move: progress must not run backwards because of that.
    this.#reported = Math.min(this.#total, Math.max(this.#reported, bytes))
    const item = wheels.at(-1)?.requirement
    const progress = { stage: 'download', done: this.#reported, total: this.#total, unit: 'bytes' } as const
    this.#watch.onProgress?.(item === undefined ? progress : { ...progress, item })
  }
}

interface Result {
  readonly code: number | null
  /** Last lines of both streams. */
  readonly output: string
  readonly stalled: boolean
}

interface Limits {
  readonly signal?: AbortSignal | undefined
  /** Milliseconds for the whole call. */
  readonly timeout?: number
  /** Milliseconds without a byte or a line. */
  readonly stall?: number
  /** Bytes so far. */
  readonly measure?: () => Promise<number>
}

async function execute(
  command: string,
  args: readonly string[],
  env: Environment,
  limits: Limits,
): Promise<Result> {
  limits.signal?.throwIfAborted()
  const child = startChild(command, args, { env: { ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  const streams = [child.stdout, child.stderr].filter((stream) => stream !== null)
  let output = ''
  let lastBytes = -1
  let lastChange = Date.now()
  let stalled = false
  for (const stream of streams) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-20_000)
      lastChange = Date.now()
    })
  }
  const kill = () => {
    signalChild(child, 'SIGTERM')
    setTimeout(() => signalChild(child, 'SIGKILL'), 2000).unref()
  }
  const started = Date.now()
  const look = async () => {
    const bytes = (await limits.measure?.()) ?? lastBytes
    if (bytes !== lastBytes) lastChange = Date.now()
    lastBytes = bytes
    const late = Date.now() - started > (limits.timeout ?? Number.POSITIVE_INFINITY)
    if (late || Date.now() - lastChange > (limits.stall ?? Number.POSITIVE_INFINITY)) {
      stalled = true
      kill()
    }
  }
  const timer = setInterval(() => void look().catch(() => {}), 250)
  limits.signal?.addEventListener('abort', kill, { once: true })
  try {
    const code = await new Promise<number | null>((resolve) => {
      child.once('error', () => resolve(127))
      child.once('exit', (status) => setTimeout(() => resolve(status), 20))
    })
    limits.signal?.throwIfAborted()
    return { code, output, stalled }
  } finally {
    clearInterval(timer)
    limits.signal?.removeEventListener('abort', kill)
    // A grandchild may hold the pipes open; nothing it says matters any more.
    for (const stream of streams) stream.destroy()
  }
}

function failure(launcher: string, { code, output, stalled }: Result): Error {
  if (/No space left on device|Disk quota exceeded/i.test(output)) {
    return new BiovilError('ERR_DISK_FULL', `The disk filled up while ${launcher} downloaded`)
  }
  const lines = output.split('\n').map((line) => line.trim())
  // pip calls a network that it cannot reach a warning, and then complains of no matching version.
  const network = lines
    .filter((line) => /^WARNING: .*(Retrying|connection|Could not fetch)/i.test(line))
    .slice(-1)
  const errors = lines.filter((line) => line.startsWith('ERROR:'))
  const said = errors.length > 0 ? [...network, ...errors] : lines.filter((line) => line !== '').slice(-2)
  const how = stalled ? `made no progress for ${stallMilliseconds / 1000} s` : `ended with code ${code}`
  return new Error(`${launcher} ${how}: ${said.join(' ').slice(0, 600)}`)
}

/** Sizes of the files below a directory, by their names without folders. */
async function sizesBelow(directory: string): Promise<Map<string, number>> {
  const sizes = new Map<string, number>()
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => [])) {
    if (entry.isFile()) sizes.set(entry.name, (await sizeOf(join(entry.parentPath, entry.name))) ?? 0)
  }
  return sizes
}

function sum(values: Iterable<number>): number {
  let total = 0
  for (const value of values) total += value
  return total
}
