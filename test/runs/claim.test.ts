import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { synthesize } from 'biovil'
import { temporaryDirectory } from '../support/temp.js'
import { Claim } from './internals.js'

describe('a claim on an output', () => {
  const root = temporaryDirectory()
  let lock: string
  let count = 0
  beforeEach(() => {
    mkdirSync(join(root(), `${++count}`))
    lock = join(root(), `${count}`, 'f.npy.part.lock')
  })
  const take = () => Claim.take('f.npy', lock, 'biovil embed')
  const note = () => JSON.parse(readFileSync(lock, 'utf8')) as Record<string, unknown>

  it('is refused while it is held, and says by whom, where, since when and for what', async () => {
    const claim = await take()
    const { since, host } = note()
    await assert.rejects(take(), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'ERR_OUTPUT_IN_USE')
      for (const part of ['f.npy', 'biovil embed', `process ${process.pid} on ${host}`, `since ${since}`])
        assert.ok(error.message.includes(part), `${part} in: ${error.message}`)
      return true
    })
    await claim.release()
    await (await take()).release()
    assert.deepEqual(readdirSync(join(lock, '..')), [])
  })

  it('is taken over from a process that was killed, and from a number that another process has now', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
    const claim = await take()
    const mine = note()
    await claim.release()
    const started = (pid: unknown) => {
      const line = readFileSync(`/proc/${pid}/stat`, 'utf8')
      return line.slice(line.lastIndexOf(')') + 2).split(' ')[19]
    }
    writeFileSync(lock, JSON.stringify({ ...mine, pid: child.pid, started: started(child.pid) }))
    await assert.rejects(take(), { code: 'ERR_OUTPUT_IN_USE' })
    child.kill('SIGKILL')
    await once(child, 'exit')
    const taken = await take()
    assert.equal(taken.wasLeft, true)
    await taken.release()
    // This very process runs, but began at another time than the holder.
    writeFileSync(lock, JSON.stringify({ ...mine, started: '1' }))
    await (await take()).release()
  })

  it('is taken over after a reboot, when the holder shows no sign of life any more', async () => {
    const claim = await take()
    const mine = note() as { space: string }
    await claim.release()
    const [host, , namespace] = mine.space.split(' ')
    writeFileSync(lock, JSON.stringify({ ...mine, space: `${host} another-boot ${namespace}` }))
    await assert.rejects(take(), { code: 'ERR_OUTPUT_IN_USE' })
    utimesSync(lock, new Date(0), new Date(0))
    await (await take()).release()
  })

  it('of another machine stands, however old, and says how to take it over', async () => {
    const claim = await take()
    const mine = note()
    await claim.release()
    writeFileSync(lock, JSON.stringify({ ...mine, host: 'elsewhere', space: 'elsewhere 1 2' }))
    utimesSync(lock, new Date(0), new Date(0))
    await assert.rejects(take(), (error: Error) => {
      assert.match(error.message, /on elsewhere, since/)
      assert.ok(error.message.includes(`remove ${lock}`))
      return true
    })
    assert.ok(existsSync(lock))
  })

  it('is not taken where the note cannot be read', async () => {
    mkdirSync(lock)
    utimesSync(lock, new Date(0), new Date(0))
    await assert.rejects(take(), { code: 'EISDIR' })
  })

  it('keeps two from synthesizing one model, and what a killed one left is removed', async () => {
    const directory = join(root(), 'model')
    const sizes = { seed: 1, layers: 1, hidden: 8, heads: 2, intermediate: 8, positions: 16 }
    const claim = await Claim.take(directory, join(root(), '.model.part.lock'), 'synthesize')
    await assert.rejects(synthesize(directory, sizes), { code: 'ERR_OUTPUT_IN_USE' })
    await claim.release()
    mkdirSync(join(root(), '.model.part'))
    writeFileSync(join(root(), '.model.part/half.bin'), '')
    await synthesize(directory, sizes)
    assert.ok(!readdirSync(root()).some((name) => name.startsWith('.model')))
  })

  it('is not given to two of many that take it over at once', async () => {
    writeFileSync(lock, JSON.stringify({ pid: 1, host: 'x', space: 'x', started: 'x', id: 'x' }))
    const claim = await take().catch((error) => error)
    assert.equal(claim.code, 'ERR_OUTPUT_IN_USE')
    writeFileSync(lock, '')
    utimesSync(lock, new Date(0), new Date(0))
    const all = await Promise.allSettled(Array.from({ length: 8 }, take))
    const got = all.filter((result) => result.status === 'fulfilled')
    assert.equal(got.length, 1)
    await got[0]?.value.release()
  })
})
