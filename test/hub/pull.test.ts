import assert from 'node:assert/strict'
import { readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Progress, pullModel } from 'biovil'
import { withCleanEnvironment } from '../support/environment.js'
import { gitSha1, type HubFile, type HubServer, noise, sha256, testCommit } from '../support/hub-server.js'
import { temporaryDirectory } from '../support/temp.js'
import {
  config,
  isWhole,
  listFiles,
  looseManifest,
  manifest,
  pull,
  startHub,
  vocabulary,
  weights,
} from './fixture.js'

describe('pullModel', () => {
  const root = temporaryDirectory()
  withCleanEnvironment(root)
  let hub: HubServer
  let cache: string
  let count = 0

  beforeEach(async () => {
    hub = await startHub()
    cache = join(root(), String(count++))
  })
  afterEach(() => hub[Symbol.asyncDispose]())

  it("writes the Hub's cache layout", async () => {
    const { directory, commit, files } = await pull(hub, cache)
    const folder = join(cache, 'models--tester--tiny')
    assert.equal(directory, join(folder, 'snapshots', testCommit))
    assert.equal(commit, testCommit)
    assert.deepEqual(
      files,
      ['config.json', 'vocab.txt', 'pytorch_model.bin'].map((name) => join(directory, name)),
    )
    assert.equal(readFileSync(join(folder, 'refs/v1.0'), 'utf8'), testCommit)
    assert.equal(readlinkSync(join(directory, 'pytorch_model.bin')), `../../blobs/${sha256(weights)}`)
    assert.equal(readlinkSync(join(directory, 'vocab.txt')), `../../blobs/${gitSha1(vocabulary)}`)
    assert.deepEqual(
      listFiles(join(folder, 'blobs')),
      [sha256(weights), gitSha1(vocabulary), gitSha1(config)].sort(),
    )
    assert.deepEqual(listFiles(join(cache, '.locks')), [])
    assert.ok(isWhole(directory))
  })

  it('asks nobody for what is in the cache', async () => {
    const first = await pull(hub, cache)
    hub.seen.length = 0
    assert.deepEqual(await pull(hub, cache), first)
    assert.deepEqual(hub.seen, [])
  })

  it('fetches again a file whose size is wrong, and only that', async () => {
    const { directory } = await pull(hub, cache)
    writeFileSync(join(directory, 'vocab.txt'), 'short')
    hub.seen.length = 0
    await pull(hub, cache)
    assert.deepEqual(readFileSync(join(directory, 'vocab.txt')), vocabulary)
    assert.equal(hub.gets('vocab.txt'), 1)
    assert.equal(hub.gets('pytorch_model.bin'), 0)
  })

  it('finds the published files under another commit, as Python left them', async () => {
    const other = 'f'.repeat(40)
    hub.revisions['main'] = other
    hub.revisions[other] = other
    await pull(hub, cache, { revision: 'main' })
    hub.seen.length = 0
    const { commit } = await pull(hub, cache, { localFilesOnly: true })
    assert.equal(commit, other)
    assert.deepEqual(hub.seen, [])
  })

  it('does not take other content of the same size for the published one', async () => {
    const other = 'f'.repeat(40)
    for (const name of ['vocab.txt', 'pytorch_model.bin']) {
      const published = hub.files[name] as HubFile
      hub.files[name] = { ...published, content: noise(published.content.length, 3) }
      hub.revisions['main'] = other
      hub.revisions[other] = other
      const here = join(cache, name)
      await pull(hub, here, { revision: 'main' })
      await assert.rejects(pull(hub, here, { localFilesOnly: true }), { code: 'ERR_MODEL_NOT_CACHED' })
      hub.files[name] = published
    }
  })

  it('uses a blob that is there under another commit without fetching it', async () => {
    await pull(hub, cache)
    const other = 'e'.repeat(40)
    hub.revisions['main'] = other
    hub.revisions[other] = other
    hub.seen.length = 0
    await pull(hub, cache, { revision: 'main' })
    assert.equal(hub.gets('pytorch_model.bin'), 0)
  })

  it('follows a branch that has moved on', async () => {
    assert.equal((await pull(hub, cache, { revision: 'main' })).commit, testCommit)
    const other = 'd'.repeat(40)
    hub.revisions['main'] = other
    hub.revisions[other] = other
    assert.equal((await pull(hub, cache, { revision: 'main' })).commit, other)
  })

  it('takes safetensors where it is published, else the pickle', async () => {
    const both = manifest()
    const tensors = Buffer.from('not really tensors')
    both.files = [
      ...both.files.slice(0, 2),
      { path: 'model.safetensors', part: 'text', size: null, sha256: null, oneOf: 'weights' },
      { ...(both.files[2] as (typeof both.files)[0]), oneOf: 'weights' },
    ]
    const first = await pull(hub, cache, {}, both)
    assert.deepEqual(first.files.slice(2), [join(first.directory, 'pytorch_model.bin')])
    hub.files['model.safetensors'] = { content: tensors, lfs: true }
    const second = await pull(hub, join(cache, 'second'), {}, both)
    assert.deepEqual(second.files.slice(2), [join(second.directory, 'model.safetensors')])
    delete hub.files['model.safetensors']
    delete hub.files['pytorch_model.bin']
    await assert.rejects(pull(hub, join(cache, 'third'), {}, both), {
      code: 'ERR_DOWNLOAD',
      message: /no model\.safetensors or pytorch_model\.bin at revision 'v1\.0'/,
    })
  })

  it('does without an optional file, not without another', async () => {
    const more = manifest()
    more.files.push({
      path: 'special_tokens_map.json',
      part: 'text',
      size: null,
      sha256: null,
      optional: true,
    })
    assert.equal((await pull(hub, cache, {}, more)).files.length, 3)
    more.files.push({ path: 'extra.txt', part: 'text', size: null, sha256: null })
    await assert.rejects(pull(hub, cache, {}, more), {
      code: 'ERR_DOWNLOAD',
      message: /has no extra\.txt at revision 'v1\.0', which tiny needs/,
    })
  })

  it("checks against the Hub's word where the manifest knows nothing", async () => {
    hub.trouble = ({ file, method }) =>
      method === 'GET' && file === 'vocab.txt' ? { corrupt: true } : undefined
    await assert.rejects(pull(hub, cache, {}, looseManifest()), {
      code: 'ERR_CHECKSUM',
      message: new RegExp(`vocab\\.txt.*git sha1 ${gitSha1(vocabulary)}`),
    })
    hub.trouble = ({ on }) => (on === 'cdn' ? { corrupt: true } : undefined)
    await assert.rejects(pull(hub, cache, {}, looseManifest()), {
      code: 'ERR_CHECKSUM',
      message: new RegExp(`pytorch_model\\.bin.*sha256 ${sha256(weights)}`),
    })
  })

  it('refuses other files than the published ones before it fetches them', async () => {
    const wrong = manifest()
    ;(wrong.files[2] as { sha256: string }).sha256 = 'a'.repeat(64)
    await assert.rejects(pull(hub, cache, {}, wrong), {
      code: 'ERR_CHECKSUM',
      message: /aaaa.*server announces/,
    })
    ;(wrong.files[2] as { size: number }).size = 5
    await assert.rejects(pull(hub, cache, {}, wrong), {
      code: 'ERR_CHECKSUM',
      message: /5 bytes.*300000 bytes/,
    })
    assert.equal(hub.gets('pytorch_model.bin'), 0)
  })

  it('reports progress in bytes of each file', async () => {
    const steps: Progress[] = []
    await pull(hub, cache, { onProgress: (progress) => steps.push(progress) })
    const last = steps.at(-1)
    const expected = { stage: 'download', item: 'pytorch_model.bin', unit: 'bytes' }
    assert.deepEqual(last, { ...expected, done: weights.length, total: weights.length })
    const numbers = steps.filter(({ item }) => item === 'pytorch_model.bin').map(({ done }) => done)
    assert.ok(numbers.length > 2 && numbers.every((done, i) => done >= (numbers[i - 1] ?? 0)))
  })

  it('fetches once for two calls at the same time', async () => {
    hub.trouble = ({ on }) => (on === 'cdn' ? { slow: 10 } : undefined)
    const [one, two] = await Promise.all([pull(hub, cache), pull(hub, cache)])
    assert.deepEqual(one, two)
    assert.equal(hub.gets('pytorch_model.bin'), 1)
    assert.equal(hub.sent('pytorch_model.bin'), weights.length)
  })

  it('stops on a signal with its reason and goes on from there', async () => {
    hub.trouble = ({ on }) => (on === 'cdn' ? { slow: 5 } : undefined)
    const controller = new AbortController()
    const reason = new Error('enough')
    const onProgress = ({ item, done }: Progress) => {
      if (item === 'pytorch_model.bin' && done > 100_000) controller.abort(reason)
    }
    await assert.rejects(
      pull(hub, cache, { signal: controller.signal, onProgress }),
      (error) => error === reason,
    )
    await assert.rejects(pull(hub, cache, { signal: controller.signal }), (error) => error === reason)
    hub.trouble = () => undefined
    hub.seen.length = 0
    const { directory } = await pull(hub, cache)
    assert.ok(isWhole(directory))
    assert.ok(hub.sent('pytorch_model.bin') < 200_000)
    assert.ok(statSync(join(directory, 'pytorch_model.bin')).size === weights.length)
  })

  it('stops at once while it waits to try again', async () => {
    hub.trouble = () => ({ status: 503, headers: { 'retry-after': '30' } })
    const started = Date.now()
    const reason = new Error('enough')
    const controller = new AbortController()
    setTimeout(() => controller.abort(reason), 100)
    await assert.rejects(pull(hub, cache, { signal: controller.signal }), (error) => error === reason)
    assert.ok(Date.now() - started < 3000)
  })

  it('rejects unknown names, options and malformed manifests', async () => {
    await assert.rejects(pullModel('cxr-bert-specialised'), {
      code: 'ERR_MODEL_UNKNOWN',
      message: /Did you mean 'cxr-bert-specialized'\?.*biovil-t, cxr-bert-general/,
    })
    await assert.rejects(pullModel('cxr-bert-general', { cachedir: '/x' } as object), {
      code: 'ERR_UNKNOWN_OPTION',
    })
    await assert.rejects(pull(hub, cache, { retries: -1 }), { code: 'ERR_OUT_OF_RANGE' })
    await assert.rejects(pull(hub, cache, { endpoint: 'hub.example' }), { code: 'ERR_INVALID_ARG_VALUE' })
    await assert.rejects(pull(hub, cache, { revision: '../../x' }), { code: 'ERR_INVALID_ARG_VALUE' })
    await assert.rejects(pullModel(3 as unknown as string), { code: 'ERR_INVALID_ARG_TYPE' })
    const escaping = manifest()
    ;(escaping.files[0] as { path: string }).path = '../../../evil'
    await assert.rejects(pull(hub, cache, {}, escaping), {
      code: 'ERR_INVALID_ARG_VALUE',
      message: /without \. and \.\./,
    })
    const malformed: [object, string][] = [
      [{ bundled: 'yes' }, 'ERR_INVALID_ARG_TYPE'],
      [{ demonstration: false }, 'ERR_INVALID_ARG_TYPE'],
      [{ bundled: true, name: '../..' }, 'ERR_INVALID_ARG_VALUE'],
      [{ repository: undefined }, 'ERR_INVALID_ARG_TYPE'],
    ]
    for (const [changes, code] of malformed) {
      await assert.rejects(pull(hub, cache, {}, { ...manifest(), ...changes }), { code })
    }
    assert.deepEqual(hub.seen, [])
  })
})
