import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { withCleanEnvironment } from '../support/environment.js'
import type { HubServer } from '../support/hub-server.js'
import { temporaryDirectory } from '../support/temp.js'
import { isWhole, pull, startHub } from './fixture.js'

describe('pullModel behind a proxy', () => {
  const root = temporaryDirectory()
  withCleanEnvironment(root)
  let hub: HubServer
  let proxy: Server
  let asked: string[]
  let refuse: boolean
  let address: string
  let count = 0

  beforeEach(async () => {
    hub = await startHub()
    asked = []
    refuse = false
    proxy = createServer(async (request, response) => {
      asked.push(`${request.method} ${request.url} ${request.headers['proxy-authorization'] ?? ''}`.trim())
      if (refuse) return void response.writeHead(407).end()
      // The names outside are known only to the proxy.
      const target = (request.url ?? '').replace('http://hub.invalid', hub.url)
      const { host: _, ...headers } = request.headers
      const answer = await fetch(target, {
        method: request.method ?? 'GET',
        headers: headers as Record<string, string>,
        redirect: 'manual',
      })
      response.writeHead(answer.status, Object.fromEntries(answer.headers))
      response.end(Buffer.from(await answer.arrayBuffer()))
    })
    proxy.on('connect', (request, socket) => {
      asked.push(`CONNECT ${request.url}`)
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')
    })
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
    address = `127.0.0.1:${(proxy.address() as AddressInfo).port}`
  })
  afterEach(async () => {
    proxy.closeAllConnections()
    proxy.close()
    await hub[Symbol.asyncDispose]()
  })

  const cache = () => join(root(), String(count++))

  it('goes through HTTP_PROXY with its password', async () => {
    process.env['HTTP_PROXY'] = `http://user:pass%21@${address}`
    process.env['NO_PROXY'] = '127.0.0.1'
    const { directory } = await pull(hub, cache(), { endpoint: 'http://hub.invalid', token: 'hf_secret' })
    assert.ok(isWhole(directory))
    assert.ok(asked.length >= 5)
    const password = Buffer.from('user:pass!').toString('base64')
    for (const line of asked)
      assert.match(line, new RegExp(`http://hub\\.invalid/tester/.* Basic ${password}$`))
    assert.ok(hub.seen.every(({ on, authorization }) => on === 'cdn' || authorization === 'Bearer hf_secret'))
  })

  it('asks HTTPS_PROXY for a tunnel', async () => {
    process.env['HTTPS_PROXY'] = `http://${address}`
    await assert.rejects(pull(hub, cache(), { endpoint: 'https://hub.invalid', retries: 0 }), {
      code: 'ERR_DOWNLOAD',
      message: /hub\.invalid.*Proxy response \(403\)/,
    })
    assert.deepEqual(asked, ['CONNECT hub.invalid:443'])
  })

  it('leaves the hosts of NO_PROXY alone', async () => {
    process.env['http_proxy'] = `http://${address}`
    process.env['no_proxy'] = 'localhost,127.0.0.1'
    assert.ok(isWhole((await pull(hub, cache())).directory))
    assert.deepEqual(asked, [])
  })

  it('says what is wrong with the proxy, without its password', async () => {
    process.env['HTTP_PROXY'] = `http://user:secret@${address}`
    refuse = true
    await assert.rejects(
      pull(hub, cache(), { endpoint: 'http://hub.invalid', retries: 0 }),
      (error: Error) => {
        assert.match(error.message, /407/)
        assert.ok(!error.message.includes('secret'))
        return true
      },
    )
    process.env['HTTP_PROXY'] = 'proxy without scheme'
    await assert.rejects(pull(hub, cache()), {
      code: 'ERR_DOWNLOAD',
      message: /HTTP_PROXY.*not a proxy address/,
    })
  })
})
