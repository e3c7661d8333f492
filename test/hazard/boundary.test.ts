import assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import { runNode } from '../support/cli.js'
import { temporaryDirectory } from '../support/temp.js'

const child = fileURLToPath(new URL('boundary-child.js', import.meta.url))

describe('the boundary between JavaScript and the addon', function () {
  this.timeout(120_000)
  const directory = temporaryDirectory()

  async function expect(scenario: string, output: string): Promise<void> {
    const { signal, code, stdout, stderr } = await runNode([child, scenario, directory()])
    assert.deepEqual([signal, code, stdout], [null, 0, `done ${output}\n`], stderr)
  }

  it('refuses a run whose arguments close its program while they are read', () =>
    expect('close-in-a-getter', 'Error ERR_CLOSED, Error ERR_CLOSED, Error ERR_CLOSED'))

  it('looks at memory after the last getter has run', () =>
    expect('take-memory-in-a-getter', Array(3).fill('RangeError ERR_OUT_OF_RANGE').join(', ')))

  it('rejects where the memory for a copy is missing, and goes on', () =>
    expect('out-of-memory', 'Error ERR_OUT_OF_MEMORY, fulfilled'))

  it('settles every promise when `exit` is emitted, and refuses what comes after', () =>
    expect('exit-event', `Error ERR_CLOSED, fulfilled, ${Array(4).fill('Error ERR_CLOSED').join(', ')}`))

  it('reads own properties only, and writes them past the setters of prototypes', () =>
    expect('polluted-prototypes', 'TypeError ERR_INVALID_ARG_TYPE, 1,4 4 cpu 0'))
})
