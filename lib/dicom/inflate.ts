import { Readable } from 'node:stream'
import { createInflateRaw } from 'node:zlib'
import { damaged } from './failure.js'

/**
 * Inflates until `limit` bytes are there or the stream ends, and takes memory for no more. A few kilobytes can ask for
 * gigabytes otherwise.
 */
export async function inflateWithin(deflated: Uint8Array, limit: number): Promise<Uint8Array> {
  const chunks: Buffer[] = []
  let length = 0
  const inflated = Readable.from([deflated]).pipe(createInflateRaw({ chunkSize: 2 ** 18 }))
  try {
    for await (const chunk of inflated as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      length += chunk.length
      if (length >= limit) break
    }
  } catch (error) {
    throw damaged('the deflated data set is truncated or damaged', error)
  }
  return Buffer.concat(chunks, Math.min(length, limit))
}
