import assert from 'node:assert/strict'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Check, loadModel, verifyModel } from 'biovil'
import { biovil } from '../support/cli.js'
import { tinyModelDirectory } from '../support/models.js'
import { root } from '../support/root.js'
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
      Buffer.from(bytes.toString('latin1').replace('"untrained":"true"', '"something":"true"'), 'latin1'),
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

  describe('verifies the model as the options load it', () => {
    const forward = ({ checks }: { checks: readonly Check[] }) =>
      checks.filter(({ check }) => check.startsWith('forward on'))

    it('on the device that was asked for, and no other', async () => {
      const model = await tinyModelDirectory()
      const [one, ...more] = forward(
        await verifyModel(model, { device: 'cpu', dtype: 'float32', threads: 1 }),
      )
      assert.deepEqual([one?.check, one?.status, more], ['forward on cpu', 'pass', []])
      assert.match(one?.detail ?? '', /^float32, 1 thread; text \[\d+,16\]/)
      const missing = await verifyModel(model, { device: 'cuda:7' })
      assert.equal(missing.passed, false)
      assert.deepEqual(
        forward(missing).map(({ check, status: s }) => [check, s]),
        [['forward on cuda:7', 'fail']],
      )
      const wanted = await loadModel(model, { device: 'cuda:7' }).catch(({ code }) => code)
      assert.ok(forward(missing)[0]?.detail.endsWith(`[${wanted}]`), 'for the reason of loadModel()')
      const { code, stdout } = await biovil(['verify', model, '--device', 'cuda:7'])
      assert.equal(code, 1)
      assert.match(stdout, /^FAIL {2}forward on cuda:7 /m)
      assert.doesNotMatch(stdout, /forward on cpu/)
    })

    it('in the type that was asked for', async () => {
      const model = await tinyModelDirectory()
      // The digits that a type has show in how far a text differs alone and in a batch.
      const moved = async (dtype: 'float32' | 'float16' | 'bfloat16') => {
        const report = await verifyModel('biovil-demo', { device: 'cpu', dtype })
        assert.equal(report.passed, true, dtype)
        const { detail = '' } = forward(report)[0] ?? {}
        assert.ok(detail.startsWith(`${dtype}; text`), detail)
        return Number(/differ by at most ([\d.e+-]+)/.exec(detail)?.[1])
      }
      const [float32, bfloat16] = [await moved('float32'), await moved('bfloat16')]
      assert.ok(float32 < 1e-5 && bfloat16 > 10 * float32, `${float32} and ${bfloat16}`)
      const { stdout } = await biovil(['verify', model, '--dtype', 'float16', '--threads', '2'])
      assert.match(stdout, /^pass {2}forward on cpu +float16, 2 threads;/m)
    })

    it('with the graph that was asked for, which is read', async () => {
      const model = await tinyModelDirectory()
      const { code, stdout } = await biovil(['verify', model, '--graph', '/does/not/exist'])
      assert.equal(code, 1)
      assert.match(stdout, /^FAIL {2}contents +.*does\/not\/exist.*ERR_MODEL_GRAPH/m)
      const graph = join(root, 'models/graphs/bert-L2-A2.pt')
      const report = await verifyModel(model, { device: 'cpu', graph })
      assert.equal(report.passed, true)
      assert.match(forward(report)[0]?.detail ?? '', /bert-L2-A2\.pt/)
    })

    it('and options that are wrong are an error, before anything is read', async () => {
      for (const [options, code] of [
        [{ device: 'cuda:x' }, 'ERR_INVALID_ARG_VALUE'],
        [{ dtype: 'nonsense' }, 'ERR_INVALID_ARG_VALUE'],
        [{ threads: 0 }, 'ERR_OUT_OF_RANGE'],
        [{ graph: 1 }, 'ERR_INVALID_ARG_TYPE'],
        [{ checksums: false }, 'ERR_UNKNOWN_OPTION'],
      ] as const) {
        await assert.rejects(verifyModel('/does/not/exist', options as object), { code })
      }
    })
  })
})
