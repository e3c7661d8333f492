import assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import { runNode } from '../support/cli.js'
import { temporaryDirectory } from '../support/temp.js'

const child = fileURLToPath(new URL('child.js', import.meta.url))

describe('native life cycle', function () {
  this.timeout(180_000)
  const directory = temporaryDirectory()

  async function expect(scenario: string, code: number, output: RegExp | string): Promise<string> {
    const finished = await runNode(['--expose-gc', child, scenario, directory()])
    assert.deepEqual([finished.signal, finished.code], [null, code], finished.stderr)
    if (typeof output === 'string') assert.equal(finished.stdout, output)
    else assert.match(finished.stdout, output)
    return finished.stdout
  }

  it('survives 100 worker threads terminated with runs under way', () =>
    expect('terminate-workers', 0, 'done 1,4\n'))

  it('exits with the given code while runs are under way and queued', () =>
    expect('exit-while-running', 7, ''))

  it('exits with the given code while libtorch is being loaded', () => expect('exit-while-loading', 7, ''))

  it('finishes the runs of a program that was garbage-collected', () =>
    expect('collect-while-running', 0, `done ${Array(5).fill('256x256').join(' ')}\n`))

  it('finishes the runs of a program that was closed, and refuses new ones', () =>
    expect('close-while-running', 0, 'done 5 ERR_CLOSED\n'))

  it('runs two programs at once', () => expect('two-programs', 0, 'done 5\n'))

  it('lets the process end when nothing runs', () => expect('idle', 0, 'done idle\n'))

  it('keeps memory bounded over 1,000 cycles of load, run and close', async () => {
    const output = await expect('leak', 0, /^done \[/)
    const [early = 0, late = 0] = JSON.parse(output.slice('done '.length)) as number[]
    assert.ok(
      late - early < 30,
      `memory grew from ${early.toFixed(0)} to ${late.toFixed(0)} MB in 900 cycles`,
    )
  })
})
