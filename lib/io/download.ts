import { stat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { BiovilError } from '../errors.js'
import type { OnProgress } from '../progress.js'
import { checkFile } from './check-file.js'
import { checkSpace, fileError } from './file-error.js'
import { formatBytes, readBytes } from './format.js'
import { HttpClient, type HttpResponse, networkError, shownUrl, TransientError } from './http.js'
import { makeDirectory } from './make-directory.js'
import { type Expected, PartialFile } from './partial-file.js'
import { isTransient, readRetryAfter, retry } from './retry.js'

export interface DownloadOptions extends Expected {
  readonly url: string
  /** Where the file goes. One that is there and fits `size` and the checksum is not fetched again. */
  readonly path: string
  /** Where it grows; default `${path}.incomplete`. */
  readonly partialPath?: string | undefined
  /** Credentials among them never travel to another origin. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Milliseconds to reach the host (default 5,000). */
  readonly connectTimeout?: number | undefined
  /** Milliseconds without a byte after which the connection counts as lost (default 20,000). */
  readonly stallTimeout?: number | undefined
  /** Most bytes of a file whose `size` is not known (default 16 GB). */
  readonly sizeLimit?: number | undefined
  /** Tries in a row that bring no new byte before it gives up (default 5). */
  readonly retries?: number | undefined
  /** Milliseconds before the second try; doubled for each further one (default 500). */
  readonly retryDelay?: number | undefined
  /** Name in progress and messages; default: that of `path`. */
  readonly item?: string | undefined
  /** Added to ERR_UNAUTHORIZED: how to give a token to this server. */
  readonly unauthorizedHint?: string | undefined
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: OnProgress | undefined
  /** A client to share between downloads; it is left open. */
  readonly client?: HttpClient | undefined
}

export interface Downloaded {
  /** The server's entity tag; absent when the file was there already. */
  readonly etag?: string
  readonly size: number
  /** Bytes that this call received. */
  readonly received: number
}

/**
 * Fetches a file, or the rest of it, checks it and gives it its name in one step. Where it is cut off (an abort, a
 * crash, a lost connection), what came stays for the next call. Callers that may run at the same time hold a lock.
 *
 * @throws ERR_DOWNLOAD, ERR_CHECKSUM, ERR_UNAUTHORIZED, ERR_DISK_FULL, ERR_CACHE_UNWRITABLE; the signal's reason
 */
export async function download(options: DownloadOptions): Promise<Downloaded> {
  const { path, partialPath = `${path}.incomplete`, signal } = options
  signal?.throwIfAborted()
  const client = options.client ?? new HttpClient(options)
  let partial: PartialFile | undefined
  try {
    await makeDirectory(dirname(path))
    const there = await stat(path).catch(() => undefined)
    if (there?.isFile() && (await checkFile(path, options, options)) === undefined)
      return { size: there.size, received: 0 }
    partial = await PartialFile.open(partialPath, options, signal)
    return await new Transfer(options, client, partial).run()
  } catch (error) {
    throw fileError(error, path, missing(partial))
  } finally {
    await partial?.close().catch(() => {})
    if (options.client === undefined) await client.close()
  }
}

function missing(partial: PartialFile | undefined): number | undefined {
  const size = partial?.expected.size
  return size === undefined || partial === undefined ? undefined : size - partial.size
}

/** Most bytes of a file of unknown size: several times the largest model of this kind. */
const SIZE_LIMIT = 16e9
/** After as many bytes the room on the disk is looked at again where the size is not known. */
const SPACE_STEP = 64e6
/** What other programs keep on the disk. */
const SPACE_RESERVE = 500e6
/** Bytes a second below which a connection counts as lost, over the time that it may be silent. */
const SLOWEST = 1000

class Transfer {
  readonly #options: DownloadOptions
  readonly #client: HttpClient
  readonly #partial: PartialFile
  #etag: string | undefined
  #received = 0
  #reached = false
  /** The last connection was given up for its slowness: what it brought is no progress. */
  #slow = false

  constructor(options: DownloadOptions, client: HttpClient, partial: PartialFile) {
    this.#options = options
    this.#client = client
    this.#partial = partial
  }

  async run(): Promise<Downloaded> {
    const partial = this.#partial
    await this.#receive()
    let wrong = partial.mismatch()
    if (wrong && partial.pieced) {
      // Pieces of two different files, perhaps: once more in one go.
      await partial.restart()
      await this.#receive()
      wrong = partial.mismatch()
    }
    if (wrong) throw await this.#notPublished(wrong)
    const { size } = partial
    await partial.finish(this.#options.path)
    return { size, received: this.#received, ...(this.#etag === undefined ? {} : { etag: this.#etag }) }
  }

  /** Asks until the file is whole, going on where the last connection broke. */
  async #receive(): Promise<void> {
    const { size } = this.#options
    const partial = this.#partial
    if (size !== undefined) await checkSpace(partial.path, size - partial.size)
    if (partial.size === size) return
    let best = partial.size
    await retry(
      {
        ...this.#options,
        reached: () => this.#reached,
        progressed: () => {
          const more = partial.size > best && !this.#slow
          best = Math.max(best, partial.size)
          return more
        },
        advice: () =>
          partial.size > 0 ? `. ${formatBytes(partial.size)} are kept; run it again to go on` : '',
      },
      () => this.#ask(),
    )
  }

  async #ask(): Promise<void> {
    const partial = this.#partial
    const headers: Record<string, string> = { ...this.#options.headers }
    if (partial.size > 0) {
      headers['range'] = `bytes=${partial.size}-`
      if (partial.validator !== undefined) headers['if-range'] = partial.validator
    }
    const { url, signal } = this.#options
    const response = await this.#client.send({ method: 'GET', url, headers, signal })
    try {
      this.#reached = true
      await this.#accept(response)
    } finally {
      // Ends the connection unless the body was read to its end.
      response.body.on('error', () => {}).destroy()
    }
  }

  async #accept(response: HttpResponse): Promise<void> {
    const partial = this.#partial
    const { status, headers } = response
    const range = /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/.exec(headers['content-range'] ?? '')
    const whole = range?.[2] === undefined || range[2] === '*' ? undefined : Number(range[2])
    if (status === 416 && partial.size > 0) {
      if (whole === partial.size) return
      await partial.restart()
      throw new TransientError(`${shownUrl(response.url)}: the server cannot continue there (416)`)
    }
    if (status === 206 && Number(range?.[1]) === partial.size) {
      partial.pieced ||= partial.size > 0
    } else if (status === 206) {
      await partial.restart()
      throw new TransientError(`${shownUrl(response.url)}: the server sent another range than asked for`)
    } else if (status === 200) {
      if (partial.size > 0) await partial.restart()
    } else {
      throw this.#refused(response)
    }
    const total = status === 206 ? whole : readBytes(headers['content-length'])
    await this.#checkTotal(total, headers['content-type'])
    this.#etag = headers['etag']
    await partial.describe(strong(headers['etag']) ?? headers['last-modified'])
    await this.#read(response, total ?? this.#options.size)
  }

  async #read({ body, url }: HttpResponse, total: number | undefined): Promise<void> {
    const partial = this.#partial
    this.#report(total)
    const { signal, size, stallTimeout = 20_000 } = this.#options
    const chunks = body[Symbol.asyncIterator]()
    this.#slow = false
    let [since, before] = [performance.now(), this.#received]
    let checked = partial.size
    for (;;) {
      let next: IteratorResult<Uint8Array>
      try {
        next = await chunks.next()
      } catch (error) {
        signal?.throwIfAborted()
        throw networkError(error, url)
      }
      if (next.done) break
      await partial.append(next.value)
      this.#received += next.value.length
      this.#report(total)
      signal?.throwIfAborted()
      if (total !== undefined && partial.size > total) break
      if (size === undefined) checked = await this.#checkRoom(checked)
      if (performance.now() - since < stallTimeout) continue
      this.#slow = this.#received - before < (SLOWEST * stallTimeout) / 1000
      if (this.#slow)
        throw new TransientError(`${shownUrl(url)}: the server sends less than ${SLOWEST} bytes a second`)
      ;[since, before] = [performance.now(), this.#received]
    }
    if (total !== undefined && partial.size < total) {
      throw new TransientError(
        `${shownUrl(url)}: the connection ended after ${partial.size} of ${total} bytes`,
      )
    }
  }

  #report(total: number | undefined): void {
    const { onProgress, item, path } = this.#options
    if (!onProgress) return
    const done = this.#partial.size
    const known = total === undefined ? {} : { total }
    onProgress({ stage: 'download', item: item ?? basename(path), done, ...known, unit: 'bytes' })
  }

  /** A body without a known end must not fill the disk. Returns the bytes at which it looked last. */
  async #checkRoom(checked: number): Promise<number> {
    const partial = this.#partial
    const { sizeLimit = SIZE_LIMIT } = this.#options
    if (partial.size > sizeLimit) throw await this.#tooLong()
    if (partial.size - checked < SPACE_STEP) return checked
    await checkSpace(partial.path, SPACE_RESERVE)
    return partial.size
  }

  async #tooLong(): Promise<BiovilError> {
    await this.#partial.discard()
    const { url, sizeLimit = SIZE_LIMIT } = this.#options
    return new BiovilError(
      'ERR_DOWNLOAD',
      `${shownUrl(url)}: expected at most ${formatBytes(sizeLimit)}, the limit for a file of unknown size, but the ` +
        'server sends more. Nothing of it was kept. Check HF_ENDPOINT',
    )
  }

  async #checkTotal(total: number | undefined, type: string | undefined): Promise<void> {
    const { size, sizeLimit = SIZE_LIMIT } = this.#options
    if (size === undefined && total !== undefined) {
      if (total > sizeLimit) throw await this.#tooLong()
      await checkSpace(this.#partial.path, total - this.#partial.size)
    }
    if (size === undefined || total === undefined || size === total) return
    const page = type?.startsWith('text/html')
      ? ' (a web page: perhaps a login or a block page on the way)'
      : ''
    throw await this.#notPublished({ what: 'size', expected: `${size} bytes`, got: `${total} bytes${page}` })
  }

  async #notPublished(wrong: { what: string; expected: string; got: string }): Promise<BiovilError> {
    await this.#partial.discard()
    const name = this.#options.item ?? basename(this.#options.path)
    return new BiovilError(
      'ERR_CHECKSUM',
      `${name} from ${shownUrl(this.#options.url)} is not the published file: expected ${wrong.what} ` +
        `${wrong.expected} but received ${wrong.got}. Nothing of it was kept`,
    )
  }

  #refused(response: HttpResponse): Error {
    const { status, headers, url } = response
    const { unauthorizedHint } = this.#options
    const text = `${shownUrl(url)}: HTTP status ${status}`
    const sameOrigin = url.origin === new URL(this.#options.url).origin
    if ((status === 401 || status === 403) && sameOrigin) {
      const hint = unauthorizedHint === undefined ? '' : `. ${unauthorizedHint}`
      return new BiovilError('ERR_UNAUTHORIZED', `${text}: access refused${hint}`)
    }
    // A signed address of a CDN may have run out of time; asking again gives a new one.
    const expired = status === 403 && !sameOrigin
    if (isTransient(status) || expired) {
      const retryAfter = readRetryAfter(headers['retry-after'])
      return new TransientError(text, retryAfter === undefined ? {} : { retryAfter })
    }
    return new BiovilError('ERR_DOWNLOAD', text)
  }
}

/** `If-Range` takes no weak tags. */
function strong(etag: string | undefined): string | undefined {
  return etag?.startsWith('"') ? etag : undefined
}
