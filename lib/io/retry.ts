import { setTimeout as sleep } from 'node:timers/promises'
import { BiovilError } from '../errors.js'
import { TransientError } from './http.js'

export interface RetryOptions {
  /** Failures in a row after which it gives up (default 5). */
  readonly retries?: number | undefined
  /** Milliseconds before the second try; doubled for each further one (default 500). */
  readonly retryDelay?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** Whether the last try brought something new, which starts the count again. */
  readonly progressed?: () => boolean
  /** Whether this host has answered before; one that never did is given up at once. */
  readonly reached?: () => boolean
  /** Added to the message of the last failure. */
  readonly advice?: () => string
}

const longestRetryAfter = 60_000

/**
 * Tries again, ever later, while `fn` throws TransientError.
 *
 * @throws ERR_DOWNLOAD when it gives up; the signal's reason
 */
export async function retry<T>(options: RetryOptions, fn: () => Promise<T>): Promise<T> {
  const { retries = 5, retryDelay = 500, signal, progressed, reached } = options
  for (let failures = 0; ; ) {
    signal?.throwIfAborted()
    try {
      return await fn()
    } catch (error) {
      signal?.throwIfAborted()
      if (!(error instanceof TransientError)) throw error
      failures = progressed?.() ? 1 : failures + 1
      const wait = error.retryAfter ?? retryDelay * 2 ** (failures - 1) * (0.75 + Math.random() / 2)
      const lost = error.unreachable && !reached?.()
      if (lost || failures > retries || wait > longestRetryAfter) {
        throw gaveUp(error, failures, options.advice?.() ?? '')
      }
      await sleep(wait, undefined, { signal }).catch(() => signal?.throwIfAborted())
    }
  }
}

function gaveUp(error: TransientError, failures: number, advice: string): BiovilError {
  const tries = failures > 1 ? ` (${failures} tries)` : ''
  const wait = error.retryAfter ? `. The server asks to wait ${Math.ceil(error.retryAfter / 1000)} s` : ''
  const proxy = error.unreachable
    ? '. Without direct access to the internet set HTTPS_PROXY (and NO_PROXY)'
    : ''
  return new BiovilError(
    'ERR_DOWNLOAD',
    `Download failed: ${error.message}${tries}${wait}${proxy}${advice}`,
    {
      cause: error.cause ?? error,
    },
  )
}

/** A status that may be another one the next time. */
export function isTransient(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || status >= 500
}

/** `Retry-After`, seconds or a date, as milliseconds from now. */
export function readRetryAfter(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const wait = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now()
  return Number.isNaN(wait) ? undefined : Math.max(0, wait)
}
