import { setImmediate as nextTurn } from 'node:timers/promises'

/** Longest that long work on the JavaScript thread holds the event loop, in ms. */
const SLICE = 5

/** Lets the event loop breathe: `if (pace.due) await pace.rest()` now and then in a long loop. */
export class Pace {
  readonly #signal: AbortSignal | undefined
  #end = performance.now() + SLICE

  constructor(signal?: AbortSignal) {
    this.#signal = signal
  }

  get due(): boolean {
    return performance.now() > this.#end
  }

  /** Waits for one turn of the event loop; throws the signal's reason when it was aborted meanwhile. */
  async rest(): Promise<void> {
    await nextTurn()
    this.#signal?.throwIfAborted()
    this.#end = performance.now() + SLICE
  }
}
