import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Serving {
  /** Answer with this status and no body. */
  readonly status?: number
  /** Send this many bytes, then nothing more until a later request. */
  readonly stopAfter?: number
}

/** A loopback server of one file that knows ranges. */
export async function serve(content: Uint8Array, { status, stopAfter }: Serving = {}) {
  /** `Range` header of each request, or the empty string. */
  const requests: string[] = []
  const server = createServer((request, response) => {
    requests.push(request.headers.range ?? '')
    if (status !== undefined) return response.writeHead(status).end()
    const from = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0)
    const headers = { 'content-length': content.length - from, etag: '"1"' }
    const range = { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` }
    response.writeHead(from > 0 ? 206 : 200, from > 0 ? { ...headers, ...range } : headers)
    if (stopAfter !== undefined && requests.length === 1)
      return response.write(content.subarray(0, stopAfter))
    return response.end(content.subarray(from))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/libtorch-shared-with-deps-2.11.0%2Bcpu.zip`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
