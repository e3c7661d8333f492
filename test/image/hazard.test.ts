import assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import { runNode } from '../support/cli.js'

const child = fileURLToPath(new URL('hazard-child.js', import.meta.url))
const count = Number(process.env['BIOVIL_FUZZ'] ?? 1000)

async function run(scenario: string, code = 0, ...args: string[]): Promise<string> {
  const finished = await runNode(['--expose-gc', child, scenario, ...args])
  assert.deepEqual([finished.signal, finished.code], [null, code], finished.stderr)
  return finished.stdout.replace(/^done |\n$/g, '')
}

describe('preparing films under hard conditions', function () {
  this.timeout(0)

  it('survives worker threads that are terminated meanwhile', async () => {
    assert.equal(await run('terminate-workers'), 'survived')
  })

  it('exits with the given code meanwhile', async () => {
    assert.equal(await run('exit-while-preparing', 7), '')
  })

  it('gives memory back', async () => {
    const [early = 0, late = 0] = JSON.parse(await run('leak')) as number[]
    // 240 films of 15 MB each passed between.
    assert.ok(late - early < 150, `memory grew from ${early.toFixed(0)} to ${late.toFixed(0)} MB`)
  })

  it(`${count} damaged copies of each format: an error with a code, no crash, no hang`, async () => {
    const { outcomes, unexpected, slowest, megabytes } = JSON.parse(await run('fuzz', 0, String(count))) as {
      outcomes: Record<string, number>
      unexpected: string[]
      slowest: number
      megabytes: number
    }
    if (process.env['BIOVIL_FUZZ']) console.log(JSON.stringify({ outcomes, slowest, megabytes }))
    assert.deepEqual(unexpected, [])
    assert.ok((outcomes['ERR_IMAGE_DECODE'] ?? 0) > count, 'the damage did no harm')
    assert.ok(slowest < 5000, `${slowest} ms`)
    assert.ok(megabytes < 1500, `${megabytes} MB`)
  })
})
