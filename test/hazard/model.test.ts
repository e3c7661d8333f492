import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { type Finished, runNode } from '../support/cli.js'
import { fullModelDirectory, loadTiny, numberedText, tinyModelDirectory } from '../support/models.js'
import { root } from '../support/root.js'

/** Runs an ES module source in a child process whose imports resolve as in a user's project. */
async function child(source: string, ...args: string[]): Promise<Finished> {
  return runNode(['--expose-gc', '--input-type=module', '-e', source, ...args], { cwd: root })
}

const prelude = `
import { loadModel } from 'biovil'
const directory = process.argv[1]
const texts = Array.from({ length: 400 }, (_, i) => Array.from({ length: 1 + (i % 40) }, (_, k) => 'w' + (5 + ((i * 31 + k * 7) % 120))).join(' '))
`

describe('hazards of a loaded model', function () {
  this.timeout(180_000)
  let directory: string
  before(async () => {
    directory = await tinyModelDirectory()
  })

  it('holds the event loop no longer than 50 ms while 10,000 sentences are embedded, and file reads go on', async () => {
    await using model = await loadTiny()
    let state = 1
    const next = (below: number) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      return Math.floor((state / 2 ** 32) * below)
    }
    const texts = Array.from({ length: 10_000 }, () =>
      numberedText(Array.from({ length: 4 + next(30) }, () => 5 + next(120))),
    )
    await model.embedText(texts.slice(0, 50))
    const measure = async () => {
      const delay = monitorEventLoopDelay({ resolution: 5 })
      let reads = 0
      let longestRead = 0
      let running = true
      const reading = (async () => {
        while (running) {
          const started = performance.now()
          await readFile(fileURLToPath(import.meta.url))
          longestRead = Math.max(longestRead, performance.now() - started)
          reads++
          await new Promise((resolve) => setTimeout(resolve, 5))
        }
      })()
      delay.enable()
      await model.embedText(texts)
      delay.disable()
      running = false
      await reading
      return { longest: delay.max / 1e6, reads, longestRead }
    }
    // Other processes can only make it longer, so the best of three counts.
    const used = (of: { longest: number; longestRead: number }) =>
      Math.max(of.longest / 50, of.longestRead / 100)
    let best = await measure()
    for (let more = 0; more < 2 && used(best) >= 1; more++) {
      const again = await measure()
      if (used(again) < used(best)) best = again
    }
    const { longest, reads, longestRead } = best
    assert.ok(longest < 50, `the longest delay was ${longest.toFixed(1)} ms`)
    assert.ok(reads > 20 && longestRead < 100, `${reads} reads, the longest ${longestRead.toFixed(0)} ms`)
  })

  it('lets the process exit in the middle of a run', async () => {
    const { code, signal, stderr } = await child(
      `${prelude}
      const model = await loadModel(directory, { device: 'cpu' })
      model.embedText(texts.flatMap((t) => texts.map((u) => t + ' ' + u.slice(0, 60))))
      setTimeout(() => process.exit(7), 50)`,
      directory,
    )
    assert.deepEqual([code, signal], [7, null], stderr)
  })

  it('ends by itself when nothing is left to do, closed or not', async () => {
    const { code, stdout } = await child(
      `${prelude}
      const model = await loadModel(directory, { device: 'cpu' })
      await model.embedText(texts)
      console.log('done')`,
      directory,
    )
    assert.deepEqual([code, stdout], [0, 'done\n'])
  })

  it('finishes a run whose model was garbage collected', async () => {
    const { code, stdout, stderr } = await child(
      `${prelude}
      let model = await loadModel(directory, { device: 'cpu' })
      const expected = (await model.embedText(texts)).data
      const running = model.embedText(texts)
      model = undefined
      const timer = setInterval(() => gc(), 1)
      const found = (await running).data
      clearInterval(timer)
      console.log(found.every((value, i) => Math.abs(value - expected[i]) < 1e-5))`,
      directory,
    )
    assert.deepEqual([code, stdout], [0, 'true\n'], stderr)
  })

  it('runs two models at once, each with its own numbers', async () => {
    const other = await tinyModelDirectory(4)
    const { code, stdout, stderr } = await child(
      `${prelude}
      const [a, b] = await Promise.all([loadModel(directory, { device: 'cpu' }), loadModel(process.argv[2], { device: 'cpu' })])
      const [x, y] = [(await a.embedText(texts)).data, (await b.embedText(texts)).data]
      const [x2, y2] = await Promise.all([a.embedText(texts), b.embedText(texts)])
      const same = (p, q) => p.every((value, i) => Math.abs(value - q[i]) < 1e-5)
      console.log(same(x, x2.data), same(y, y2.data), same(x, y))`,
      directory,
      other,
    )
    assert.deepEqual([code, stdout], [0, 'true true false\n'], stderr)
  })

  it('survives 100 worker threads that are started and terminated in the middle of a run', async () => {
    const { code, signal, stdout, stderr } = await child(
      `
      import { Worker } from 'node:worker_threads'
      const source = ${JSON.stringify(`${prelude.replace('process.argv[1]', 'workerData')}
        import { parentPort, workerData } from 'node:worker_threads'
        const model = await loadModel(directory, { device: 'cpu' })
        parentPort.postMessage('running')
        for (;;) await model.embedText(texts)`)}
      let terminated = 0
      for (let round = 0; round < 20; round++) {
        await Promise.all(Array.from({ length: 5 }, async (_, k) => {
          const worker = new Worker(new URL('data:text/javascript,' + encodeURIComponent(source.replaceAll("'biovil'", JSON.stringify(import.meta.resolve('biovil'))))), { workerData: process.argv[1] })
          worker.on('error', (error) => { console.error(error); process.exit(1) })
          await new Promise((resolve) => worker.once('message', resolve))
          await new Promise((resolve) => setTimeout(resolve, k * 7))
          await worker.terminate()
          terminated++
        }))
      }
      console.log(terminated)`,
      directory,
    )
    assert.deepEqual([code, signal, stdout], [0, null, '100\n'], stderr)
  })

  it('does not leak over 1,000 cycles of load, run and close', async () => {
    const { code, stdout, stderr } = await child(
      `${prelude}
      const cycle = async () => { const model = await loadModel(directory, { device: 'cpu' }); await model.embedText(texts[3]); await model.close() }
      const settled = async () => { for (let i = 0; i < 5; i++) { gc(); await new Promise((r) => setTimeout(r, 20)) } return process.memoryUsage().rss }
      for (let i = 0; i < 200; i++) await cycle()
      const early = await settled()
      for (let i = 0; i < 800; i++) await cycle()
      console.log(Math.round(((await settled()) - early) / 1e6))`,
      directory,
    )
    assert.equal(code, 0, stderr)
    assert.ok(Number(stdout) < 60, `resident memory grew by ${stdout.trim()} MB over 800 cycles`)
  })

  it('maps full-size weights instead of copying them', async () => {
    const { code, stdout, stderr } = await child(
      `${prelude}
      const before = process.memoryUsage().rss
      const models = []
      for (let i = 0; i < 4; i++) models.push(await loadModel(directory, { device: 'cpu' }))
      for (const model of models) await model.embedText('w5')
      const { readFileSync } = await import('node:fs')
      const anonymous = Number(/RssAnon:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1024
      console.log(Math.round(anonymous))`,
      await fullModelDirectory(),
    )
    assert.equal(code, 0, stderr)
    assert.ok(Number(stdout) < 4 * 438, `four models of 438 MB hold ${stdout.trim()} MB of their own`)
  })
})
