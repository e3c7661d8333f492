import { createReadStream } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { crc32 } from 'node:zlib'
import { type Entry, openPromise } from 'yauzl'

/** A file that a source offers. */
export interface SourceEntry {
  /** Path in the tree that is built, with `/`. */
  readonly path: string
  /** Bytes, unpacked. */
  readonly size: number
  open(): Promise<AsyncIterable<Uint8Array>>
}

/** An archive or a directory that files are taken from. */
export interface Source {
  readonly entries: readonly SourceEntry[]
  close(): void
}

/**
 * The files of a wheel or of an official zip (whose `libtorch/` is stripped). Every file that is read is checked
 * against the archive's own CRC-32, because yauzl does not.
 */
export async function openArchive(path: string): Promise<Source> {
  const zip = await openPromise(path, { lazyEntries: true, autoClose: false })
  const open = async (entry: Entry) => checked(await zip.openReadStreamPromise(entry), entry)
  const entries: SourceEntry[] = []
  try {
    for await (const entry of zip.eachEntry()) {
      if (entry.fileName.endsWith('/')) continue
      const inner = entry.fileName.replace(/^libtorch\//, '')
      entries.push({ path: inner, size: entry.uncompressedSize, open: () => open(entry) })
    }
  } catch (error) {
    zip.close()
    throw error
  }
  return { entries, close: () => zip.close() }
}

async function* checked(stream: Readable, entry: Entry): AsyncGenerator<Uint8Array> {
  let sum = 0
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    sum = crc32(chunk, sum)
    yield chunk
  }
  if (sum !== entry.crc32) throw new Error(`${entry.fileName} is damaged: its CRC-32 is wrong`)
}

/** Files, and the files below directories; each path has its place in the tree that is built. */
export async function openPaths(
  places: readonly (readonly [path: string, inTree: string])[],
): Promise<Source> {
  const entries: SourceEntry[] = []
  const add = async (absolute: string, inTree: string) => {
    // Follows links: the libraries of a distribution are links to versioned files.
    const info = await stat(absolute).catch(() => undefined)
    if (!info?.isFile()) return info
    const open = async () => createReadStream(absolute, { highWaterMark: 1 << 20 })
    entries.push({ path: inTree, size: info.size, open })
    return info
  }
  for (const [path, inTree] of places) {
    const info = await add(path, inTree)
    if (!info?.isDirectory()) continue
    for (const item of await readdir(path, { recursive: true, withFileTypes: true })) {
      const absolute = join(item.parentPath, item.name)
      if (!item.isDirectory()) await add(absolute, join(inTree, absolute.slice(path.length)))
    }
  }
  return { entries, close: () => {} }
}
