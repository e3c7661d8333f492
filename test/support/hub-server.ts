import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** A file of the repository. */
export interface HubFile {
  readonly content: Buffer
  /** Stored with LFS: answered with a redirect to the CDN. */
  readonly lfs?: boolean
}

/** One request as it came, with the bytes of the body that went out. */
export interface Seen {
  readonly on: 'hub' | 'cdn'
  readonly method: string
  readonly file: string
  readonly range: string | undefined
  readonly ifRange: string | undefined
  readonly authorization: string | undefined
  sent: number
}

/** What goes wrong with a request. */
export interface Trouble {
  readonly status?: number
  readonly headers?: Record<string, string>
  /** The connection is cut after so many bytes of the body. */
  readonly dropAfter?: number
  /** So many bytes of the body, then silence. */
  readonly stallAfter?: number
  /** The body ends early as if it were whole, without a length. */
  readonly endAfter?: number
  /** One byte is wrong. */
  readonly corrupt?: boolean
  /** Ranges are ignored. */
  readonly noRange?: boolean
  /** Pieces of 16 kB with so many milliseconds between them. */
  readonly slow?: number
  readonly content?: Buffer
}

export const testCommit = '0123456789abcdef0123456789abcdef01234567'

export function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex')
}

export function gitSha1(content: Buffer): string {
  return createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex')
}

/** Bytes without a pattern, the same in every run. */
export function noise(size: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(size)
  let state = seed
  for (let i = 0; i < size; i += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    bytes[i] = state >>> 24
  }
  return bytes
}

/** A Hub with one repository on one loopback port, and its CDN on another. */
export class HubServer {
  readonly seen: Seen[] = []
  /** Asked for each request; what it returns goes wrong. */
  trouble: (request: Seen, earlier: number) => Trouble | undefined = () => undefined
  revisions: Record<string, string> = { 'v1.0': testCommit, main: testCommit }
  readonly files: Record<string, HubFile>
  readonly repository: string
  #hub: Server
  #cdn: Server

  constructor(repository: string, files: Record<string, HubFile>) {
    this.repository = repository
    this.files = files
    this.#hub = createServer((request, response) => void this.#onHub(request, response))
    this.#cdn = createServer((request, response) => void this.#onCdn(request, response))
  }

  async start(): Promise<this> {
    for (const server of [this.#hub, this.#cdn]) {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    }
    return this
  }

  get url(): string {
    return address(this.#hub)
  }

  get cdnUrl(): string {
    return address(this.#cdn)
  }

  /** Bytes of bodies of one file that went out. */
  sent(file: string): number {
    return this.seen.filter((request) => request.file === file).reduce((sum, { sent }) => sum + sent, 0)
  }

  /** How often the body of a file was asked for. */
  gets(file: string): number {
    return this.seen.filter(
      (request) => request.file === file && request.method === 'GET' && request.on === this.#home(file),
    ).length
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of [this.#hub, this.#cdn]) {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  }

  #home(file: string): 'hub' | 'cdn' {
    return this.files[file]?.lfs ? 'cdn' : 'hub'
  }

  async #onHub(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = decodeURIComponent(request.url ?? '')
    const prefix = `/${this.repository}/resolve/`
    const rest = path.startsWith(prefix) ? path.slice(prefix.length) : ''
    const slash = rest.indexOf('/')
    const [revision, file] = [rest.slice(0, slash), rest.slice(slash + 1)]
    const { seen, trouble } = this.#note('hub', request, file)
    if (trouble?.status !== undefined) return void response.writeHead(trouble.status, trouble.headers).end()
    const commit = this.revisions[revision] ?? (revision === testCommit ? revision : undefined)
    if (commit === undefined) {
      return void response.writeHead(404, { 'x-error-code': 'RevisionNotFound' }).end()
    }
    const found = this.files[file]
    const headers = { 'x-repo-commit': commit }
    if (found === undefined) {
      return void response.writeHead(404, { ...headers, 'x-error-code': 'EntryNotFound' }).end()
    }
    if (found.lfs) {
      const linked = {
        'x-linked-etag': `"${sha256(found.content)}"`,
        'x-linked-size': String(found.content.length),
        location: `${this.cdnUrl}/${file}?signature=secret`,
      }
      return void response.writeHead(302, { ...headers, ...linked, ...trouble?.headers }).end()
    }
    const etag = `"${gitSha1(found.content)}"`
    await send(request, response, found.content, { ...headers, etag }, seen, trouble ?? {})
  }

  async #onCdn(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const file = decodeURIComponent((request.url ?? '').slice(1).replace(/\?.*$/, ''))
    const { seen, trouble = {} } = this.#note('cdn', request, file)
    if (trouble.status !== undefined) return void response.writeHead(trouble.status, trouble.headers).end()
    const content = trouble.content ?? this.files[file]?.content
    if (content === undefined) return void response.writeHead(404).end()
    await send(request, response, content, { etag: `"cdn-${sha256(content).slice(0, 8)}"` }, seen, trouble)
  }

  #note(on: 'hub' | 'cdn', { method = '', headers }: IncomingMessage, file: string) {
    const seen: Seen = {
      on,
      method,
      file,
      range: headers.range,
      ifRange: headers['if-range'] as string | undefined,
      authorization: headers.authorization,
      sent: 0,
    }
    const earlier = this.seen.filter(
      (other) => other.file === file && other.method === method && other.on === on,
    ).length
    this.seen.push(seen)
    return { seen, trouble: this.trouble(seen, earlier) }
  }
}

function address(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function send(
  { method, headers: asked }: IncomingMessage,
  response: ServerResponse,
  content: Buffer,
  given: Record<string, string>,
  seen: Seen,
  trouble: Trouble,
): Promise<void> {
  const headers: Record<string, string> = { ...given, ...trouble.headers }
  let body = content
  let status = 200
  const start = Number(/^bytes=(\d+)-$/.exec(asked.range ?? '')?.[1] ?? 0)
  const same = asked['if-range'] === undefined || asked['if-range'] === headers['etag']
  if (start > 0 && same && !trouble.noRange) {
    if (start >= content.length) {
      return void response.writeHead(416, { 'content-range': `bytes */${content.length}` }).end()
    }
    status = 206
    body = content.subarray(start)
    headers['content-range'] = `bytes ${start}-${content.length - 1}/${content.length}`
  }
  if (trouble.endAfter === undefined) headers['content-length'] ??= String(body.length)
  response.writeHead(status, headers)
  if (method === 'HEAD') return void response.end()
  if (trouble.corrupt) {
    body = Buffer.from(body)
    body[body.length >> 1] = (body[body.length >> 1] ?? 0) ^ 1
  }
  const stop = trouble.dropAfter ?? trouble.stallAfter ?? trouble.endAfter ?? Number.POSITIVE_INFINITY
  for (let at = 0; at < Math.min(body.length, stop) && !response.destroyed; ) {
    const piece = body.subarray(at, Math.min(at + 16_384, stop))
    await new Promise((resolve) => response.write(piece, resolve))
    at += piece.length
    seen.sent += piece.length
    if (trouble.slow) await sleep(trouble.slow)
  }
  if (trouble.stallAfter !== undefined) return
  if (trouble.dropAfter === undefined) return void response.end()
  // A client may lose what it has not read yet when the connection breaks; that would make tests depend on chance.
  await sleep(100)
  response.destroy()
}
