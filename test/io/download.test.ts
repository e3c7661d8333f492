import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { withCleanEnvironment } from '../support/environment.js'
import { noise } from '../support/hub-server.js'
import { temporaryDirectory } from '../support/temp.js'
import { biovilCache, checkSpace, download, formatBytes } from './internals.js'

const content = noise(200_000)
const sha256 = createHash('sha256').update(content).digest('hex')

describe('download', () => {
  const root = temporaryDirectory()
  withCleanEnvironment(root)
  let server: Server
  let served: Buffer
  let etag: string | undefined
  /** Bytes after which the connection is cut, for each request. */
  let cuts: number[]
  let ranges: (string | undefined)[]
  let url: string
  let path: string
  let count = 0

  beforeEach(async () => {
    served = content
    etag = '"one"'
    cuts = []
    ranges = []
    path = join(root(), String(count++), 'file.bin')
    server = createServer((request, response) => {
      const { range } = request.headers
      ranges.push(range)
      const start = Number(/\d+/.exec(range ?? '0')?.[0])
      const names = etag === undefined ? {} : { etag }
      const condition = request.headers['if-range']
      const partial = start > 0 && (condition === undefined || condition === etag)
      if (partial && start >= served.length) {
        return void response.writeHead(416, { 'content-range': `bytes */${served.length}` }).end()
      }
      const body = partial ? served.subarray(start) : served
      const extra = partial ? { 'content-range': `bytes ${start}-${served.length - 1}/${served.length}` } : {}
      response.writeHead(partial ? 206 : 200, { ...names, ...extra, 'content-length': body.length })
      const cut = cuts.shift()
      if (cut === undefined) return void response.end(body)
      response.write(body.subarray(0, cut), () => setTimeout(() => response.destroy(), 100))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/file.bin`
  })
  afterEach(() => {
    server.closeAllConnections()
    server.close()
  })

  const fetchIt = (more: object = {}) => download({ url, path, retries: 0, ...more })
  const interrupted = async (more: object = {}) => {
    cuts = [80_000]
    await assert.rejects(fetchIt(more), { code: 'ERR_DOWNLOAD' })
  }

  it('fetches a file of which nothing is known', async () => {
    assert.deepEqual(await fetchIt(), { size: content.length, received: content.length, etag: '"one"' })
    assert.ok(readFileSync(path).equals(content))
    assert.deepEqual(await fetchIt(), { size: content.length, received: 0 })
    assert.equal(ranges.length, 1)
  })

  /** A server without lengths that goes on until `stop`, a piece every so many milliseconds. */
  async function endless(piece: number, pause: number, work: (url: string) => Promise<void>): Promise<void> {
    const flood = createServer((_, response) => {
      response.writeHead(200)
      const timer = setInterval(() => response.write(Buffer.alloc(piece)), pause)
      response.on('close', () => clearInterval(timer))
    })
    await new Promise<void>((resolve) => flood.listen(0, '127.0.0.1', resolve))
    try {
      await work(`http://127.0.0.1:${(flood.address() as AddressInfo).port}/file.bin`)
    } finally {
      flood.closeAllConnections()
      flood.close()
    }
  }

  it('ends a body that does not end, and keeps nothing of it', () =>
    endless(100_000, 1, async (url) => {
      await assert.rejects(fetchIt({ url, sizeLimit: 1_000_000, retries: 5 }), {
        code: 'ERR_DOWNLOAD',
        message: /at most 1\.0 MB.*unknown size/,
      })
      assert.ok(!existsSync(path) && !existsSync(`${path}.incomplete`))
    }))

  it('gives up a server that sends a byte now and then', () =>
    endless(1, 20, async (url) => {
      const started = performance.now()
      await assert.rejects(fetchIt({ url, stallTimeout: 200, retries: 1, retryDelay: 10 }), {
        code: 'ERR_DOWNLOAD',
        message: /less than 1000 bytes a second \(2 tries\)/,
      })
      assert.ok(performance.now() - started < 10_000)
    }))

  it('refuses a length beyond the limit before a byte is kept', async () => {
    await assert.rejects(fetchIt({ sizeLimit: 100_000 }), {
      code: 'ERR_DOWNLOAD',
      message: /at most 100\.0 kB/,
    })
    assert.ok(!existsSync(`${path}.incomplete`))
    // A size that is published is no surprise.
    assert.equal((await fetchIt({ sizeLimit: 100_000, size: content.length })).size, content.length)
  })

  it('goes on in a later call when the server still has the same content', async () => {
    await interrupted()
    assert.deepEqual(await fetchIt(), { size: content.length, received: 120_000, etag: '"one"' })
    assert.ok(readFileSync(path).equals(content))
    assert.ok(!existsSync(`${path}.incomplete`) && !existsSync(`${path}.incomplete.etag`))
  })

  it('starts again when it has other content by then', async () => {
    await interrupted()
    served = noise(150_000, 5)
    etag = '"two"'
    assert.equal((await fetchIt()).received, 150_000)
    assert.ok(readFileSync(path).equals(served))
  })

  it('starts again when neither a checksum nor a tag would notice other content', async () => {
    etag = undefined
    await interrupted()
    await fetchIt()
    assert.deepEqual(ranges, [undefined, undefined])
  })

  it('does not trust a weak tag with a range', async () => {
    etag = 'W/"one"'
    await interrupted()
    await fetchIt()
    assert.deepEqual(ranges, [undefined, undefined])
  })

  it('goes on without a tag under a checksum', async () => {
    etag = undefined
    await interrupted({ sha256 })
    await fetchIt({ sha256 })
    assert.deepEqual(ranges, [undefined, 'bytes=80000-'])
  })

  it('notices by the checksum that the content became another', async () => {
    etag = undefined
    await interrupted({ sha256 })
    served = noise(content.length, 5)
    await assert.rejects(fetchIt({ sha256 }), { code: 'ERR_CHECKSUM' })
    assert.deepEqual(ranges, [undefined, 'bytes=80000-', undefined])
    assert.ok(!existsSync(path) && !existsSync(`${path}.incomplete`))
  })

  it('understands 416: all there, or too much', async () => {
    await fetchIt({ path: `${path}.first` })
    await interrupted({ sha256 })
    writeFileSync(`${path}.incomplete`, content)
    await fetchIt({ sha256, retries: 1 })
    assert.ok(readFileSync(path).equals(content))
    writeFileSync(`${path}.incomplete`, Buffer.concat([content, content]))
    writeFileSync(path, 'damaged')
    await fetchIt({ sha256, retries: 1 })
    assert.ok(readFileSync(path).equals(content))
  })

  it('fetches an empty file', async () => {
    served = Buffer.alloc(0)
    assert.equal((await fetchIt()).size, 0)
    assert.equal(readFileSync(path).length, 0)
  })

  it('replaces a file that is not the expected one', async () => {
    await fetchIt()
    writeFileSync(path, 'short')
    await fetchIt({ size: content.length })
    writeFileSync(path, noise(content.length, 9))
    await fetchIt({ sha256 })
    assert.ok(readFileSync(path).equals(content))
  })

  it('refuses before it begins what cannot fit on the disk', async () => {
    await assert.rejects(fetchIt({ size: 2 ** 60 }), {
      code: 'ERR_DISK_FULL',
      message: /1152921\.5 TB more are needed/,
    })
    await assert.rejects(checkSpace(path, 2 ** 60), { code: 'ERR_DISK_FULL' })
    assert.equal(ranges.length, 0)
  })

  it('refuses what is no http address', async () => {
    await assert.rejects(fetchIt({ url: 'file:///etc/passwd' }), { code: 'ERR_DOWNLOAD' })
    await assert.rejects(fetchIt({ url: 'nonsense' }), { code: 'ERR_DOWNLOAD' })
  })

  it('knows the cache of the program', () => {
    assert.equal(biovilCache({ HOME: '/home/me' }), '/home/me/.cache/biovil')
    assert.equal(biovilCache({ HOME: '/home/me', XDG_CACHE_HOME: '/x' }), '/x/biovil')
  })

  it('writes sizes for people', () => {
    assert.deepEqual([0, 999, 1000, 438_588_639].map(formatBytes), ['0 B', '999 B', '1.0 kB', '438.6 MB'])
  })
})
