import type { Dispatcher } from 'undici'
import { BiovilError } from '../errors.js'

export interface HttpResponse {
  readonly status: number
  /** Names in lower case; of repeated headers the first. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Dispatcher.ResponseData['body']
  /** Where the answer came from, after redirects. */
  readonly url: URL
}

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD'
  readonly url: string
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly signal?: AbortSignal | undefined
  /** Whether a redirect is the answer itself instead of being followed. */
  readonly isAnswer?: (response: HttpResponse) => boolean
}

export interface Limits {
  readonly connectTimeout?: number | undefined
  readonly stallTimeout?: number | undefined
}

/** A failure that another try may cure. */
export class TransientError extends Error {
  override readonly name = 'TransientError'
  /** The host was never reached: trying long makes no sense. */
  readonly unreachable: boolean
  /** Milliseconds that the server asks to wait. */
  readonly retryAfter: number | undefined

  constructor(
    message: string,
    {
      cause,
      unreachable = false,
      retryAfter,
    }: { cause?: unknown; unreachable?: boolean; retryAfter?: number } = {},
  ) {
    super(message, { cause })
    this.unreachable = unreachable
    this.retryAfter = retryAfter
  }
}

const maxRedirects = 5
const secrets = new Set(['authorization', 'cookie', 'proxy-authorization'])
const redirects = new Set([301, 302, 303, 307, 308])

/** HTTP with proxies from the environment, bounded waiting and safe redirects. Close it after use. */
export class HttpClient {
  readonly #connectTimeout: number
  readonly #stallTimeout: number
  #agent: Promise<Dispatcher> | undefined

  /** Milliseconds to reach the host, and without a byte after which a connection counts as lost. */
  constructor({ connectTimeout = 5000, stallTimeout = 20_000 }: Limits = {}) {
    this.#connectTimeout = connectTimeout
    this.#stallTimeout = stallTimeout
  }

  /**
   * Follows up to five redirects. Credentials stay with the origin that the request names.
   * The caller reads or dumps the body.
   *
   * @throws TransientError when the network fails; ERR_DOWNLOAD when it makes no sense to try again
   */
  async send(request: HttpRequest): Promise<HttpResponse> {
    let url = parse(request.url)
    const { origin } = url
    for (let hops = 0; ; hops += 1) {
      const response = await this.#once(request, url, url.origin === origin)
      const location = response.headers['location']
      if (!redirects.has(response.status) || location === undefined || request.isAnswer?.(response))
        return response
      await response.body.dump()
      if (hops === maxRedirects) {
        throw new BiovilError('ERR_DOWNLOAD', `${shownUrl(request.url)}: more than ${maxRedirects} redirects`)
      }
      const next = parse(location, url)
      if (url.protocol === 'https:' && next.protocol === 'http:') {
        throw new BiovilError(
          'ERR_DOWNLOAD',
          `${shownUrl(url)} redirects to ${shownUrl(next)}, which is not encrypted; that is not followed`,
        )
      }
      url = next
    }
  }

  async close(): Promise<void> {
    // What is still open belongs to a call that failed or was aborted.
    await (await this.#agent)?.destroy()
  }

  async #once(request: HttpRequest, url: URL, trusted: boolean): Promise<HttpResponse> {
    const { request: send } = await import('undici')
    this.#agent ??= this.#connect()
    const dispatcher = await this.#agent
    const given = Object.entries(request.headers ?? {})
    const headers = Object.fromEntries(given.filter(([name]) => trusted || !secrets.has(name.toLowerCase())))
    // undici's own limits do not cover a proxy that accepts a connection and says no more.
    const watchdog = new AbortController()
    const limit = this.#connectTimeout + this.#stallTimeout
    const timer = setTimeout(() => watchdog.abort(new Error(`no answer within ${limit / 1000} s`)), limit)
    const { signal } = request
    try {
      const response = await send(url, {
        dispatcher,
        method: request.method,
        headers: { 'user-agent': 'biovil', 'accept-encoding': 'identity', ...headers },
        signal: signal ? AbortSignal.any([signal, watchdog.signal]) : watchdog.signal,
        headersTimeout: this.#stallTimeout,
        bodyTimeout: this.#stallTimeout,
      })
      return { status: response.statusCode, headers: flatten(response.headers), body: response.body, url }
    } catch (error) {
      signal?.throwIfAborted()
      throw networkError(error, url)
    } finally {
      clearTimeout(timer)
    }
  }

  async #connect(): Promise<Dispatcher> {
    const { EnvHttpProxyAgent } = await import('undici')
    const timeout = this.#connectTimeout
    try {
      // Plain http goes through a proxy as curl sends it; many proxies refuse CONNECT to anything but port 443.
      return new EnvHttpProxyAgent({ connect: { timeout }, proxyTls: { timeout }, proxyTunnel: false })
    } catch (cause) {
      throw new BiovilError(
        'ERR_DOWNLOAD',
        'HTTP_PROXY or HTTPS_PROXY is not a proxy address; expected something like http://proxy.example:8080',
        { cause },
      )
    }
  }
}

/** A URL for messages: without credentials and without a query, which may hold a signature. */
export function shownUrl(url: string | URL): string {
  if (!URL.canParse(String(url))) return String(url)
  const { protocol, host, pathname } = new URL(url)
  return `${protocol}//${host}${pathname}`
}

const neverReached = new Set([
  'EAI_AGAIN',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
])

/** What went wrong on the wire, as an error to throw. */
export function networkError(error: unknown, url: URL): Error {
  if (error instanceof BiovilError || error instanceof TransientError) return error
  const { code, message } = error as NodeJS.ErrnoException
  const text = `${shownUrl(url)}: ${explain(code, message || String(code ?? error))}`
  if (code !== undefined && /CERT|SELF_SIGNED|UNABLE_TO_|^ERR_TLS|^ERR_SSL/.test(code)) {
    const hint = 'Behind a proxy that inspects traffic, name its certificate in NODE_EXTRA_CA_CERTS'
    return new BiovilError('ERR_DOWNLOAD', `${text}. ${hint}`, { cause: error })
  }
  return new TransientError(text, {
    cause: error,
    unreachable: code !== undefined && neverReached.has(code),
  })
}

function explain(code: string | undefined, message: string): string {
  if (code === 'UND_ERR_BODY_TIMEOUT') return 'the server stopped sending (stalled)'
  if (code === 'UND_ERR_HEADERS_TIMEOUT') return 'the server does not answer (stalled)'
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `the host name cannot be resolved (${code})`
  return code === undefined || message.includes(code) ? message : `${message} (${code})`
}

function parse(text: string, base?: URL): URL {
  if (URL.canParse(text, base?.href)) {
    const url = new URL(text, base)
    if (url.protocol === 'http:' || url.protocol === 'https:') return url
  }
  const where = base ? ` (a redirect of ${shownUrl(base)})` : ''
  throw new BiovilError(
    'ERR_DOWNLOAD',
    `Expected an http or https URL but received '${shownUrl(text)}'${where}`,
  )
}

function flatten(headers: Record<string, string | string[] | undefined>): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name.toLowerCase(),
      Array.isArray(value) ? value[0] : value,
    ]),
  )
}
