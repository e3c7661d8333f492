import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { BiovilError } from '../errors.js'
import type { Environment } from '../io/directories.js'
import { describeLibtorch, type Libtorch, type Setting, sameMinor } from './find.js'
import { exists, type Layout, readLayout } from './layout.js'
import type { Pins } from './pins.js'
import type { Flavor } from './places.js'
import type { Wanted } from './selection.js'
import type { Supply } from './sources.js'
import { fill, makeStage, publish, readMarker, writeMarker } from './tree.js'
import { verifyFile, type Watch } from './verify.js'

/** What an installation has come to. */
export interface Installation {
  readonly libtorch: Libtorch
  /** `false` when one that was there already serves; nothing was changed then. */
  readonly installed: boolean
  /** Where it came from, in words. */
  readonly origin: string
  /** What a person should know, e.g. that the environment prefers another libtorch. */
  readonly notes: readonly string[]
}

/** One installation: its options, read, and where its result goes. */
export interface Job extends Watch {
  readonly flavor: Flavor
  readonly from: string | undefined
  readonly headers: boolean
  readonly force: boolean
  readonly allowUnverified: boolean
  readonly cacheDir: string | undefined
  readonly env: Environment
  readonly cache: string
  /** Where it goes. */
  readonly tree: string
  readonly setting: Setting
}

/** Builds the whole tree beside its place and moves it there. */
export async function newTree(job: Job, supply: Supply, wanted: Wanted): Promise<Installation> {
  const { pins } = job.setting
  const stage = await makeStage(job.tree)
  try {
    const files = await fill(stage, supply.sources, wanted, job)
    const layout = await check(stage, supply.origin, wanted, pins)
    const version = layout.version ?? pins.version
    const headers = wanted.headers && layout.include !== undefined
    await writeMarker(stage, { format: 1, version, origin: supply.origin, files, headers })
    await publish(stage, job.tree)
  } finally {
    await rm(stage, { recursive: true, force: true })
  }
  return finished(job, supply)
}

/** @throws `ERR_LIBTORCH_VERSION`, or an `Error` when something that the flavor needs is not there. */
async function check(stage: string, origin: string, wanted: Wanted, pins: Pins): Promise<Layout> {
  const layout = await readLayout(stage)
  if (typeof layout === 'string') throw new Error(`${origin} holds no libtorch: it ${layout}`)
  if (!sameMinor(layout.version, pins.version)) {
    const message = `Expected libtorch ${pins.version} but ${origin} is ${layout.version ?? 'of unknown version'}`
    throw new BiovilError('ERR_LIBTORCH_VERSION', message)
  }
  if (wanted.flavor === 'cuda' && !layout.cuda) throw new Error(`${origin} is a build without CUDA`)
  if (wanted.headers && layout.include === undefined) throw new Error(`${origin} holds no C++ headers`)
  return layout
}

/** Adds the C++ headers to a tree that lacks only these. */
export async function addHeaders(job: Job, supply: Supply, root: string): Promise<Installation> {
  const stage = await makeStage(job.tree)
  try {
    await fill(stage, supply.sources, { flavor: job.flavor, libraries: false, headers: true }, job)
    const folder = ['torch/include', 'include'].map((name) => join(stage, name))
    const include = (await exists(folder[0] ?? '')) ? folder[0] : folder[1]
    if (include === undefined || !(await exists(join(include, 'ATen/ATen.h')))) {
      throw new Error(`${supply.origin} holds no C++ headers`)
    }
    await rm(join(root, 'include'), { recursive: true, force: true })
    await rename(include, join(root, 'include'))
    const marker = await readMarker(job.tree)
    if (marker) await writeMarker(job.tree, { ...marker, headers: true })
    else await adopt(job)
  } finally {
    await rm(stage, { recursive: true, force: true })
  }
  return finished(job, supply)
}

async function finished(job: Job, { origin, notes }: Supply): Promise<Installation> {
  const layout = await readLayout(job.tree)
  if (typeof layout === 'string') throw new Error(`${job.tree} ${layout}`)
  const libtorch = await describeLibtorch(
    layout,
    `cache ${job.flavor}`,
    job.flavor === 'cuda' ? 'auto' : false,
  )
  return { libtorch, installed: true, origin, notes }
}

/** Gives a tree that was unpacked by hand its marker, if its files are the published ones. */
export async function adopt({ tree, setting: { pins }, flavor, ...watch }: Job): Promise<void> {
  if (flavor !== 'cpu' || (await readMarker(tree)) !== undefined) return
  try {
    for (const file of pins.cpuFiles) await verifyFile(join(tree, file.path), file, watch)
    const headers = await exists(join(tree, 'torch/include/ATen/ATen.h'))
    const files = pins.cpuFiles.map(({ path, size }) => ({ path, size }))
    await writeMarker(tree, { format: 1, version: pins.version, origin: 'unpacked by hand', files, headers })
  } catch {
    // A tree of other origin or one that may not be written serves all the same.
    watch.signal?.throwIfAborted()
  }
}
