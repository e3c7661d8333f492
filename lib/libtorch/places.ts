import { execFile } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { homedir } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { biovilCache, type Environment } from '../io/directories.js'
import { exists } from './layout.js'

export type Flavor = 'cpu' | 'cuda'

/** A place where a libtorch may lie. */
export interface Place {
  /** The rule that names it, as an error message shows it. */
  readonly rule: string
  /** Absent when the rule names nothing; `absence` then says why. */
  readonly path?: string
  readonly absence?: string
  /** The user named it, so that anything wrong with it is an error instead of a reason to look further. */
  readonly explicit: boolean
  /** It is a tree of our own making, whose completeness can be checked. */
  readonly cache: boolean
}

/** Directory names of the flavors in the cache. */
export const flavorDirectory: Readonly<Record<Flavor, string>> = { cpu: 'cpu', cuda: 'cu130' }

export const systemPlaces: readonly string[] = ['/opt/libtorch', '/usr/local/libtorch', '/usr/local', '/usr']

/** `${XDG_CACHE_HOME:-~/.cache}/biovil/libtorch`. */
export function libtorchCache(env: Environment): string {
  return join(biovilCache(env), 'libtorch')
}

/** Where a flavor is installed, e.g. `~/.cache/biovil/libtorch/2.11.0/cpu`. */
export function treePath(cache: string, version: string, flavor: Flavor): string {
  return resolve(cache, version, flavorDirectory[flavor])
}

/** The value of a variable; an empty one counts as unset. */
export function set(env: Environment, name: string): string | undefined {
  const value = env[name]
  return value === undefined || value === '' ? undefined : value
}

/** `1`, `true`, `yes`, `on`: as a person would mean it. */
export function enabled(env: Environment, name: string): boolean {
  return /^(1|true|yes|on)$/i.test(env[name] ?? '')
}

/** Torch packages of the active virtual or conda environment, on the disk; nothing is imported or run. */
export async function environmentPlaces(env: Environment): Promise<Place[]> {
  const places: Place[] = []
  for (const name of ['VIRTUAL_ENV', 'CONDA_PREFIX']) {
    const prefix = set(env, name)
    if (prefix === undefined) {
      places.push({ rule: name, absence: 'not set', explicit: false, cache: false })
      continue
    }
    const found = await torchPackages(prefix)
    if (found.length === 0) {
      const absence = `no torch in ${prefix}/lib/python3*/site-packages`
      places.push({ rule: name, absence, explicit: false, cache: false })
    }
    for (const path of found) places.push({ rule: name, path, explicit: false, cache: false })
  }
  return places
}

/**
 * Torch of the machine's Python for LIBTORCH_USE_PYTORCH=1: the active environment, the Python on PATH and the user's
 * packages. Only where none of these holds one, Python is asked for its search path (torch is not imported).
 */
export async function pytorchPlace(env: Environment): Promise<Place> {
  const rule = 'LIBTORCH_USE_PYTORCH'
  const prefixes = [set(env, 'VIRTUAL_ENV'), set(env, 'CONDA_PREFIX')]
  for (const directory of (env['PATH'] ?? '').split(delimiter)) {
    if (directory !== '' && (await exists(join(directory, 'python3')))) {
      prefixes.push(dirname(directory))
      break
    }
  }
  prefixes.push(join(env['HOME'] || homedir(), '.local'))
  for (const prefix of prefixes) {
    if (prefix === undefined) continue
    const [path] = await torchPackages(prefix)
    if (path !== undefined) return { rule, path, explicit: true, cache: false }
  }
  for (const directory of await pythonPath(env)) {
    const path = join(directory, 'torch')
    if (await exists(join(path, 'lib'))) return { rule, path, explicit: true, cache: false }
  }
  return { rule, absence: 'finds no installed torch package', explicit: true, cache: false }
}

async function torchPackages(prefix: string): Promise<string[]> {
  const found: string[] = []
  const versions = await readdir(join(prefix, 'lib')).catch(() => [])
  for (const python of versions.filter((name) => /^python3(\.\d+)?$/.test(name)).sort()) {
    for (const packages of ['site-packages', 'dist-packages']) {
      const path = join(prefix, 'lib', python, packages, 'torch')
      if (await exists(join(path, 'lib'))) found.push(path)
    }
  }
  return found
}

/** The search path of `python3`, which a launcher (pyenv, asdf) hides from a look at the disk. */
async function pythonPath(env: Environment): Promise<string[]> {
  try {
    const code = 'import sys; print("\\n".join(sys.path))'
    const options = { env: { ...env }, timeout: 5000 }
    const { stdout } = await promisify(execFile)('python3', ['-c', code], options)
    return stdout.split('\n').filter((line) => line.startsWith('/'))
  } catch {
    return []
  }
}
