import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { biovil } from '../support/cli.js'
import { drawPng } from '../support/images.js'
import { numberedText, tinyModelDirectory } from '../support/models.js'
import { root } from '../support/root.js'
import { temporaryDirectory } from '../support/temp.js'

const signals = [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const

describe('signals', function () {
  this.timeout(120_000)
  const directory = temporaryDirectory()
  const main = join(root, 'dist/cli/main.js')
  const until = async (test: () => boolean) => {
    for (let i = 0; !test(); i++) {
      assert.ok(i < 3000, 'nothing happened for 30 s')
      await sleep(10)
    }
  }

  it('end a run in order, whose output is then resumed to the same bytes', async () => {
    const model = await tinyModelDirectory()
    const texts = Array.from({ length: 5000 }, (_, i) => numberedText([5 + (i % 90), 5 + ((i * 7) % 110)]))
    const input = join(directory(), 'texts.txt')
    writeFileSync(input, texts.join('\n'))
    assert.equal((await biovil(['embed', input, '-m', model, '-o', join(directory(), 'whole.npy')])).code, 0)
    for (const [signal, code] of signals) {
      const folder = join(directory(), signal)
      mkdirSync(folder)
      const output = join(folder, 'out.npy')
      // Its stdin stays open: it waits for more when the signal comes.
      const args = ['embed', '-', '-m', model, '-o', output]
      const child = spawn(process.execPath, [main, ...args], { stdio: ['pipe', 'ignore', 'pipe'] })
      let said = ''
      child.stderr.setEncoding('utf8').on('data', (text) => (said += text))
      child.stdin.write(texts.slice(0, 3000).join('\n'))
      await until(() => existsSync(`${output}.part.json`))
      child.kill(signal)
      assert.deepEqual(await once(child, 'close'), [code, null], said)
      assert.match(said, /--resume[\s\S]*biovil: interrupted/)
      assert.ok(!existsSync(`${output}.part.lock`), 'the output is free')
      const resumed = await biovil([
        'embed',
        input,
        '-m',
        model,
        '-o',
        output,
        '--resume',
        '--format',
        'lines',
      ])
      assert.equal(resumed.code, 0, resumed.stderr)
      assert.match(resumed.stderr, /2048 of them before/)
      assert.ok(readFileSync(output).equals(readFileSync(join(directory(), 'whole.npy'))))
      assert.deepEqual(readdirSync(folder), ['out.npy'])
    }
  })

  it('end what a command has started, too: pip and its children', async () => {
    const bin = join(directory(), 'bin')
    mkdirSync(bin)
    // A pip that starts another program, and listens to no one.
    const script = `#!${process.execPath}
      const { spawn } = require('node:child_process')
      const { writeFileSync } = require('node:fs')
      if (process.argv.includes('--version')) process.exit(0)
      const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
      process.on('SIGTERM', () => {}).on('SIGINT', () => {}).on('SIGHUP', () => {})
      writeFileSync(process.env.PIDS, JSON.stringify([process.pid, child.pid]))
      setInterval(() => {}, 1000)\n`
    writeFileSync(join(bin, 'pip3'), script)
    chmodSync(join(bin, 'pip3'), 0o755)
    const runs = (pid: number) => {
      try {
        return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
      } catch {
        return false
      }
    }
    for (const [signal, code] of signals) {
      const pids = join(directory(), `${signal}.json`)
      const env = { PATH: bin, HOME: join(directory(), 'home'), PIDS: pids }
      const child = spawn(process.execPath, [main, 'libtorch', 'install', '--force'], {
        env,
        stdio: ['ignore', 'ignore', 'pipe'],
      })
      let said = ''
      child.stderr.setEncoding('utf8').on('data', (text) => (said += text))
      await until(() => existsSync(pids) && readFileSync(pids, 'utf8') !== '')
      const started = JSON.parse(readFileSync(pids, 'utf8')) as number[]
      assert.deepEqual(started.map(runs), [true, true], said)
      child.kill(signal)
      assert.deepEqual(await once(child, 'close'), [code, null], said)
      assert.deepEqual(started.map(runs), [false, false], `after ${signal}`)
    }
  })

  it('end a command that waits for the other side of a pipe, which nothing can interrupt', async () => {
    const pipe = join(directory(), 'pipe')
    execFileSync('mkfifo', [pipe])
    const film = join(directory(), 'film.png')
    writeFileSync(
      film,
      drawPng({ width: 90, height: 80, colour: 'grey', bits: 8, low: 0, high: 255, seed: 1 }),
    )
    const output = join(directory(), 'piped.npy')
    for (const args of [
      ['embed', pipe, '-m', await tinyModelDirectory(), '-o', output],
      ['inspect', film, '--png', pipe],
    ]) {
      const child = spawn(process.execPath, [main, ...args], { stdio: 'ignore' })
      await until(() => readlinkSync(`/proc/${child.pid}/exe`) === realpathSync(process.execPath))
      await sleep(2000)
      assert.equal(child.exitCode, null, 'it waits')
      child.kill('SIGTERM')
      assert.deepEqual(await once(child, 'close'), [null, 'SIGTERM'])
    }
  })

  it('end a command at once when they come twice, and its children', async () => {
    const pids = join(directory(), 'twice.json')
    const env = { PATH: join(directory(), 'bin'), HOME: join(directory(), 'home'), PIDS: pids }
    const child = spawn(process.execPath, [main, 'libtorch', 'install', '--force'], { env, stdio: 'ignore' })
    await until(() => existsSync(pids) && readFileSync(pids, 'utf8') !== '')
    const started = JSON.parse(readFileSync(pids, 'utf8')) as number[]
    child.kill('SIGTERM')
    await sleep(100)
    child.kill('SIGTERM')
    assert.deepEqual(await once(child, 'close'), [null, 'SIGTERM'])
    await until(() =>
      started.every(
        (pid) => !existsSync(`/proc/${pid}`) || /\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8')),
      ),
    )
  })
})
