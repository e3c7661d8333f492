import assert from 'node:assert/strict'
import { join } from 'node:path'
import type { Libtorch } from 'biovil'
import { biovil } from '../support/cli.js'
import { fakeZipRoot, temporaryDirectory, write, zipBytes } from './fixtures.js'

describe('biovil libtorch', function () {
  this.timeout(20_000)
  const here = temporaryDirectory()
  const at = (path: string) => join(here.path, path)
  const env = (libtorch: string) => ({
    XDG_CACHE_HOME: at('cache'),
    BIOVIL_LIBTORCH: libtorch,
    LIBTORCH_BYPASS_VERSION_CHECK: '',
  })

  it('path prints the root, and all that is known with --json', async () => {
    const root = await fakeZipRoot(at('root'))
    const plain = await biovil(['libtorch', 'path'], { env: env(root) })
    assert.deepEqual([plain.code, plain.stdout, plain.stderr], [0, `${root}\n`, ''])
    const json = await biovil(['libtorch', 'path', '--json'], { env: env(root) })
    const found = JSON.parse(json.stdout) as Libtorch
    assert.equal(found.root, root)
    assert.equal(found.version, '2.11.0+cpu')
    assert.equal(found.source, 'BIOVIL_LIBTORCH')
    assert.equal(json.stdout.indexOf('\n'), json.stdout.length - 1)
  })

  it('path exits with 1 and says why when there is none, or none with CUDA', async () => {
    const missing = await biovil(['libtorch', 'path'], { env: env(at('nowhere')) })
    assert.deepEqual([missing.code, missing.stdout], [1, ''])
    assert.match(missing.stderr, /ERR_LIBTORCH_NOT_FOUND/)
    const root = await fakeZipRoot(at('root'))
    const cuda = await biovil(['libtorch', 'path', '--cuda'], { env: env(root) })
    assert.equal(cuda.code, 1)
    assert.match(cuda.stderr, /ERR_DEVICE_UNAVAILABLE/)
  })

  it('install prints the root of the one that is there', async () => {
    const root = await fakeZipRoot(at('root'))
    const done = await biovil(['libtorch', 'install'], { env: env(root) })
    assert.deepEqual([done.code, done.stdout], [0, `${root}\n`])
    assert.match(done.stderr, /there already \(BIOVIL_LIBTORCH\)/)
  })

  it('install --from puts one into the cache and says what could not be verified', async () => {
    await write(at('mine.zip'), zipBytes)
    const done = await biovil(['libtorch', 'install', '--from', at('mine.zip')], { env: env('') })
    assert.equal(done.code, 0, done.stderr)
    assert.equal(done.stdout, `${at('cache/biovil/libtorch/2.11.0/cpu')}\n`)
    assert.match(done.stderr, /no pinned checksum/)
  })

  it('install exits with 1 when the file is of no use', async () => {
    await write(at('mine.zip'), 'no zip')
    const done = await biovil(['libtorch', 'install', '--from', at('mine.zip')], { env: env('') })
    assert.deepEqual([done.code, done.stdout], [1, ''])
    assert.match(done.stderr, /not a whole zip archive.*\[?ERR_LIBTORCH_INSTALL/s)
  })

  it('exits with 2 when it is called wrongly', async () => {
    for (const args of [
      [],
      ['remove'],
      ['path', '--from', 'x'],
      ['install', '--json'],
      ['install', '--cpu', '--cuda'],
    ]) {
      const done = await biovil(['libtorch', ...args], { env: env('') })
      assert.deepEqual([done.code, done.stdout], [2, ''], args.join(' '))
    }
  })
})
