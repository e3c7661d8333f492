import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { ChildTask } from './child.js'
import {
  cpuPaths,
  fakePins,
  fakePip,
  fakeWheels,
  listFiles,
  pinnedTo,
  temporaryDirectory,
  zipBytes,
} from './fixtures.js'
import { install, setting } from './internals.js'
import { serve } from './zip-server.js'

const child = fileURLToPath(new URL('child.js', import.meta.url))

describe('installLibtorch in several processes', function () {
  this.timeout(30_000)
  const here = temporaryDirectory()
  const at = (path: string) => join(here.path, path)
  const versionDirectory = () => at('home/.cache/biovil/libtorch/2.11.0')
  const env = (more: Record<string, string> = {}) => ({ HOME: at('home'), PATH: at('bin'), ...more })
  const requirements = async () =>
    (await readFile(at('bin/calls.log'), 'utf8'))
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => (JSON.parse(line) as string[]).filter((arg) => arg.includes('==')))

  beforeEach(async () => {
    await fakeWheels(at('wheels'))
    await fakePip(at('bin'), at('wheels'))
  })

  function start(task: ChildTask, shell?: string): ChildProcess {
    const args = [child, JSON.stringify(task)]
    const stdio = ['ignore', 'pipe', 'inherit'] as const
    if (shell === undefined) return spawn(process.execPath, args, { stdio: [...stdio] })
    return spawn('/bin/sh', ['-c', `${shell}; exec "$0" "$@"`, process.execPath, ...args], {
      stdio: [...stdio],
    })
  }

  /** All lines of a process that ends by itself. */
  async function lines(process: ChildProcess): Promise<string[]> {
    const found: string[] = []
    if (process.stdout) for await (const line of createInterface(process.stdout)) found.push(line)
    return found
  }

  /** Kills the process, as a power cut would, as soon as it says a word. */
  async function killAt(process: ChildProcess, word: string): Promise<void> {
    if (process.stdout) {
      for await (const line of createInterface(process.stdout)) {
        if (line === word) break
        assert.ok(!line.startsWith('failed') && !line.startsWith('done'), line)
      }
    }
    process.kill('SIGKILL')
    if (process.signalCode === null) await once(process, 'exit')
    assert.equal(process.signalCode, 'SIGKILL')
  }

  it('goes on with the zip where a killed run stopped', async () => {
    await using server = await serve(zipBytes, { stopAfter: 1_000_000 })
    const pins = fakePins(server.url, pinnedTo(zipBytes))
    const freeze = { stage: 'download', after: 1_000_000 }
    await killAt(start({ options: { env: env() }, pins, freeze }), 'frozen')
    const result = await install({ env: env() }, setting(pins))
    assert.equal(result.origin, server.url)
    assert.equal(server.requests.length, 2)
    assert.match(server.requests[1] ?? '', /^bytes=[1-9]\d+-$/)
  })

  it('does not fetch again the wheels that a killed run had whole', async () => {
    const pins = fakePins()
    const total = [pins.wheels.torch, ...pins.wheels.cpu].reduce((sum, { size }) => sum + size, 0)
    const freeze = { stage: 'download', after: total / 3 }
    await killAt(start({ options: { env: env({ FAKE_PIP: 'hang' }) }, pins, freeze }), 'frozen')
    const before = (await requirements()).length
    await install({ env: env() }, setting(pins))
    assert.deepEqual((await requirements()).slice(before), [['torch==2.11.0']])
    assert.deepEqual(
      await listFiles(versionDirectory()),
      cpuPaths.map((path) => `cpu/${path}`),
    )
  })

  it('removes what a run left that was killed while it unpacked', async () => {
    const pins = fakePins()
    const options = { env: env(), from: at('wheels') }
    await killAt(start({ options, pins, freeze: { stage: 'extract', after: 1 } }), 'frozen')
    assert.match((await listFiles(versionDirectory())).join(), /\.cpu\.partial-/)
    await install(options, setting(pins))
    assert.deepEqual(
      await listFiles(versionDirectory()),
      cpuPaths.map((path) => `cpu/${path}`),
    )
  })

  it('lets the second of two wait and use what the first installed', async () => {
    const task = { options: { env: env() }, pins: fakePins() }
    const results = await Promise.all([lines(start(task)), lines(start(task)), lines(start(task))])
    assert.deepEqual(results.map((said) => said.at(-1)).sort(), ['done false', 'done false', 'done true'])
    assert.equal((await requirements()).length, 2)
    assert.deepEqual(
      await listFiles(versionDirectory()),
      cpuPaths.map((path) => `cpu/${path}`),
    )
  })

  it('rejects with ERR_DISK_FULL when a file cannot grow, and leaves nothing', async () => {
    const options = { env: env(), from: at('wheels') }
    const said = await lines(start({ options, pins: fakePins() }, 'ulimit -f 2000'))
    assert.match(said.at(-1) ?? '', /^failed ERR_DISK_FULL/)
    assert.deepEqual(await listFiles(versionDirectory()), [])
  })
})
