/**
 * Settles as `work` does, or rejects with the signal's reason as soon as it is aborted. What cannot be interrupted goes
 * on unseen.
 */
export async function abortable<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work
  let abort = () => {}
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason)
  })
  signal.addEventListener('abort', abort)
  try {
    if (signal.aborted) abort()
    return await Promise.race([aborted, work])
  } finally {
    signal.removeEventListener('abort', abort)
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
