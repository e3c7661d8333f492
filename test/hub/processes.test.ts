import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cleanEnvironment } from '../support/environment.js'
import type { HubServer } from '../support/hub-server.js'
import { temporaryDirectory } from '../support/temp.js'
import { isWhole, pull, startHub, weights, weightsBlob, weightsPartial } from './fixture.js'

const child = fileURLToPath(new URL('child.js', import.meta.url))

describe('pullModel in several processes', function () {
  this.timeout(30_000)
  const root = temporaryDirectory()
  let hub: HubServer
  let cache: string
  let count = 0

  beforeEach(async () => {
    hub = await startHub()
    hub.trouble = ({ on }) => (on === 'cdn' ? { slow: 20 } : undefined)
    cache = join(root(), String(count++))
  })
  afterEach(() => hub[Symbol.asyncDispose]())

  /** A process that pulls; `working` when it is in the middle, `output` is its last word. */
  function start(shell?: string) {
    const args = [child, hub.url, cache]
    const [file, all] =
      shell === undefined
        ? [process.execPath, args]
        : ['/bin/bash', ['-c', `${shell}; exec "$0" "$@"`, process.execPath, ...args]]
    const running = spawn(file, all, {
      env: cleanEnvironment({ HOME: root() }),
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let said = ''
    const working = new Promise<void>((resolve) => {
      running.stdout.setEncoding('utf8').on('data', (text) => {
        said += text
        if (said.includes('working\n')) resolve()
      })
    })
    const output = once(running, 'close').then(() => said.replace('working\n', '').trim())
    return { running, working, output }
  }

  it('goes on where a killed process stopped, past its lock', async () => {
    const killed = start()
    await killed.working
    killed.running.kill('SIGKILL')
    await killed.output
    const kept = statSync(weightsPartial(cache)).size
    assert.ok(kept >= weights.length / 2 && kept < weights.length)
    assert.equal(readdirSync(join(cache, '.locks/models--tester--tiny')).length, 1)
    hub.trouble = () => undefined
    hub.seen.length = 0
    const started = Date.now()
    const { directory } = await pull(hub, cache)
    assert.ok(isWhole(directory))
    assert.equal(hub.sent('pytorch_model.bin'), weights.length - kept)
    assert.ok(Date.now() - started < 5000)
    assert.deepEqual(readdirSync(join(cache, '.locks/models--tester--tiny')), [])
  })

  it('fetches once for three at the same time', async () => {
    const all = [start(), start(), start()].map(({ output }) => output)
    const [one = '', two, three] = await Promise.all(all)
    assert.ok(isWhole(one), one)
    assert.equal(two, one)
    assert.equal(three, one)
    for (const file of ['config.json', 'vocab.txt', 'pytorch_model.bin'])
      assert.equal(hub.gets(file), 1, file)
    assert.equal(hub.sent('pytorch_model.bin'), weights.length)
  })

  it('lets a waiting process take over from a killed one', async () => {
    hub.trouble = ({ on }) => (on === 'cdn' ? { slow: 150 } : undefined)
    const first = start()
    await first.working
    const second = start()
    await second.working
    first.running.kill('SIGKILL')
    const directory = await second.output
    assert.ok(isWhole(directory), directory)
    assert.equal(hub.gets('pytorch_model.bin'), 2)
  })

  it('says that the disk is full, and goes on when it is not', async () => {
    // The limit on the size of a file stands for the end of the disk; in blocks of 1,024 bytes.
    const message = await start('ulimit -f 200').output
    assert.match(message, /^ERR_DISK_FULL No space left to write .*: .* more are needed.*is kept/)
    assert.ok(!existsSync(weightsBlob(cache)))
    hub.trouble = () => undefined
    hub.seen.length = 0
    assert.ok(isWhole((await pull(hub, cache)).directory))
    assert.equal(hub.sent('pytorch_model.bin'), weights.length - 200 * 1024)
  })
})
