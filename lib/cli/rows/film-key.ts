import { createHash } from 'node:crypto'
import type { BigIntStats } from 'node:fs'
import { open, stat } from 'node:fs/promises'

/** Three parts: SHA-256 of the name, of what the file system says of the file, and of its content. */
export const FILM_KEY = 96

/** In place of a hash of content. */
const unreadable = Buffer.alloc(32, 0)
const changing = Buffer.alloc(32, 0xff)

/** How a film is compared with the one that an earlier run has read. */
export type Comparison = 'quick' | 'verify'

/**
 * What tells a film from another one of the same name.
 * @param before of a time before the film is read: what is replaced meanwhile then differs from it
 */
export async function filmKey(name: string, before: FileFacts): Promise<Buffer> {
  const content = before.isFile ? await hashContent(name) : undefined
  const after = await factsOf(name)
  // What changed while it was read passes for nothing.
  const hash = after.text === before.text ? (content ?? unreadable) : changing
  return Buffer.concat([sha256(name), sha256(before.text), hash])
}

/** Whether a film is still the one of a key: by size, times and number of the file (`quick`), or by content (`verify`). */
export async function isSameFilm(name: string, key: Buffer, how: Comparison): Promise<boolean> {
  if (!sha256(name).equals(key.subarray(0, 32))) return false
  const part = how === 'quick' ? ([32, 64] as const) : ([64, 96] as const)
  const now =
    how === 'quick'
      ? sha256((await factsOf(name)).text)
      : (await filmKey(name, await factsOf(name))).subarray(64)
  return now.equals(key.subarray(...part)) && !now.equals(changing)
}

/** What the file system says of a file, or why it says nothing. */
export interface FileFacts {
  readonly isFile: boolean
  readonly text: string
}

export async function factsOf(name: string): Promise<FileFacts> {
  let info: BigIntStats
  try {
    info = await stat(name, { bigint: true })
  } catch (error) {
    return { isFile: false, text: String((error as NodeJS.ErrnoException).code) }
  }
  return { isFile: info.isFile(), text: `${info.size} ${info.mtimeNs} ${info.ino}` }
}

async function hashContent(name: string): Promise<Buffer | undefined> {
  const file = await open(name).catch(() => undefined)
  if (file === undefined) return undefined
  try {
    const hash = createHash('sha256')
    for await (const chunk of file.createReadStream({ autoClose: false, highWaterMark: 1 << 20 }))
      hash.update(chunk as Buffer)
    return hash.digest()
  } catch {
    return undefined
  } finally {
    await file.close()
  }
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
