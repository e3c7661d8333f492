import { randomBytes } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { makeDirectory } from '../io/make-directory.js'
import type { Source, SourceEntry } from './entries.js'
import type { Pins } from './pins.js'
import { selects, type Wanted } from './selection.js'
import type { Watch } from './verify.js'

/** Written last into a tree of the cache: with it the tree is complete. */
const markerName = '.ok'

/** A file of a tree, relative to it. */
export interface TreeFile {
  readonly path: string
  readonly size: number
}

export interface Marker {
  readonly format: 1
  readonly version: string
  /** Where the files came from, in words. */
  readonly origin: string
  /** The libraries with their sizes; the headers are thousands, `headers` alone tells of them. */
  readonly files: readonly TreeFile[]
  readonly headers: boolean
}

/** The marker of a tree, or `undefined` when there is none that can be read. */
export async function readMarker(tree: string): Promise<Marker | undefined> {
  try {
    const marker = JSON.parse(await readFile(join(tree, markerName), 'utf8')) as Marker
    return marker.format === 1 && Array.isArray(marker.files) ? marker : undefined
  } catch {
    return undefined
  }
}

export async function writeMarker(tree: string, marker: Marker): Promise<void> {
  const path = join(tree, markerName)
  await writeFile(`${path}.new`, `${JSON.stringify(marker, null, 2)}\n`)
  await rename(`${path}.new`, path)
}

/**
 * What is wrong with a tree of the cache, in words, or `undefined` when its files are those that were installed. A
 * tree without a marker was put there by hand: it is measured against the pinned wheel where it has its layout.
 */
export async function damage(tree: string, pins: Pins): Promise<string | undefined> {
  const marker = await readMarker(tree)
  for (const { path, size } of marker?.files ?? (await handmade(tree, pins))) {
    const found = await sizeOf(join(tree, path))
    if (found === undefined) return `is damaged: ${path} is missing`
    if (found !== size) return `is damaged: ${path} has ${found} bytes, expected ${size}`
  }
  return undefined
}

async function handmade(tree: string, pins: Pins): Promise<readonly TreeFile[]> {
  return (await sizeOf(join(tree, 'torch/version.py'))) === undefined ? [] : pins.cpuFiles
}

export async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size
  } catch {
    return undefined
  }
}

/** A directory beside the tree, so that a rename moves it there; removed by the next run if this one dies. */
export async function makeStage(tree: string): Promise<string> {
  const stage = join(dirname(tree), `.${basename(tree)}.partial-${randomBytes(6).toString('hex')}`)
  await makeDirectory(stage)
  return stage
}

/** Removes what dead runs have left beside the tree. The caller holds the lock. */
export async function removeLeftovers(tree: string): Promise<void> {
  const pattern = new RegExp(`^\\.${basename(tree)}\\.(partial|old)-`)
  for (const name of await readdir(dirname(tree)).catch(() => [])) {
    if (pattern.test(name)) await rm(join(dirname(tree), name), { recursive: true, force: true })
  }
}

/** Writes the wanted files of the sources into the stage; returns all but the headers. */
export async function fill(
  stage: string,
  sources: readonly Source[],
  wanted: Wanted,
  { signal, onProgress }: Watch,
): Promise<TreeFile[]> {
  const entries = sources.flatMap((source) => source.entries).filter((entry) => selects(entry.path, wanted))
  const total = entries.reduce((sum, entry) => sum + entry.size, 0)
  const made = new Set<string>()
  let done = 0
  for (const entry of entries) {
    signal?.throwIfAborted()
    const path = join(stage, entry.path)
    const directory = dirname(path)
    if (!made.has(directory)) await makeDirectory(directory)
    made.add(directory)
    await write(entry, path, signal, (bytes) => {
      done += bytes
      onProgress?.({ stage: 'extract', item: 'libtorch', done, total, unit: 'bytes' })
    })
  }
  return entries
    .filter(({ path }) => !/^(torch\/)?include\//.test(path))
    .map(({ path, size }) => ({ path, size }))
}

async function write(
  entry: SourceEntry,
  path: string,
  signal: AbortSignal | undefined,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const content = await entry.open()
  if (entry.size < 1 << 20) {
    const chunks: Uint8Array[] = []
    for await (const chunk of content) chunks.push(chunk)
    await writeFile(path, Buffer.concat(chunks))
    return onBytes(entry.size)
  }
  const counted = async function* () {
    for await (const chunk of content) {
      yield chunk
      onBytes(chunk.length)
    }
  }
  await pipeline(counted, createWriteStream(path, { highWaterMark: 1 << 20 }), { signal })
}

/** Puts the stage in the tree's place. A process that has the old libraries mapped keeps them. */
export async function publish(stage: string, tree: string): Promise<void> {
  const old = join(dirname(tree), `.${basename(tree)}.old-${randomBytes(6).toString('hex')}`)
  const replaced = await rename(tree, old).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false
      throw error
    },
  )
  await rename(stage, tree)
  if (replaced) await rm(old, { recursive: true, force: true })
}
