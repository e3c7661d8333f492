import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { temporaryDirectory } from '../support/temp.js'
import { withLock } from './internals.js'

const child = fileURLToPath(new URL('lock-child.js', import.meta.url))

describe('withLock', function () {
  this.timeout(30_000)
  const root = temporaryDirectory()
  let path: string
  let count = 0
  beforeEach(() => {
    path = join(root(), `${count++}`, 'deep/a.lock')
  })

  it('runs one at a time, gives the result back and leaves nothing', async () => {
    let inside = 0
    const turn = async (i: number) => {
      inside += 1
      assert.equal(inside, 1)
      await sleep(5)
      inside -= 1
      return i
    }
    const results = await Promise.all([1, 2, 3].map((i) => withLock(path, () => turn(i))))
    assert.deepEqual(results, [1, 2, 3])
    assert.deepEqual(readdirSync(join(path, '..')), [])
  })

  it('is released when the work fails', async () => {
    await assert.rejects(
      withLock(path, () => Promise.reject(new Error('no'))),
      /no/,
    )
    assert.equal(await withLock(path, async () => 1), 1)
  })

  it('excludes other processes', async () => {
    mkdirSync(join(path, '..'), { recursive: true })
    const log = `${path}.log`
    const children = [1, 2, 3].map(() =>
      spawn(process.execPath, [child, path, log, '15'], { stdio: 'inherit' }),
    )
    await Promise.all(children.map((process) => once(process, 'exit')))
    const lines = readFileSync(log, 'utf8').trim().split('\n')
    assert.equal(lines.length, 90)
    for (let i = 0; i < lines.length; i += 2) {
      assert.match(lines[i] ?? '', /^in /)
      assert.equal(lines[i + 1], lines[i]?.replace('in', 'out'))
    }
  })

  it('is taken over from a killed process, by one of many', async () => {
    const holder = spawn(process.execPath, [child, path, '', 'hold'])
    await once(holder.stdout, 'data')
    const waited: number[] = []
    let inside = 0
    const turns = [1, 2, 3, 4].map(() =>
      withLock(
        path,
        async () => {
          inside += 1
          assert.equal(inside, 1)
          await sleep(5)
          inside -= 1
        },
        { onWait: ({ pid }) => waited.push(pid) },
      ),
    )
    await sleep(200)
    assert.deepEqual(waited, Array(4).fill(holder.pid))
    holder.kill('SIGKILL')
    await Promise.all(turns)
    assert.deepEqual(readdirSync(join(path, '..')), [])
  })

  it('is taken over from a thread that was terminated, when its sign of life stops', async () => {
    const code = `import('${new URL('internals.js', import.meta.url).href}').then(({ withLock }) =>
      withLock(${JSON.stringify(path)}, () => { require('worker_threads').parentPort.postMessage(1); return new Promise(() => {}) }))
      setInterval(() => {}, 1000)`
    const worker = new Worker(code, { eval: true })
    await once(worker, 'message')
    await worker.terminate()
    assert.ok(existsSync(path))
    const started = Date.now()
    await withLock(path, async () => {}, { staleAfter: 600 })
    assert.ok(Date.now() - started < 5000)
  })

  it('shows signs of life as long as the work lasts', async () => {
    await withLock(
      path,
      async () => {
        const before = statSync(path).mtimeMs
        await sleep(500)
        assert.ok(statSync(path).mtimeMs > before + 300)
      },
      { staleAfter: 600 },
    )
  })

  it('respects a fresh lock of another machine and not an old one', async () => {
    mkdirSync(join(path, '..'), { recursive: true })
    writeFileSync(
      path,
      JSON.stringify({ pid: 1, host: 'elsewhere', space: 'elsewhere', started: '1', id: 'x' }),
    )
    const waiting = withLock(path, async () => {}, { signal: AbortSignal.timeout(300) })
    await assert.rejects(waiting, { name: 'TimeoutError' })
    assert.ok(existsSync(path))
    utimesSync(path, new Date(0), new Date(0))
    await withLock(path, async () => {})
    assert.ok(!existsSync(path))
  })

  it('does not take a reused process number for the holder', async () => {
    const holder = spawn(process.execPath, [child, path, '', 'hold'])
    await once(holder.stdout, 'data')
    const note = JSON.parse(readFileSync(path, 'utf8')) as { started: string }
    holder.kill('SIGKILL')
    await once(holder, 'exit')
    // As if a process of today had the number of one long gone.
    writeFileSync(path, JSON.stringify({ ...note, pid: process.pid }))
    await withLock(path, async () => {}, { signal: AbortSignal.timeout(5000) })
  })

  it('rejects with the reason of the signal', async () => {
    const reason = new Error('stop')
    await assert.rejects(
      withLock(path, async () => {}, { signal: AbortSignal.abort(reason) }),
      (error) => error === reason,
    )
  })

  it('says that the directory cannot be written', async () => {
    const file = join(root(), 'plain')
    writeFileSync(file, '')
    await assert.rejects(
      withLock(join(file, 'a.lock'), async () => {}),
      { code: 'ERR_CACHE_UNWRITABLE' },
    )
  })
})
