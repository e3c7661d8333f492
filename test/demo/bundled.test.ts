import assert from 'node:assert/strict'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { findLibtorch, inspectModel, loadModel, models, promptSet, pullModel, verifyModel } from 'biovil'
import { bundledModel } from '../hub/internals.js'
import { biovil, runNode } from '../support/cli.js'
import { cleanEnvironment } from '../support/environment.js'
import { root } from '../support/root.js'
import { temporaryDirectory } from '../support/temp.js'

const directory = join(root, 'models/biovil-demo')

describe('biovil-demo is in the package', function () {
  this.timeout(60_000)
  const home = temporaryDirectory()

  /** A machine that was never used and has no network: nothing may be read from or written to its home. */
  const bare = async () =>
    cleanEnvironment({
      HOME: home(),
      HF_ENDPOINT: 'http://127.0.0.1:9',
      BIOVIL_LIBTORCH: (await findLibtorch()).root,
    })
  const manifest = () => {
    const found = models().find(({ name }) => name === 'biovil-demo')
    assert.ok(found?.bundled)
    return found
  }

  it('and listed as what it is', () => {
    const { demonstration, repository, revision, notice, files } = manifest()
    assert.deepEqual([demonstration, repository, revision], [true, undefined, undefined])
    assert.match(notice, /demonstration.*nothing on real films/i)
    for (const { size, sha256 } of files) assert.ok(size !== null && sha256 !== null)
    const others = models().filter(({ name }) => name !== 'biovil-demo')
    assert.ok(others.every((model) => !model.bundled && !model.demonstration))
  })

  it('and at most 12 MB', () => {
    assert.ok(existsSync(join(directory, 'README.md')), 'the model card')
    const bytes = readdirSync(directory).reduce((sum, name) => sum + statSync(join(directory, name)).size, 0)
    assert.ok(bytes <= 12e6, `${bytes} bytes`)
  })

  it('and loads without home, cache and network', async () => {
    const script = `
      import { loadModel } from ${JSON.stringify(import.meta.resolve('biovil'))}
      const model = await loadModel('biovil-demo', { device: 'cpu' })
      const { dims, demonstration } = await model.embedText(['There is a pleural effusion', 'No pleural effusion'])
      console.log(JSON.stringify({ name: model.name, dims, demonstration, grid: model.facts.image.grid }))`
    const { code, stdout, stderr } = await runNode(['--input-type=module', '-e', script], {
      env: await bare(),
    })
    assert.equal(code, 0, stderr)
    assert.deepEqual(JSON.parse(stdout), {
      name: 'biovil-demo',
      dims: [2, 128],
      demonstration: true,
      grid: 16,
    })
    assert.deepEqual(readdirSync(home()), [])
  })

  it('and has nothing to pull', async () => {
    const {
      directory: where,
      commit,
      files,
    } = await pullModel('biovil-demo', { cacheDir: join(home(), 'none') })
    assert.deepEqual([where, commit, files.length], [directory, undefined, manifest().files.length])
    await assert.rejects(pullModel('biovil-demo', { revision: 'main' }), { code: 'ERR_INVALID_ARG_VALUE' })
    const pulled = await biovil(['pull', 'biovil-demo'], { env: await bare() })
    assert.deepEqual([pulled.code, pulled.stdout], [0, `${directory}\n`])
    assert.match(pulled.stderr, /part of this package: there was nothing to download/)
  })

  it('and shown by models, info and verify', async () => {
    const env = await bare()
    const list = await biovil(['models'], { env })
    assert.match(
      list.stdout,
      /^biovil-demo {2}\(DEMONSTRATION: means nothing on real films\)\n.*\n.*part of this package; \d+\.\d MB\n {2}in /m,
    )
    const rows = (await biovil(['models', '--json'], { env })).stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    const { bundled, demonstration, cached, repository } = rows.find(({ name }) => name === 'biovil-demo')
    assert.deepEqual([bundled, demonstration, cached, repository], [true, true, directory, null])
    assert.equal((await inspectModel('biovil-demo')).demonstration, true)
    const { passed, checks, name } = await verifyModel('biovil-demo')
    assert.ok(passed, JSON.stringify(checks.filter(({ status }) => status === 'fail')))
    assert.equal(name, 'biovil-demo')
    assert.ok(
      checks.filter(({ check }) => check === 'published files').every(({ status }) => status === 'pass'),
    )
    assert.equal(checks.find(({ check }) => check === 'masked prompts')?.status, 'not applicable')
  })

  it('and has prompts of its own, the default for it', async () => {
    assert.equal(promptSet('biovil-demo').length, 9)
    await using model = await loadModel('biovil-demo', { device: 'cpu' })
    assert.equal(model.promptSet, 'biovil-demo')
  })

  it('and is named where --model is missing, but never chosen', async () => {
    const { code, stderr } = await biovil(['fill-mask', 'Left pleural [MASK]'])
    assert.equal(code, 2)
    assert.match(stderr, /Missing --model.*biovil-demo/)
  })
})

describe('a model of the package that is not whole', () => {
  const file = { path: 'prompts.json', part: 'text', size: null, sha256: null } as const
  const manifest = {
    ...models().find(({ name }) => name === 'biovil-demo'),
    bundled: true,
    files: [file],
  } as Parameters<typeof bundledModel>[0]

  it('is refused, with what to do', async () => {
    assert.equal((await bundledModel(manifest, {})).directory, directory)
    for (const [files, code, message] of [
      [[], 'ERR_MODEL_FILE_MISSING', /holds no weights.*Install biovil again/],
      [[{ ...file, path: 'none.bin' }], 'ERR_MODEL_FILE_MISSING', /none\.bin does not exist/],
      [[{ ...file, size: 3 }], 'ERR_CHECKSUM', /expected size 3 bytes but found \d+ bytes/],
      [[{ ...file, sha256: '0'.repeat(64) }], 'ERR_CHECKSUM', /expected sha256 0{64} but found [0-9a-f]{64}/],
    ] as const) {
      await assert.rejects(bundledModel({ ...manifest, files }, {}), { code, message })
    }
  })
})
