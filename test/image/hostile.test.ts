import assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import { prepareFilm } from 'biovil'
import { runNode } from '../support/cli.js'
import { drawPng } from '../support/images.js'
import { temporaryDirectory } from '../support/temp.js'

const child = fileURLToPath(new URL('hostile-child.js', import.meta.url))
/** Node, sharp, the addon and what the scenarios draw for themselves. */
const ownMegabytes = 450

interface Outcome {
  readonly results: Readonly<Record<string, string>>
  readonly megabytes: number
}

describe('hostile films', function () {
  this.timeout(600_000)
  const directory = temporaryDirectory()

  async function run(scenario: string, decodeMemory: number): Promise<Outcome> {
    const args = ['--max-old-space-size=200', child, directory(), String(decodeMemory), scenario]
    const { code, signal, stdout, stderr } = await runNode(args)
    assert.deepEqual([code, signal], [0, null], stderr)
    return JSON.parse(stdout)
  }

  it('six at once of every format stay within the budget of memory, and all are decoded', async () => {
    // The largest, a NIfTI file of doubles, takes 200 MB. Six of them, or six RGBA WebP, would be 1.2 GB.
    const { results, megabytes } = await run('bombs', 500e6)
    assert.equal(Object.keys(results).length, 42)
    for (const [name, result] of Object.entries(results)) assert.equal(result, '5000x5000', name)
    assert.ok(megabytes < 500 + ownMegabytes, `${megabytes} MB`)
  })

  it('that declare what they do not hold cost nothing but an error', async () => {
    const { results, megabytes } = await run('declared', 500e6)
    for (const name of ['png', 'tiff', 'nifti', 'nifti gz', 'dicom', 'sparse png']) {
      assert.match(results[name] ?? '', /^ERR_IMAGE_TOO_LARGE/, name)
    }
    for (let i = 1; i <= 4; i++) {
      assert.match(results[`sparse nifti ${i}`] ?? '', /^ERR_IMAGE_TOO_LARGE: .*decodeMemory, now 500000000/)
    }
    assert.match(results['nifti short'] ?? '', /^ERR_IMAGE_DECODE/)
    assert.match(results['gzip of zeros'] ?? '', /^ERR_IMAGE_DECODE: .*more than its header says/)
    // One of the sparse files, of 648 MB, is read at a time.
    assert.ok(megabytes < 650 + ownMegabytes, `${megabytes} MB`)
  })

  it('that never end are cut off, and those that stall are left when the signal says so', async () => {
    const { results, megabytes } = await run('streams', 500e6)
    for (const name of ['endless', 'endless generator', 'endless web stream']) {
      assert.match(results[name] ?? '', /^ERR_IMAGE_TOO_LARGE/, name)
    }
    for (const name of ['stalled', 'stalled generator', 'stalled web stream']) {
      assert.match(results[name] ?? '', /aborted due to timeout/, name)
    }
    assert.equal(results['stalled films'], 'TimeoutError')
    assert.equal(results['stalled texts'], 'TimeoutError')
    assert.ok(megabytes < ownMegabytes + 100, `${megabytes} MB`)
  })

  it('wait for their turn, leave the queue when aborted, and never for each other', async () => {
    const { results } = await run('turns', 500e6)
    assert.deepEqual(results, {
      'aborted while it waits': 'the reason',
      'aborted while others work': 'the reason',
      'the others': '5000 5000',
      'at once': 'yes',
      'pairs, five ahead': '6',
    })
  })

  it('that alone need more than the budget are refused, with the option named', async () => {
    const png = drawPng({ width: 90, height: 80, colour: 'grey', bits: 8, low: 0, high: 255, seed: 1 })
    await assert.rejects(prepareFilm(png, { decodeMemory: 5000 }), {
      code: 'ERR_IMAGE_TOO_LARGE',
      message:
        /at most 3\.\d kB while it is decoded but it may take 7\.2 kB\. Raise the option decodeMemory, now 5000 bytes/,
    })
    assert.equal((await prepareFilm(png, { decodeMemory: 9600 })).width, 90)
    await assert.rejects(prepareFilm(png, { decodeMemory: 0 }), { code: 'ERR_OUT_OF_RANGE' })
  })
})
