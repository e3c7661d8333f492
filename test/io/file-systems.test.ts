import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { findLibtorch } from 'biovil'
import { manifest, startHub } from '../hub/fixture.js'
import { type Finished, runNode } from '../support/cli.js'
import { cleanEnvironment } from '../support/environment.js'
import type { HubServer } from '../support/hub-server.js'
import { tinyModelDirectory } from '../support/models.js'
import { root } from '../support/root.js'
import { temporaryDirectory } from '../support/temp.js'

/** Real file systems, mounted where only the child sees them: that needs root or user namespaces. */
const unshare = ['--mount', '--map-root-user', '--user']
const canMount = () => spawnSync('unshare', [...unshare, 'mount', '-t', 'tmpfs', 'x', '/mnt']).status === 0

describe('a file system that', function () {
  this.timeout(60_000)
  const directory = temporaryDirectory()
  let hub: HubServer
  let env: NodeJS.ProcessEnv

  before(async function () {
    if (!canMount()) this.skip()
    hub = await startHub()
    mkdirSync(join(directory(), 'disk'))
    env = cleanEnvironment({ HOME: join(directory(), 'home'), DISK: join(directory(), 'disk') })
  })
  after(() => hub?.[Symbol.asyncDispose]())

  /** Runs Node.js with a file system at $DISK. */
  function on(mount: string, args: readonly string[], more: NodeJS.ProcessEnv = {}): Promise<Finished> {
    const script = `${mount} && exec "$@"`
    return new Promise((resolve, reject) => {
      const child = spawn('unshare', [...unshare, 'sh', '-c', script, 'sh', process.execPath, ...args], {
        env: { ...env, ...more },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      let [stdout, stderr] = ['', '']
      child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text))
      child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text))
      child.on('error', reject)
      child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }))
    })
  }

  const readOnly = 'mount -t tmpfs tmpfs $DISK && mkdir $DISK/there && mount -o remount,ro $DISK'
  const small = 'mount -t tmpfs -o size=160k tmpfs $DISK'
  const cli = join(root, 'dist/cli/main.js')
  const pulling = () => `
    import { pullModel } from ${JSON.stringify(import.meta.resolve('biovil'))}
    const options = { endpoint: ${JSON.stringify(hub.url)}, cacheDir: process.env.DISK + '/there/hub' }
    pullModel(${JSON.stringify(manifest())}, options).catch((e) => console.log(e.code, e.message))`
  const pull = (mount: string) => on(mount, ['--input-type=module', '--eval', pulling()])

  it('is read-only: the cache cannot be written', async () => {
    const { stdout, stderr } = await pull(readOnly)
    assert.match(stdout, /^ERR_CACHE_UNWRITABLE Cannot write .*disk\/there\/hub.*EROFS.*HF_HOME/, stderr)
  })

  it('is read-only: libtorch cannot be installed', async () => {
    const from = (await findLibtorch()).root
    const { code, stderr } = await on(readOnly, [cli, 'libtorch', 'install', '--from', from, '--force'], {
      XDG_CACHE_HOME: join(directory(), 'disk/there/cache'),
    })
    assert.equal(code, 1)
    assert.match(stderr, /EROFS.*\[ERR_CACHE_UNWRITABLE\]\n$/)
    assert.doesNotMatch(stderr, /^ {4}at /m)
  })

  it('is read-only: an output cannot be written', async () => {
    const output = join(directory(), 'disk/sub/out.npy')
    const args = ['embed', '-', '--model', await tinyModelDirectory(), '--output', output]
    const { code, stderr } = await on(readOnly, [cli, ...args])
    assert.equal(code, 1)
    assert.match(stderr, /EROFS.*\[ERR_OUTPUT\]\n$/)
  })

  it('is full: says so before a byte of what does not fit', async () => {
    const { stdout, stderr } = await pull(small)
    assert.match(stdout, /^ERR_DISK_FULL No space left .*are needed and .* are free/, stderr)
    assert.equal(hub.sent('pytorch_model.bin'), 0)
  })

  it('fills up under a body whose length nobody knew', async () => {
    const code = `
      import { createServer } from 'node:http'
      import { download } from ${JSON.stringify(new URL('dist/io/download.js', `file://${root}`).href)}
      const server = createServer((_, response) => {
        const timer = setInterval(() => response.write(Buffer.alloc(20_000)), 1)
        response.on('close', () => clearInterval(timer))
      }).listen(0, '127.0.0.1', () => {
        const url = 'http://127.0.0.1:' + server.address().port + '/f'
        download({ url, path: process.env.DISK + '/f' })
          .catch((e) => console.log(e.code, e.message))
          .finally(() => process.exit())
      })`
    const { stdout, stderr } = await on(small, ['--input-type=module', '--eval', code])
    assert.match(stdout, /^ERR_DISK_FULL No space left/, stderr)
  })
})

describe('cacheDir', () => {
  it('expands ~ as the variables do', async () => {
    const code = `
      import { pullModel, findLibtorch } from ${JSON.stringify(import.meta.resolve('biovil'))}
      const none = { cacheDir: '~/none', localFilesOnly: true }
      await pullModel('cxr-bert-general', none).catch((e) => console.log(e.message))
      await findLibtorch({ cacheDir: '~/none', env: { HOME: process.env.HOME } }).catch((e) => console.log(e.message))`
    const { stdout } = await runNode(['--input-type=module', '--eval', code], {
      env: cleanEnvironment({ HOME: '/home/of/nobody' }),
    })
    assert.match(stdout, /in the cache \/home\/of\/nobody\/none\/models--/)
    assert.match(stdout, /cache cpu \(\/home\/of\/nobody\/none\//)
  })
})
