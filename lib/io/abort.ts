const callbacks = new WeakMap<AbortSignal, Set<() => void>>()

/**
 * Has `callback` called when the signal is aborted. All share one listener of it, for Node.js warns of a leak at eleven,
 * and as many films may well be read at a time.
 *
 * @returns takes it back
 */
export function onAbort(signal: AbortSignal | undefined, callback: () => void): () => void {
  if (signal === undefined) return () => {}
  let those = callbacks.get(signal)
  if (those === undefined) {
    those = new Set()
    callbacks.set(signal, those)
  }
  const all = those
  if (all.size === 0) signal.addEventListener('abort', callAll)
  const own = () => callback()
  all.add(own)
  return () => {
    all.delete(own)
    if (all.size === 0) signal.removeEventListener('abort', callAll)
  }
}

function callAll(event: Event): void {
  for (const callback of callbacks.get(event.target as AbortSignal) ?? []) {
    try {
      callback()
    } catch (error) {
      // As of a listener: it does not keep the others from being called.
      process.nextTick(() => {
        throw error
      })
    }
  }
}

/**
 * Settles as `work` does, or rejects with the signal's reason as soon as it is aborted. What cannot be interrupted goes
 * on unseen.
 */
export async function abortable<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work
  let off = () => {}
  const aborted = new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    else off = onAbort(signal, () => reject(signal.reason))
  })
  try {
    return await Promise.race([aborted, work])
  } finally {
    off()
  }
}

/** The items of an iterable, given up at once when the signal says so: one that stalls would not notice. */
export async function* untilAborted<T>(
  items: Iterable<T> | AsyncIterable<T>,
  signal: AbortSignal | undefined,
): AsyncGenerator<T, void, undefined> {
  const iterator = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]()
  let open = true
  try {
    for (;;) {
      open = false
      const next = await abortable(Promise.resolve(iterator.next()), signal)
      if (next.done) return
      open = true
      yield await next.value
    }
  } finally {
    const closing = open || signal?.aborted ? Promise.resolve(iterator.return?.()) : undefined
    // After an abort it waits for the item that is under way, which may never come.
    if (signal?.aborted) closing?.catch(() => {})
    else await closing
  }
}
