import assert from 'node:assert/strict'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pullModel } from 'biovil'
import { withCleanEnvironment } from '../support/environment.js'
import type { HubServer } from '../support/hub-server.js'
import { temporaryDirectory } from '../support/temp.js'
import { manifest, pull, startHub } from './fixture.js'

describe('pullModel without a network', () => {
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

  it('finds what is cached', async () => {
    const online = await pull(hub, cache)
    hub.seen.length = 0
    process.env['HF_HUB_OFFLINE'] = '1'
    assert.deepEqual(await pull(hub, cache), online)
    assert.deepEqual(await pull(hub, cache, { localFilesOnly: true }), online)
    assert.deepEqual(await pull(hub, cache, { revision: online.commit }), online)
    assert.deepEqual(hub.seen, [])
  })

  it('says where it looked and what to do', async () => {
    const folder = join(cache, 'models--tester--tiny')
    await assert.rejects(pull(hub, cache, { localFilesOnly: true }), (error: Error & { code: string }) => {
      assert.equal(error.code, 'ERR_MODEL_NOT_CACHED')
      assert.ok(error.message.includes(folder) && error.message.includes("'biovil pull tiny'"), error.message)
      return true
    })
    for (const name of ['HF_HUB_OFFLINE', 'TRANSFORMERS_OFFLINE']) {
      process.env[name] = 'true'
      await assert.rejects(pull(hub, cache), (error: Error & { code: string }) => {
        assert.equal(error.code, 'ERR_OFFLINE')
        assert.ok(error.message.includes(folder) && error.message.includes(name), error.message)
        return true
      })
      delete process.env[name]
    }
    assert.deepEqual(hub.seen, [])
  })

  it('does not take an incomplete snapshot for a whole one', async () => {
    const { directory } = await pull(hub, cache)
    rmSync(join(directory, 'vocab.txt'))
    await assert.rejects(pull(hub, cache, { localFilesOnly: true }), { code: 'ERR_MODEL_NOT_CACHED' })
  })

  it('takes files that are no links, as on file systems without links', async () => {
    const directory = join(cache, 'models--tester--tiny/snapshots', 'c'.repeat(40))
    mkdirSync(directory, { recursive: true })
    for (const [path, { content }] of Object.entries(hub.files)) writeFileSync(join(directory, path), content)
    assert.equal((await pull(hub, cache, { localFilesOnly: true })).directory, directory)
  })

  it('looks for the cache where huggingface_hub does', async () => {
    const { HOME = '' } = process.env
    const lookedIn = async () => {
      try {
        await pullModel(manifest(), { localFilesOnly: true })
      } catch (error) {
        return /cache (.*)\/models--tester--tiny/.exec((error as Error).message)?.[1]
      }
      return assert.fail('found')
    }
    assert.equal(await lookedIn(), join(HOME, '.cache/huggingface/hub'))
    process.env['XDG_CACHE_HOME'] = '/nowhere/xdg'
    assert.equal(await lookedIn(), '/nowhere/xdg/huggingface/hub')
    process.env['HF_HOME'] = '~/models'
    assert.equal(await lookedIn(), join(HOME, 'models/hub'))
    process.env['HUGGINGFACE_HUB_CACHE'] = '$HOME/old'
    assert.equal(await lookedIn(), join(HOME, 'old'))
    process.env['HF_HUB_CACHE'] = '/nowhere/new'
    assert.equal(await lookedIn(), '/nowhere/new')
  })
})
