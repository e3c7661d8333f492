import { Embeddings } from '../embeddings.js'
import { untilAborted } from '../io/abort.js'
import type { Standing } from '../standing.js'
import { type EncodeOptions, encodeTexts, replayTexts, type TextEncoder } from './encoder.js'
import { ownText, type TextInput } from './prompts.js'
import { leastRecentlyUsed } from './row-cache.js'

/** Texts that are embedded together: enough for batches of equal length, small enough to keep in memory. */
export const WINDOW = 2048
/** Different texts whose rows a stream remembers: 8,192 rows of 128 values are 4 MB. */
const REMEMBERED = 8192

/** Rows that an earlier run has given for the first texts of a stream: whole windows, one after the other. */
export interface EarlierRows {
  /** Their number, a multiple of WINDOW. */
  readonly count: number
  /** float32 [WINDOW, dimension] each. */
  readonly windows: AsyncIterator<Float32Array>
}

/**
 * Embeds a stream of any length in bounded memory; yields the rows of consecutive texts, in order. What is computed
 * together follows from the texts alone, so the same stream gives the same bits.
 *
 * @param earlier rows that are not computed and yielded again, but remembered as if they had been
 */
export async function* encodeStream(
  encoder: TextEncoder,
  texts: Iterable<TextInput> | AsyncIterable<TextInput>,
  options: EncodeOptions,
  standing: Standing,
  earlier?: EarlierRows,
): AsyncGenerator<Embeddings, void, undefined> {
  const cache = leastRecentlyUsed(REMEMBERED)
  let done = 0
  for await (const window of windows(untilAborted(texts, options.signal), WINDOW)) {
    options.signal?.throwIfAborted()
    if (earlier && done < earlier.count) {
      const { value } = await earlier.windows.next()
      await replayTexts(encoder, window, options, value as Float32Array, cache)
      done += window.length
      continue
    }
    // The end of a stream is not known, so progress has no total.
    const onProgress =
      options.onProgress &&
      ((p: Parameters<NonNullable<typeof options.onProgress>>[0]) =>
        options.onProgress?.({ stage: p.stage, done: p.done, unit: p.unit }))
    const data = await encodeTexts(encoder, window, { ...options, onProgress }, done, cache)
    done += window.length
    yield new Embeddings(data, [window.length, encoder.dimension], {
      normalized: options.normalize,
      ...standing,
    })
  }
}

async function* windows(items: AsyncIterable<TextInput>, size: number): AsyncGenerator<TextInput[]> {
  let window: TextInput[] = []
  for await (const item of items) {
    window.push(ownText(item))
    if (window.length === size) {
      yield window
      window = []
    }
  }
  if (window.length > 0) yield window
}
