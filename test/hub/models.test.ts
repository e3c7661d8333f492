import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { models } from 'biovil'
import { biovil } from '../support/cli.js'
import { cleanEnvironment, withCleanEnvironment } from '../support/environment.js'
import { HubServer, testCommit } from '../support/hub-server.js'
import { temporaryDirectory } from '../support/temp.js'
import { resolveModel } from './internals.js'

/** Puts files of the published sizes (and no content) where a pull would have put them. */
function pretendCached(cacheDir: string, name: string): string {
  const model = models().find((candidate) => candidate.name === name)
  assert.ok(model && !model.bundled)
  const directory = join(cacheDir, `models--${model.repository.replace('/', '--')}/snapshots`, testCommit)
  const ref = join(directory, '../../refs', model.revision)
  mkdirSync(directory, { recursive: true })
  mkdirSync(dirname(ref), { recursive: true })
  writeFileSync(ref, testCommit)
  for (const { path, size } of model.files) writeFileSync(join(directory, path), Buffer.alloc(size ?? 3))
  return directory
}

describe('models', () => {
  it('lists what is published, complete and well-formed', () => {
    const list = models()
    assert.deepEqual(
      list.map(({ name }) => name),
      ['biovil', 'biovil-demo', 'biovil-t', 'cxr-bert-general', 'cxr-bert-specialized'],
    )
    for (const model of list) {
      if (model.bundled) continue
      const { files, licence, notice, repository, revision } = model
      assert.equal(licence, 'MIT')
      assert.match(notice, /research/i)
      assert.match(repository, /^microsoft\//)
      assert.notEqual(revision, 'main')
      const paths = files.map(({ path }) => path)
      for (const path of ['config.json', 'vocab.txt', 'tokenizer_config.json'])
        assert.ok(paths.includes(path))
      assert.ok(paths.some((path) => path === 'pytorch_model.bin' || path === 'model.safetensors'))
    }
  })

  it('pins the published weights', () => {
    const weights = models()
      .find(({ name }) => name === 'cxr-bert-specialized')
      ?.files.at(-1)
    assert.deepEqual(weights, {
      path: 'pytorch_model.bin',
      part: 'text',
      size: 438_588_639,
      sha256: 'a41d2f4b33e5bdbacabecb8d34c4420163e2165b9fdc6915014e8263a0d0782b',
    })
    for (const [name, size, sha256] of [
      ['biovil', 103_671_857, '118c4bb1c16d4e69b7c9b7f2ff5b2c0a79242059acf20bd2ed3068045b8f6b98'],
      ['biovil-t', 109_745_561, 'b2399d73dc2a68b9f3a1950e864ae0ecd24093fb07aa459d7e65807ebdc0fb77'],
    ]) {
      const image = models()
        .find((model) => model.name === name)
        ?.files.find(({ part }) => part === 'image')
      assert.deepEqual([image?.size, image?.sha256], [size, sha256])
    }
  })

  it('gives copies', () => {
    ;(models()[0] as { name: string }).name = 'changed'
    assert.notEqual(models()[0]?.name, 'changed')
  })
})

describe('resolveModel', () => {
  const root = temporaryDirectory()
  withCleanEnvironment(root)

  it('takes a directory as it is', async () => {
    const directory = join(root(), 'own')
    mkdirSync(directory)
    assert.deepEqual(await resolveModel(directory), { directory })
    assert.deepEqual(await resolveModel(relative(process.cwd(), directory)), { directory })
  })

  it('finds a known name in the cache', async () => {
    const cacheDir = join(root(), 'cache')
    const directory = pretendCached(cacheDir, 'cxr-bert-general')
    const name = 'cxr-bert-general'
    // The revision of this one is a commit: only its own snapshot is surely it.
    const found = resolveModel(name, { cacheDir, localFilesOnly: true })
    await assert.rejects(found, { code: 'ERR_MODEL_NOT_CACHED' })
    const own = join(directory, '..', '93af83cefc6d3f7d0ef9a0b78b0d579452c6a546')
    mkdirSync(own)
    const model = models().find((candidate) => candidate.name === name)
    for (const { path, size } of model?.files ?? []) writeFileSync(join(own, path), Buffer.alloc(size ?? 3))
    assert.deepEqual(await resolveModel(name, { cacheDir, localFilesOnly: true }), { directory: own, name })
  })

  it('says which names exist, and that no such directory does', async () => {
    const looked = join(process.cwd(), 'cxr-bert')
    await assert.rejects(resolveModel('cxr-bert'), (error: Error & { code: string }) => {
      assert.equal(error.code, 'ERR_MODEL_UNKNOWN')
      assert.ok(error.message.includes(`no directory ${looked}`), error.message)
      assert.match(
        error.message,
        /Known names: biovil, biovil-demo, biovil-t, cxr-bert-general, cxr-bert-specialized/,
      )
      return true
    })
    await assert.rejects(resolveModel('microsoft/BiomedVLP-CXR-BERT-specialized'), {
      code: 'ERR_MODEL_UNKNOWN',
      message: /Did you mean 'cxr-bert-specialized'\?/,
    })
    await assert.rejects(resolveModel(''), { code: 'ERR_MODEL_UNKNOWN' })
  })

  it('does not take a file for a directory', async () => {
    const file = join(root(), 'pytorch_model.bin')
    writeFileSync(file, '')
    await assert.rejects(resolveModel(file), {
      code: 'ERR_MODEL_UNKNOWN',
      message: /is a file; name the directory/,
    })
  })

  it('rejects wrong types, unknown options and an aborted signal', async () => {
    await assert.rejects(resolveModel(7 as unknown as string), { code: 'ERR_INVALID_ARG_TYPE' })
    await assert.rejects(resolveModel('biovil-t', { offline: true } as object), {
      code: 'ERR_UNKNOWN_OPTION',
    })
    await assert.rejects(resolveModel('biovil-t', { signal: AbortSignal.abort(new Error('no')) }), /no/)
  })
})

describe('biovil models, biovil pull', function () {
  this.timeout(30_000)
  const root = temporaryDirectory()
  const env = (more = {}) => cleanEnvironment({ HOME: root(), ...more })

  it('lists the models and where they are cached', async () => {
    const directory = pretendCached(join(root(), '.cache/huggingface/hub'), 'biovil-t')
    const known = models().find(({ name }) => name === 'biovil-t')
    const own = join(directory, '..', known?.revision ?? '')
    const plain = await biovil(['models'], { env: env() })
    assert.equal(plain.code, 0)
    assert.match(
      plain.stdout,
      /cxr-bert-specialized\n.*\n.*MIT licence.*438\.8 MB\n {2}not cached: biovil pull cxr-bert-specialized/,
    )
    assert.match(plain.stderr, /research only/)
    mkdirSync(own)
    for (const { path, size } of known?.files ?? []) writeFileSync(join(own, path), Buffer.alloc(size ?? 3))
    const { stdout } = await biovil(['models', '--json'], { env: env() })
    const all = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { name: string; cached: string | null; bundled: boolean })
    // test/demo has the one of this package.
    const rows = all.filter(({ bundled }) => !bundled)
    assert.deepEqual(
      rows.map(({ name, cached }) => [name, cached]),
      [
        ['biovil', null],
        ['biovil-t', own],
        ['cxr-bert-general', null],
        ['cxr-bert-specialized', null],
      ],
    )
  })

  it('pulls from HF_ENDPOINT into HF_HOME, prints the directory', async () => {
    const bytes = (size: number | null) => Buffer.alloc(size ?? 100, 1)
    const general = models().find(({ name }) => name === 'cxr-bert-general')
    const files = Object.fromEntries(
      (general?.files ?? []).map(({ path, size }) => [
        path,
        { content: bytes(size), lfs: path.endsWith('.bin') },
      ]),
    )
    await using hub = await new HubServer(general?.repository ?? '', files).start()
    hub.revisions[general?.revision ?? ''] = general?.revision ?? ''
    const settings = env({ HF_ENDPOINT: `${hub.url}/`, HF_HOME: join(root(), 'hf'), HF_TOKEN: 'hf_secret' })
    const plain = await biovil(['pull', 'cxr-bert-general'], { env: settings })
    const directory = join(
      root(),
      'hf/hub/models--microsoft--BiomedVLP-CXR-BERT-general/snapshots',
      general?.revision ?? '',
    )
    assert.deepEqual([plain.code, plain.stdout], [0, `${directory}\n`], plain.stderr)
    assert.match(plain.stderr, /research only/)
    assert.ok(!plain.stderr.includes('hf_secret'))
    const offline = await biovil(['pull', 'cxr-bert-general', '--json', '-q'], {
      env: { ...settings, HF_HUB_OFFLINE: '1' },
    })
    assert.equal((JSON.parse(offline.stdout) as { directory: string }).directory, directory)
    assert.equal(offline.stderr, '')
  })

  it('fails with the right exit code and a code to look up', async () => {
    assert.equal((await biovil(['pull'], { env: env() })).code, 2)
    assert.equal((await biovil(['pull', 'a', 'b'], { env: env() })).code, 2)
    assert.equal((await biovil(['models', 'x'], { env: env() })).code, 2)
    const unknown = await biovil(['pull', 'cxr-bert-genral'], { env: env() })
    assert.equal(unknown.code, 1)
    assert.match(unknown.stderr, /Did you mean 'cxr-bert-general'\?.*\[ERR_MODEL_UNKNOWN\]/)
    const offline = await biovil(['pull', 'cxr-bert-general'], { env: env({ HF_HUB_OFFLINE: 'ON' }) })
    assert.equal(offline.code, 1)
    assert.match(offline.stderr, /HF_HUB_OFFLINE.*\[ERR_OFFLINE\]/)
  })
})
