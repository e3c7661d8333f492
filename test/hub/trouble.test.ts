import assert from 'node:assert/strict'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { withCleanEnvironment } from '../support/environment.js'
import { type HubServer, noise, type Trouble } from '../support/hub-server.js'
import { temporaryDirectory } from '../support/temp.js'
import { isWhole, looseManifest, pull, startHub, weights, weightsBlob, weightsPartial } from './fixture.js'

const size = weights.length

describe('pullModel from a server that', function () {
  this.timeout(30_000)
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

  /** What goes wrong with the first, second, … request for the weights' body. */
  function onWeights(...troubles: (Trouble | undefined)[]): void {
    hub.trouble = ({ on }, earlier) => (on === 'cdn' ? troubles[earlier] : undefined)
  }

  it('drops the connection: every byte is sent once', async () => {
    onWeights({ dropAfter: 100_000 }, { dropAfter: 1000 }, { dropAfter: 120_000 })
    const { directory } = await pull(hub, cache)
    assert.ok(isWhole(directory))
    assert.equal(hub.gets('pytorch_model.bin'), 4)
    assert.equal(hub.sent('pytorch_model.bin'), size)
    assert.ok(!existsSync(weightsPartial(cache)))
  })

  it('drops it before the first byte, again and again', async () => {
    onWeights(...Array.from({ length: 9 }, () => ({ dropAfter: 0 })))
    await assert.rejects(pull(hub, cache, { retries: 1 }), { code: 'ERR_DOWNLOAD', message: /2 tries/ })
    assert.equal(hub.gets('pytorch_model.bin'), 2)
  })

  it('ends early as if it were done', async () => {
    onWeights({ endAfter: 50_000 })
    assert.ok(isWhole((await pull(hub, cache)).directory))
  })

  it('announces a shorter file', async () => {
    onWeights({ content: weights.subarray(0, 1000) })
    await assert.rejects(pull(hub, cache), {
      code: 'ERR_CHECKSUM',
      message: /pytorch_model\.bin.*expected size 300000 bytes but received 1000 bytes/,
    })
  })

  it('sends a web page instead', async () => {
    onWeights({ content: Buffer.from('<html>Log in</html>'), headers: { 'content-type': 'text/html' } })
    await assert.rejects(pull(hub, cache), { code: 'ERR_CHECKSUM', message: /a web page/ })
  })

  it('sends more than it announces to a client that expects less', async () => {
    onWeights({ content: Buffer.concat([weights, weights]) })
    await assert.rejects(pull(hub, cache), { code: 'ERR_CHECKSUM', message: /600000 bytes/ })
  })

  it('corrupts a byte: nothing is kept, and the next call is right', async () => {
    onWeights({ corrupt: true })
    await assert.rejects(pull(hub, cache), {
      code: 'ERR_CHECKSUM',
      message: /expected sha256 [0-9a-f]{64} but/,
    })
    assert.ok(!existsSync(weightsBlob(cache)))
    assert.ok(!existsSync(weightsPartial(cache)))
    assert.ok(isWhole((await pull(hub, cache)).directory))
  })

  it('corrupts a byte of a piece: it is fetched once more in one go', async () => {
    onWeights({ dropAfter: 100_000, corrupt: true }, { corrupt: true })
    assert.ok(isWhole((await pull(hub, cache)).directory))
    assert.deepEqual(
      hub.seen.filter(({ on }) => on === 'cdn').map(({ range }) => range !== undefined),
      [false, true, false],
    )
  })

  it('stalls in the middle', async () => {
    onWeights({ stallAfter: 100_000 })
    const started = Date.now()
    assert.ok(isWhole((await pull(hub, cache)).directory))
    assert.ok(Date.now() - started < 10_000)
    assert.equal(hub.gets('pytorch_model.bin'), 2)
  })

  it('stalls every time', async () => {
    onWeights({ stallAfter: 100_000 }, { stallAfter: 0 }, { stallAfter: 0 }, { stallAfter: 0 })
    await assert.rejects(pull(hub, cache, { retries: 1 }), {
      code: 'ERR_DOWNLOAD',
      message: /stalled.*100\.0 kB are kept; run it again to go on/,
    })
    assert.ok(existsSync(weightsPartial(cache)))
  })

  it('knows no ranges: it starts again', async () => {
    onWeights({ dropAfter: 100_000 }, { noRange: true })
    assert.ok(isWhole((await pull(hub, cache)).directory))
    assert.equal(hub.gets('pytorch_model.bin'), 2)
  })

  it('continues with another file between two tries', async () => {
    const other = noise(size, 99)
    onWeights({ dropAfter: 100_000, content: other })
    assert.ok(isWhole((await pull(hub, cache)).directory))
    const [, second] = hub.seen.filter(({ on }) => on === 'cdn')
    assert.match(second?.ifRange ?? '', /^"cdn-/)
  })

  it('is slow but alive', async () => {
    onWeights({ slow: 100 })
    assert.ok(isWhole((await pull(hub, cache)).directory))
    assert.equal(hub.gets('pytorch_model.bin'), 1)
  })

  it('has trouble for a moment: 500, 503, 429', async () => {
    onWeights({ status: 500 }, { status: 429, headers: { 'retry-after': '1' } })
    const started = Date.now()
    assert.ok(isWhole((await pull(hub, cache)).directory))
    assert.ok(Date.now() - started > 1000)
    hub.trouble = ({ method }, earlier) => (method === 'HEAD' && earlier === 0 ? { status: 503 } : undefined)
    assert.ok(isWhole((await pull(hub, join(cache, 'b'))).directory))
  })

  it('has trouble for good', async () => {
    hub.trouble = () => ({ status: 500 })
    await assert.rejects(pull(hub, cache, { retries: 1 }), {
      code: 'ERR_DOWNLOAD',
      message: /HTTP status 500.*2 tries/,
    })
    hub.trouble = () => ({ status: 429, headers: { 'retry-after': '3600' } })
    await assert.rejects(pull(hub, cache), { code: 'ERR_DOWNLOAD', message: /asks to wait 3600 s/ })
  })

  it('gives an address of the CDN that has run out', async () => {
    onWeights({ status: 403 })
    assert.ok(isWhole((await pull(hub, cache)).directory))
  })

  it('wants a token', async () => {
    hub.trouble = ({ on, authorization }) =>
      on === 'cdn' || authorization === 'Bearer hf_secret'
        ? undefined
        : { status: 401, headers: { 'x-error-code': 'GatedRepo' } }
    await assert.rejects(pull(hub, cache), {
      code: 'ERR_UNAUTHORIZED',
      message: /no token was sent.*HF_TOKEN/,
    })
    await assert.rejects(pull(hub, cache, { token: 'hf_wrong' }), (error: Error & { code: string }) => {
      assert.equal(error.code, 'ERR_UNAUTHORIZED')
      assert.ok(!inspectAll(error).includes('hf_wrong'))
      return true
    })
    await pull(hub, cache, { token: 'hf_secret' })
    const onHub = hub.seen.filter(
      ({ on, authorization }) => on === 'hub' && authorization === 'Bearer hf_secret',
    )
    assert.ok(onHub.length >= 4)
    assert.deepEqual(
      hub.seen.filter(({ on }) => on === 'cdn').map(({ authorization }) => authorization),
      [undefined],
    )
  })

  it('takes the token of HF_TOKEN, else of the token file', async () => {
    process.env['HF_TOKEN'] = 'hf_variable'
    await pull(hub, cache)
    assert.equal(hub.seen[0]?.authorization, 'Bearer hf_variable')
    delete process.env['HF_TOKEN']
    process.env['HF_HOME'] = join(cache, 'home')
    mkdirSync(join(cache, 'home'))
    writeFileSync(join(cache, 'home/token'), 'hf_file\n')
    hub.seen.length = 0
    await pull(hub, join(cache, 'b'))
    assert.equal(hub.seen[0]?.authorization, 'Bearer hf_file')
  })

  it('shows neither a token nor a signature in any message', async () => {
    onWeights(...Array.from({ length: 5 }, () => ({ dropAfter: 10 })))
    await assert.rejects(pull(hub, cache, { retries: 0, token: 'hf_secret' }), (error: Error) => {
      assert.ok(!/hf_secret|signature/.test(inspectAll(error)), inspectAll(error))
      return true
    })
  })

  it('has no such revision, or no such repository', async () => {
    await assert.rejects(pull(hub, cache, { revision: 'v9' }), {
      code: 'ERR_DOWNLOAD',
      message: /tester\/tiny has no revision 'v9'/,
    })
    hub.trouble = () => ({ status: 404, headers: { 'x-error-code': 'RepoNotFound' } })
    await assert.rejects(pull(hub, cache), { code: 'ERR_DOWNLOAD', message: /no repository tester\/tiny/ })
  })

  it('is no Hub', async () => {
    hub.trouble = ({ on }) => (on === 'hub' ? { status: 200 } : undefined)
    await assert.rejects(pull(hub, cache), {
      code: 'ERR_DOWNLOAD',
      message: /lacks X-Repo-Commit or ETag.*HF_ENDPOINT/,
    })
  })

  it('names a blob so that it would leave the cache', async () => {
    for (const etag of ['"../../../evil"', '".."', '""', '"a/b"']) {
      hub.trouble = ({ file }) =>
        file === 'pytorch_model.bin' ? { headers: { 'x-linked-etag': etag } } : undefined
      const pulled = pull(hub, cache, {}, looseManifest())
      await assert.rejects(pulled, { code: 'ERR_DOWNLOAD', message: /ETag/ }, etag)
    }
  })

  it('redirects in a circle', async () => {
    hub.trouble = () => ({ status: 302, headers: { location: '/again' } })
    await assert.rejects(pull(hub, cache), { code: 'ERR_DOWNLOAD', message: /more than 5 redirects/ })
  })

  it('has moved the repository', async () => {
    hub.trouble = ({ file, on }, earlier) =>
      file === 'config.json' && on === 'hub' && earlier === 0
        ? { status: 307, headers: { location: `/tester/tiny/resolve/main/config.json` } }
        : undefined
    assert.ok(isWhole((await pull(hub, cache, { token: 'hf_secret' })).directory))
    assert.ok(hub.seen.every(({ on, authorization }) => on === 'cdn' || authorization === 'Bearer hf_secret'))
  })

  it('is not there: it says so within seconds', async () => {
    const closed = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => closed.once('listening', resolve))
    const { port } = closed.address() as { port: number }
    await new Promise((resolve) => closed.close(resolve))
    const started = Date.now()
    await assert.rejects(pull(hub, cache, { endpoint: `http://127.0.0.1:${port}` }), {
      code: 'ERR_DOWNLOAD',
      message: /ECONNREFUSED.*HTTPS_PROXY/,
    })
    await assert.rejects(pull(hub, cache, { endpoint: 'http://hub.invalid' }), {
      code: 'ERR_DOWNLOAD',
      message: /hub\.invalid.*cannot be resolved/,
    })
    assert.ok(Date.now() - started < 8000)
  })

  it('accepts a connection and says nothing', async () => {
    const silent = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => silent.once('listening', resolve))
    const { port } = silent.address() as { port: number }
    const options = { endpoint: `http://127.0.0.1:${port}`, retries: 0 }
    await assert.rejects(pull(hub, cache, options), {
      code: 'ERR_DOWNLOAD',
      message: /does not answer \(stalled\)/,
    })
    silent.close()
  })

  it('meets a cache that cannot be written', async () => {
    mkdirSync(root(), { recursive: true })
    writeFileSync(cache, 'a file where the directory should be')
    await assert.rejects(pull(hub, cache), {
      code: 'ERR_CACHE_UNWRITABLE',
      message: new RegExp(`Cannot write ${cache}.*HF_HOME`),
    })
  })

  it('resumes what another version of the program left, or starts again', async () => {
    const partial = weightsPartial(cache)
    mkdirSync(dirname(partial), { recursive: true })
    writeFileSync(partial, weights.subarray(0, 200_000))
    assert.ok(isWhole((await pull(hub, cache)).directory))
    assert.equal(hub.sent('pytorch_model.bin'), 100_000)

    const second = join(cache, 'b')
    mkdirSync(dirname(weightsPartial(second)), { recursive: true })
    writeFileSync(weightsPartial(second), noise(200_000, 7))
    assert.ok(isWhole((await pull(hub, second)).directory))

    const third = join(cache, 'c')
    mkdirSync(dirname(weightsPartial(third)), { recursive: true })
    writeFileSync(weightsPartial(third), noise(size + 10, 7))
    assert.ok(isWhole((await pull(hub, third)).directory))
  })

  it('was done when the program was killed before it renamed the file', async () => {
    mkdirSync(dirname(weightsPartial(cache)), { recursive: true })
    writeFileSync(weightsPartial(cache), weights)
    assert.ok(isWhole((await pull(hub, cache)).directory))
    assert.equal(hub.gets('pytorch_model.bin'), 0)
  })
})

function inspectAll(error: unknown): string {
  const parts: string[] = []
  for (let next = error; next instanceof Error; next = next.cause)
    parts.push(`${next.message} ${JSON.stringify(next)}`)
  return parts.join('\n')
}
