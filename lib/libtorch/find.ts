import { join, resolve } from 'node:path'
import { argumentError, BiovilError, wrongType } from '../errors.js'
import { type Environment, expandHome } from '../io/directories.js'
import { type Check, optional, readOptions, string, withDefault } from '../options.js'
import { findCompanions } from './companions.js'
import { exists, type Layout, readLayout } from './layout.js'
import { type Pins, pins } from './pins.js'
import {
  enabled,
  environmentPlaces,
  flavorDirectory,
  libtorchCache,
  type Place,
  pytorchPlace,
  set,
  systemPlaces,
  treePath,
} from './places.js'
import { damage } from './tree.js'

export interface FindOptions {
  /** A libtorch to use and no other: its root, its `lib/`, a `torch` package or a directory that holds one. */
  libtorch?: string
  /**
   * `true` accepts only a libtorch with CUDA; `false` loads none of its CUDA libraries; `'auto'` (default) loads them
   * where they exist and the machine has an NVIDIA device.
   */
  cuda?: boolean | 'auto'
  /** Where `installLibtorch` put its trees; default `${XDG_CACHE_HOME:-~/.cache}/biovil/libtorch`. */
  cacheDir?: string
  /** Environment to read; default `process.env`. */
  env?: Environment
}

/** A libtorch that may be loaded. All paths are absolute. */
export interface Libtorch {
  /** The directory with `lib/` (and `include/`). */
  readonly root: string
  readonly lib: string
  /** Directory of the C++ headers; absent where they were not installed. */
  readonly include?: string
  /** E.g. `2.11.0+cu130`; `unknown` only when the version check is bypassed. */
  readonly version: string
  /** The rule that found it: `option libtorch`, `BIOVIL_LIBTORCH`, `cache cpu`, … */
  readonly source: string
  /** Whether `libtorch_cuda.so` is there; says nothing of a GPU. */
  readonly cuda: boolean
  /**
   * What to dlopen, in this order. Never `libtorch.so`: that of the CUDA wheel needs `libtorch_cuda.so`, which a CPU
   * does without.
   */
  readonly libraries: readonly string[]
  /** NVIDIA's libraries to dlopen before `libraries`, in torch's order; empty unless CUDA is loaded. */
  readonly companions: readonly string[]
}

const cudaChoice: Check<boolean | 'auto'> = (value, name) => {
  if (typeof value === 'boolean' || value === 'auto') return value
  if (typeof value !== 'string') throw wrongType(name, "a boolean or 'auto'", value)
  throw argumentError(
    'ERR_INVALID_ARG_VALUE',
    `Expected true, false or 'auto' for ${name} but received '${value}'`,
  )
}

export const environment: Check<Environment> = (value, name) => {
  if (typeof value !== 'object' || value === null) throw wrongType(name, 'an object', value)
  return value as Environment
}

/** What a test replaces: the pins, and the system's places. */
export interface Setting {
  readonly pins: Pins
  readonly system: readonly string[]
}

export const standard: Setting = { pins, system: systemPlaces }

/**
 * Finds the libtorch to load: the `libtorch` option, `BIOVIL_LIBTORCH`, `LIBTORCH`, `LIBTORCH_USE_PYTORCH=1`, the
 * active virtual or conda environment, our cache, the system's places. The first four are a person's wish: what is
 * wrong with them is an error. The others are passed over when they do not fit.
 *
 * @throws `ERR_LIBTORCH_NOT_FOUND` with every place that was tried and why it did not serve.
 * @throws `ERR_LIBTORCH_VERSION` when a libtorch that was asked for is not of the pinned minor version;
 *   `LIBTORCH_BYPASS_VERSION_CHECK=1` lets it pass.
 * @throws `ERR_DEVICE_UNAVAILABLE` when CUDA is asked of a libtorch that has none.
 */
export async function findLibtorch(options?: FindOptions): Promise<Libtorch> {
  const found = await search(options, standard)
  if ('error' in found) throw found.error
  return found
}

/** Why nothing was found; `explicit` is the rule whose libtorch was asked for and does not serve. */
export interface Failure {
  readonly error: BiovilError
  readonly explicit?: string
}

export async function search(
  options: FindOptions | undefined,
  setting: Setting,
): Promise<Libtorch | Failure> {
  const given = readOptions(options, {
    libtorch: optional(string),
    cuda: withDefault(cudaChoice, 'auto'),
    cacheDir: optional(string),
    env: withDefault(environment, process.env),
  })
  const { env, cuda } = given
  const { version } = setting.pins
  const bypass = enabled(env, 'LIBTORCH_BYPASS_VERSION_CHECK')
  const tried: string[] = []
  let other: { place: Place; layout: Layout } | undefined

  for await (const place of places(given, setting)) {
    const fail = (error: BiovilError): Failure => ({ error, explicit: place.rule })
    const label = place.path === undefined ? place.rule : `${place.rule} (${place.path})`
    const layout = await judge(place, setting)
    if (typeof layout === 'string') {
      tried.push(`${label}: ${layout}`)
      if (place.explicit && layout !== notSet) return fail(unusable(place, layout, version))
    } else if (cuda === true && !layout.cuda) {
      if (place.explicit) return fail(cpuOnly(place.rule, layout.root))
      tried.push(`${label}: CPU only`)
    } else if (!sameMinor(layout.version, version) && !(bypass && place.explicit)) {
      if (place.explicit) return fail(versionError(place.rule, layout, version))
      tried.push(`${label}: version ${layout.version ?? 'unknown'}, expected ${minor(version)}`)
      // Even when the check is bypassed, the right version further down is better than a wrong one here.
      other ??= { place, layout }
    } else {
      return describeLibtorch(layout, place.rule, cuda)
    }
  }
  if (bypass && other) return describeLibtorch(other.layout, other.place.rule, cuda)
  return { error: notFound(tried, cuda, version) }
}

const notSet = 'not set'

interface Given {
  readonly libtorch: string | undefined
  readonly cacheDir: string | undefined
  readonly env: Environment
  readonly cuda: boolean | 'auto'
}

async function* places({ libtorch, cacheDir, env, cuda }: Given, setting: Setting): AsyncGenerator<Place> {
  if (libtorch !== undefined) {
    yield { rule: 'option libtorch', path: resolve(libtorch), explicit: true, cache: false }
  }
  for (const name of ['BIOVIL_LIBTORCH', 'LIBTORCH']) {
    const path = set(env, name)
    if (path === undefined) yield { rule: name, absence: notSet, explicit: true, cache: false }
    else yield { rule: name, path: resolve(path), explicit: true, cache: false }
  }
  if (enabled(env, 'LIBTORCH_USE_PYTORCH')) yield await pytorchPlace(env)
  else yield { rule: 'LIBTORCH_USE_PYTORCH', absence: notSet, explicit: true, cache: false }
  yield* await environmentPlaces(env)
  // Who installed the CUDA flavor wants it; who asks for the CPU alone is served by the small one first.
  const flavors = cuda === false ? (['cpu', 'cuda'] as const) : (['cuda', 'cpu'] as const)
  for (const flavor of flavors) {
    const path = treePath(
      cacheDir === undefined ? libtorchCache(env) : expandHome(cacheDir, env),
      setting.pins.version,
      flavor,
    )
    yield { rule: `cache ${flavorDirectory[flavor]}`, path, explicit: false, cache: true }
  }
  for (const path of setting.system) yield { rule: 'system', path, explicit: false, cache: false }
}

/** The libtorch at a place, or what is wrong with it in words. */
async function judge(place: Place, setting: Setting): Promise<Layout | string> {
  if (place.path === undefined) return place.absence ?? notSet
  const layout = await readLayout(place.path)
  if (typeof layout === 'string' || !place.cache) return layout
  return (await damage(place.path, setting.pins)) ?? layout
}

/** What to load of a libtorch. */
export async function describeLibtorch(
  layout: Layout,
  source: string,
  cuda: boolean | 'auto',
): Promise<Libtorch> {
  const load = layout.cuda && (cuda === true || (cuda === 'auto' && (await hasNvidiaDevice())))
  const names = ['libc10.so', 'libtorch_cpu.so']
  if (load) names.push('libc10_cuda.so', 'libtorch_cuda.so')
  return {
    root: layout.root,
    lib: layout.lib,
    ...(layout.include === undefined ? {} : { include: layout.include }),
    version: layout.version ?? 'unknown',
    source,
    cuda: layout.cuda,
    libraries: names.map((name) => join(layout.lib, name)),
    companions: load ? await findCompanions(layout.lib) : [],
  }
}

/** Whether the machine shows an NVIDIA device, without loading a driver. */
async function hasNvidiaDevice(): Promise<boolean> {
  for (const path of ['/dev/nvidiactl', '/dev/nvidia0', '/proc/driver/nvidia/version', '/dev/dxg']) {
    if (await exists(path)) return true
  }
  return false
}

export function minor(version: string): string {
  return version.split('.').slice(0, 2).join('.')
}

export function sameMinor(version: string | undefined, expected: string): boolean {
  return version !== undefined && minor(version) === minor(expected)
}

function notFound(tried: readonly string[], cuda: boolean | 'auto', version: string): BiovilError {
  const wanted = `libtorch ${minor(version)}${cuda === true ? ' with CUDA' : ''}`
  return new BiovilError(
    'ERR_LIBTORCH_NOT_FOUND',
    `No ${wanted} was found. Tried:\n${tried.map((line) => `  ${line}`).join('\n')}\n` +
      `Fix: npx biovil libtorch install${cuda === true ? ' --cuda' : ''}`,
  )
}

function unusable(place: Place, verdict: string, version: string): BiovilError {
  const path = place.path === undefined ? '' : `=${place.path}`
  return new BiovilError(
    'ERR_LIBTORCH_NOT_FOUND',
    `Expected a libtorch ${minor(version)} at ${place.rule}${path} but it ${verdict}. ` +
      `Fix: correct it, or leave it out and run npx biovil libtorch install`,
  )
}

function versionError(rule: string, layout: Layout, version: string): BiovilError {
  const found = layout.version === undefined ? 'tells no version' : `is ${layout.version}`
  return new BiovilError(
    'ERR_LIBTORCH_VERSION',
    `Expected libtorch ${minor(version)} but ${layout.root} (${rule}) ${found}. ` +
      `Fix: leave ${rule} out and run npx biovil libtorch install; ` +
      'at your own risk, LIBTORCH_BYPASS_VERSION_CHECK=1 loads it anyway',
  )
}

function cpuOnly(rule: string, root: string): BiovilError {
  return new BiovilError(
    'ERR_DEVICE_UNAVAILABLE',
    `CUDA was asked for but the libtorch at ${root} (${rule}) has no libtorch_cuda.so. ` +
      `Fix: leave ${rule} out and run npx biovil libtorch install --cuda`,
  )
}
