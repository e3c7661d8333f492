import { BiovilError } from '../errors.js'
import { onAbort } from '../io/abort.js'
import { formatBytes } from '../io/format.js'

/** Bytes that images may take together while they are decoded, unless the caller says otherwise. */
export const defaultDecodeMemory = 3 * 2 ** 30

/** Of the memory, what files may take that were read and wait for their turn. */
const shareOfFiles = 1 / 4

interface Waiting {
  readonly bytes: number
  readonly limit: number
  readonly grant: () => void
}

/** Lets users of memory in, in the order in which they came, as long as they stay within the limit that each brings. */
class Budget {
  #held = 0
  #waiting: Waiting[] = []

  /** @returns gives the bytes back */
  async take(bytes: number, limit: number, signal: AbortSignal | undefined): Promise<() => void> {
    await new Promise<void>((resolve, reject) => {
      const grant = () => {
        off()
        this.#held += bytes
        resolve()
      }
      const waiting = { bytes, limit, grant }
      const off = onAbort(signal, () => {
        this.#waiting = this.#waiting.filter((other) => other !== waiting)
        reject(signal?.reason)
        this.#next()
      })
      this.#waiting.push(waiting)
      this.#next()
    })
    return () => {
      this.#held -= bytes
      this.#next()
    }
  }

  #next(): void {
    for (
      let first = this.#waiting[0];
      first && this.#held + first.bytes <= first.limit;
      first = this.#waiting[0]
    ) {
      this.#waiting.shift()
      first.grant()
    }
  }
}

// Two, so that those who hold a file and wait for room to decode it never wait for each other.
const files = new Budget()
const decodes = new Budget()

/** What one image takes of the memory that all share. It waits for its turn; release() gives everything back. */
export class MemoryClaim {
  readonly #limit: number
  readonly #signal: AbortSignal | undefined
  readonly #releases: (() => void)[] = []

  constructor(limit: number, signal: AbortSignal | undefined) {
    this.#limit = limit
    this.#signal = signal
  }

  /** Room for the bytes of a file. One that is larger than the share of files is read alone. */
  async forFile(bytes: number): Promise<void> {
    const limit = Math.floor(this.#limit * shareOfFiles)
    this.#releases.push(await files.take(Math.min(bytes, limit), limit, this.#signal))
  }

  /**
   * Room for everything that decoding and preparing hold at a time, before any of it is taken. Once an image: a second
   * call could wait for another that waits for this one.
   *
   * @throws ERR_IMAGE_TOO_LARGE when it needs more than there is for all
   */
  async forDecoding(bytes: number): Promise<void> {
    const limit = this.#limit - Math.floor(this.#limit * shareOfFiles)
    if (bytes > limit) {
      throw new BiovilError(
        'ERR_IMAGE_TOO_LARGE',
        `Expected an image that takes at most ${formatBytes(limit)} while it is decoded but it may take ` +
          `${formatBytes(bytes)}. Raise the option decodeMemory, now ${this.#limit} bytes, if it is genuine`,
      )
    }
    this.#releases.push(await decodes.take(bytes, limit, this.#signal))
  }

  release(): void {
    for (const release of this.#releases.splice(0)) release()
  }
}
