import assert from 'node:assert/strict'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Check, verifyModel } from 'biovil'
import { biovil } from '../support/cli.js'
import { tinyModelDirectory } from '../support/models.js'
import { temporaryDirectory } from '../support/temp.js'

const status = (checks: readonly Check[]) =>
  Object.fromEntries(checks.map(({ check, status: s }) => [check, s]))

describe('verifyModel()', () => {
  const directory = temporaryDirectory()

  it('passes what works and says that untrained weights have no golden behaviour', async () => {
    const seen: string[] = []
    const report = await verifyModel(await tinyModelDirectory(), { onCheck: ({ check }) => seen.push(check) })
    assert.equal(report.passed, true)
    assert.deepEqual(
      seen,
      report.checks.map(({ check }) => check),
    )
    const found = status(report.checks)
    for (const check of ['contents', 'checksums', 'tokens', 'forward on cpu'])
      assert.equal(found[check], 'pass', check)
    for (const check of ['published files', 'masked prompts', 'triplets', 'nearer and farther']) {
      assert.equal(found[check], 'not applicable', check)
    }
    assert.match(
      report.checks.find(({ check }) => check === 'triplets')?.detail ?? '',
      /untrained weights: not applicable/,
    )
  })

  it('fails weights that claim to be trained and are not the published ones', async () => {
    const path = join(directory(), 'claims')
    cpSync(await tinyModelDirectory(), path, { recursive: true })
    const config = JSON.parse(readFileSync(join(path, 'config.json'), 'utf8')) as Record<string, unknown>
    delete config['biovil']
    writeFileSync(join(path, 'config.json'), JSON.stringify(config))
    // The safetensors file says itself that it is untrained.
    assert.equal(status((await verifyModel(path)).checks)['published files'], 'not applicable')
    const safetensors = join(path, 'model.safetensors')
    const bytes = readFileSync(safetensors)
    writeFileSync(
      safetensors,
      Buffer.from(bytes.toString('latin1').replace('"untrained":"true"', '"untrained":"no"  '), 'latin1'),
    )
    const report = await verifyModel(path)
    assert.equal(report.passed, false)
    const files = report.checks.find(({ check }) => check === 'published files')
    assert.equal(files?.status, 'fail')
    assert.match(files?.detail ?? '', /model\.safetensors [0-9a-f]{64}/, 'it names the SHA-256 that came')
    assert.equal(status(report.checks)['forward on cpu'], 'pass', 'the other checks still ran')
  })

  it('fails a damaged directory, with the reason, and goes on', async () => {
    const path = join(directory(), 'damaged')
    cpSync(await tinyModelDirectory(), path, { recursive: true })
    writeFileSync(join(path, 'config.json'), '{')
    const { code, stdout } = await biovil(['verify', path])
    assert.equal(code, 1)
    assert.match(stdout, /^FAIL {2}contents +.*ERR_MODEL_CONFIG/m)
    assert.match(stdout, /FAILED\n$/)
  })

  it('prints a line a check, or one JSON object', async () => {
    const { code, stdout, stderr } = await biovil(['verify', await tinyModelDirectory()])
    assert.equal(code, 0, stderr)
    assert.match(stdout, /^pass {2}forward on cpu /m)
    assert.match(stdout, /^n\/a {3}masked prompts +untrained weights: not applicable/m)
    const json = await biovil(['verify', await tinyModelDirectory(), '--json'])
    assert.equal(JSON.parse(json.stdout).passed, true)
    assert.equal((await biovil(['verify', join(directory(), 'nowhere')])).code, 1)
  })
})
