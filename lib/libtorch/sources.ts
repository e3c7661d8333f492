import { readdir, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { BiovilError } from '../errors.js'
import type { Environment } from '../io/directories.js'
import { download } from '../io/download.js'
import { openArchive, openPaths, type Source } from './entries.js'
import { exists, readLayout } from './layout.js'
import type { PinnedWheel, PinnedZip, Pins } from './pins.js'
import { downloadWheels } from './pip.js'
import type { Flavor } from './places.js'
import type { Wanted } from './selection.js'
import { verifyFile, type Watch } from './verify.js'

/** What an installation takes its files from. */
export interface Supply {
  readonly sources: readonly Source[]
  /** In words, for the marker. */
  readonly origin: string
  /** What the user should know, e.g. that a file could not be verified. */
  readonly notes: readonly string[]
  /** Removes a download that turned out to be useless, so that the next run does not trust it. */
  discard?(): Promise<void>
}

export interface SupplyRequest {
  readonly wanted: Wanted
  readonly pins: Pins
  /** Directory for downloads; it survives an interrupted run. */
  readonly downloads: string
  readonly env: Environment
  readonly watch: Watch
}

/** The wheels that a flavor consists of; for headers alone the torch wheel is enough. */
export function wheelsOf({ wanted, pins }: Pick<SupplyRequest, 'wanted' | 'pins'>): PinnedWheel[] {
  const { torch, cpu, cuda } = pins.wheels
  if (!wanted.libraries) return [torch]
  return wanted.flavor === 'cuda' ? [torch, ...cpu, ...cuda] : [torch, ...cpu]
}

/** The official zip, resumed where an earlier run stopped. */
export async function fromZip(zip: PinnedZip, request: SupplyRequest): Promise<Supply> {
  const path = join(request.downloads, zipName(zip))
  await download({
    url: zip.url,
    path,
    ...zip.pinned,
    connectTimeout: 5000,
    stallTimeout: 10_000,
    retries: 1,
    ...(request.watch.signal === undefined ? {} : { signal: request.watch.signal }),
    ...(request.watch.onProgress === undefined ? {} : { onProgress: request.watch.onProgress }),
  })
  const notes = zip.pinned ? [] : [unverified(zip.url)]
  const discard = () => rm(path, { force: true })
  try {
    return { sources: [await openOrExplain(path)], origin: zip.url, notes, discard }
  } catch (error) {
    await discard()
    throw error
  }
}

/** The wheels, through the machine's own pip. */
export async function fromIndex(request: SupplyRequest): Promise<Supply> {
  const wheels = wheelsOf(request)
  const paths = await downloadWheels(wheels, request.downloads, request.env, request.watch)
  const origin = `${wheels.map((wheel) => wheel.requirement).join(' ')} through pip`
  return { sources: await openAll(paths), origin, notes: [] }
}

/** A file or a directory that the user names. */
export async function fromPath(from: string, request: SupplyRequest): Promise<Supply> {
  const path = resolve(from)
  const info = await stat(path).catch(() => undefined)
  if (info === undefined) throw new Error(`${path} does not exist`)
  if (!info.isDirectory()) return fromFile(path, request)
  const layout = await readLayout(path)
  if (typeof layout !== 'string') return fromTree(path, layout.root, layout.lib, request.wanted)
  const archive = await findArchive(path, request)
  if (archive === undefined) {
    throw new Error(
      `${path} ${layout}, and neither ${request.pins.wheels.torch.file} nor another wheel or zip of it`,
    )
  }
  return fromFile(archive, request)
}

async function fromTree(path: string, root: string, lib: string, { headers }: Wanted): Promise<Supply> {
  const wheel = basename(root) === 'torch'
  const prefix = wheel ? 'torch/' : ''
  const places: [string, string][] = [[lib, `${prefix}lib`]]
  for (const name of ['version.py', 'build-version', 'build-hash'])
    places.push([join(root, name), prefix + name])
  if (headers) places.push([join(root, 'include'), `${prefix}include`])
  if (wheel) places.push([join(dirname(root), 'nvidia'), 'nvidia'])
  return { sources: [await openPaths(places)], origin: path, notes: [unverified(path)] }
}

async function findArchive(directory: string, { pins, wanted }: SupplyRequest): Promise<string | undefined> {
  const names = (await readdir(directory)).sort()
  const version = pins.version.replaceAll('.', '\\.')
  const wheel = new RegExp(`^torch-${version}[-+].*linux.*x86_64\\.whl$`)
  const name =
    names.find((entry) => entry === pins.wheels.torch.file) ??
    names.find((entry) => entry === zipName(pins.zips[wanted.flavor])) ??
    names.find((entry) => wheel.test(entry)) ??
    names.find((entry) => new RegExp(`^libtorch-.*${version}.*\\.zip$`).test(entry))
  return name === undefined ? undefined : join(directory, name)
}

async function fromFile(path: string, request: SupplyRequest): Promise<Supply> {
  const { pins, watch } = request
  const name = basename(path)
  const zip = flavors.map((flavor) => pins.zips[flavor]).find((candidate) => zipName(candidate) === name)
  const pinned = name === pins.wheels.torch.file ? pins.wheels.torch : zip?.pinned
  if (pinned) await verifyFile(path, pinned, watch)
  const notes = pinned ? [] : [unverified(path)]
  const archive = await openOrExplain(path)
  const companions = await companionWheels(dirname(path), archive, request)
  return { sources: [archive, ...(await openAll(companions))], origin: path, notes }
}

const flavors: readonly Flavor[] = ['cpu', 'cuda']

/** The CUDA build's wheel leaves NVIDIA's libraries to other wheels: beside it, or else through pip. */
async function companionWheels(
  directory: string,
  archive: Source,
  request: SupplyRequest,
): Promise<string[]> {
  const cudaWheel = archive.entries.some((entry) => entry.path === 'torch/lib/libtorch_cuda.so')
  if (!cudaWheel || !request.wanted.libraries) return []
  const wheels = wheelsOf(request).slice(1)
  const paths: string[] = []
  const missing: PinnedWheel[] = []
  for (const wheel of wheels) {
    const path = join(directory, wheel.file)
    if (await exists(path)) {
      await verifyFile(path, wheel, request.watch)
      paths.push(path)
    } else {
      missing.push(wheel)
    }
  }
  if (missing.length === 0) return paths
  try {
    return [...paths, ...(await downloadWheels(missing, request.downloads, request.env, request.watch))]
  } catch (error) {
    if (error instanceof BiovilError) throw error
    const names = missing.map((wheel) => wheel.file).join(', ')
    throw new Error(`${names} should lie beside it; ${(error as Error).message}`, { cause: error })
  }
}

async function openAll(paths: readonly string[]): Promise<Source[]> {
  const sources: Source[] = []
  for (const path of paths) sources.push(await openOrExplain(path))
  return sources
}

async function openOrExplain(path: string): Promise<Source> {
  try {
    return await openArchive(path)
  } catch (error) {
    throw new Error(`${path} is not a whole zip archive: ${(error as Error).message}`, { cause: error })
  }
}

function zipName(zip: PinnedZip): string {
  return decodeURIComponent(basename(new URL(zip.url).pathname))
}

function unverified(what: string): string {
  return `${what} has no pinned checksum: only its structure and its version were checked`
}
