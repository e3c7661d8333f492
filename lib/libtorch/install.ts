import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { BiovilError } from '../errors.js'
import { type Environment, expandHome } from '../io/directories.js'
import { checkSpace, fileError } from '../io/file-error.js'
import { withLock } from '../io/lock.js'
import { makeDirectory } from '../io/make-directory.js'
import { boolean, callback, oneOf, optional, readOptions, signal, string, withDefault } from '../options.js'
import type { OnProgress } from '../progress.js'
import { addHeaders, adopt, type Installation, type Job, newTree } from './build.js'
import { environment, type Libtorch, type Setting, sameMinor, search, standard } from './find.js'
import { readLayout } from './layout.js'
import { pipCommand } from './pip.js'
import { type Flavor, libtorchCache, treePath } from './places.js'
import type { Wanted } from './selection.js'
import { fromIndex, fromPath, fromZip, type Supply, type SupplyRequest, wheelsOf } from './sources.js'
import { damage, removeLeftovers, sizeOf } from './tree.js'

export type { Installation } from './build.js'

export interface InstallOptions {
  /** `cpu` (default; 460 MB on disk) or `cuda` (CUDA 13.0; 3.6 GB on disk). */
  flavor?: Flavor
  /** An official zip, a torch wheel (its companions beside it), a libtorch, `site-packages`, or a folder of wheels. */
  from?: string
  /** Also the C++ headers, for building the engine. */
  headers?: boolean
  /** Install into the cache even where a libtorch already serves. */
  force?: boolean
  /** Take the official zip although no checksum of it is published. */
  allowUnverified?: boolean
  /** Default `${XDG_CACHE_HOME:-~/.cache}/biovil/libtorch`. */
  cacheDir?: string
  /** Environment for finding a libtorch, and for pip; default `process.env`. */
  env?: Environment
  signal?: AbortSignal
  onProgress?: OnProgress
}

/**
 * Makes sure that a libtorch of the pinned version is there: one that is found, else the torch wheel through the
 * machine's own pip, before which `allowUnverified` tries the official zip; or what `from` names. What is downloaded is
 * verified before it is unpacked, as far as a checksum is published, a download goes on where an earlier run stopped, the tree appears at once or not at all, and of two processes that
 * install at the same time one waits for the other.
 *
 * @throws `ERR_LIBTORCH_INSTALL` when no source could provide it, with each source's reason.
 * @throws `ERR_CHECKSUM` when `from` has the name of a published file but not its bytes.
 * @throws `ERR_LIBTORCH_VERSION` when `from` holds another version.
 * @throws `ERR_DISK_FULL`, `ERR_CACHE_UNWRITABLE`.
 */
export function installLibtorch(options?: InstallOptions): Promise<Installation> {
  return install(options, standard)
}

/** {@link installLibtorch} with other pins and other system places, so that a test needs neither gigabytes nor a network. */
export async function install(options: InstallOptions | undefined, setting: Setting): Promise<Installation> {
  const given = readOptions(options, {
    flavor: withDefault(oneOf('cpu', 'cuda'), 'cpu'),
    from: optional(string),
    headers: withDefault(boolean, false),
    force: withDefault(boolean, false),
    allowUnverified: withDefault(boolean, false),
    cacheDir: optional(string),
    env: withDefault(environment, process.env),
    signal,
    onProgress: callback<OnProgress>(),
  })
  given.signal?.throwIfAborted()
  const cache = expandHome(given.cacheDir ?? libtorchCache(given.env), given.env)
  const job: Job = { ...given, cache, tree: treePath(cache, setting.pins.version, given.flavor), setting }
  try {
    return await run(job)
  } catch (error) {
    given.signal?.throwIfAborted()
    throw cacheError(error, cache)
  }
}

async function run(job: Job): Promise<Installation> {
  const choice = !job.force && job.from === undefined
  const before = choice ? await present(job) : undefined
  if (before) return before
  const base = join(job.cache, job.setting.pins.version)
  await makeDirectory(base)
  const onWait = () => job.onProgress?.({ stage: 'wait for another installation', done: 0, unit: 'steps' })
  const locked = async () =>
    (choice ? await present(job) : undefined) ?? (await make(job, join(base, '.downloads')))
  const done = await withLock(join(base, '.lock'), locked, { ...given(job), onWait })
  return { ...done, notes: [...done.notes, ...(await preferred(job, done.libtorch))] }
}

function given({ signal }: Job): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal }
}

/** A libtorch that already serves, in the cache or elsewhere. */
async function present(job: Job): Promise<Installation | undefined> {
  const cuda = job.flavor === 'cuda'
  const found = await search(
    { cuda, env: job.env, ...(job.cacheDir ? { cacheDir: job.cacheDir } : {}) },
    job.setting,
  )
  if ('error' in found || (job.headers && found.include === undefined)) return undefined
  if (found.root.startsWith(job.tree)) await adopt(job)
  return { libtorch: found, installed: false, origin: found.source, notes: [] }
}

/** Says so when the environment will make `findLibtorch` prefer another libtorch than the one just installed. */
async function preferred(job: Job, installed: Libtorch): Promise<string[]> {
  const options = { env: job.env, ...(job.cacheDir ? { cacheDir: job.cacheDir } : {}) }
  const found = await search(options, job.setting)
  if ('error' in found) return [`${installed.root} will not be used: ${found.error.message}`]
  if (found.root === installed.root) return []
  return [`${found.root} (${found.source}) will be used before ${installed.root}`]
}

/** Builds the tree, or adds the headers to one that lacks only these. The caller holds the lock. */
async function make(job: Job, downloads: string): Promise<Installation> {
  await removeLeftovers(job.tree)
  await makeDirectory(downloads)
  const root = job.force || job.from !== undefined ? undefined : await completeRoot(job)
  const wanted: Wanted = { flavor: job.flavor, libraries: root === undefined, headers: job.headers }
  const { pins } = job.setting
  const request: SupplyRequest = { wanted, pins, downloads, env: job.env, watch: job }
  const build = (supply: Supply) =>
    root === undefined ? newTree(job, supply, wanted) : addHeaders(job, supply, root)
  const result = await firstThatWorks(job, request, build)
  await rm(downloads, { recursive: true, force: true })
  return result
}

/** The root of the tree, when its libraries are all there. */
async function completeRoot({ tree, setting: { pins } }: Job): Promise<string | undefined> {
  const layout = await readLayout(tree)
  if (typeof layout === 'string' || (await damage(tree, pins)) !== undefined) return undefined
  return sameMinor(layout.version, pins.version) ? layout.root : undefined
}

async function firstThatWorks(
  job: Job,
  request: SupplyRequest,
  build: (supply: Supply) => Promise<Installation>,
): Promise<Installation> {
  const zip = job.setting.pins.zips[job.flavor]
  const use = async (open: () => Promise<Supply>) => {
    const supply = await open()
    try {
      return await build(supply)
    } catch (error) {
      if (!fatal(error, job)) await supply.discard?.()
      throw error
    } finally {
      for (const source of supply.sources) source.close()
    }
  }
  if (job.from !== undefined) {
    const from = job.from
    try {
      return await use(() => fromPath(from, request))
    } catch (error) {
      throw fatal(error, job) ? error : notInstalled([`--from ${from}: ${reason(error)}`], request, error)
    }
  }
  const tried: string[] = []
  const causes: unknown[] = []
  const attempt = async (name: string, open: () => Promise<Supply>) => {
    try {
      return await use(open)
    } catch (error) {
      if (fatal(error, job)) throw error
      tried.push(`${name}: ${reason(error)}`)
      causes.push(error)
      return undefined
    }
  }
  if (zip.pinned || job.allowUnverified) {
    const done = await attempt(`official zip ${zip.url}`, () => fromZip(zip, request))
    if (done) return done
  } else {
    tried.push(`official zip ${zip.url}: skipped, it has no published checksum; --allow-unverified takes it`)
  }
  const names = wheelsOf(request).map((wheel) => wheel.requirement)
  const done = await attempt(`wheels ${names.join(', ')}`, async () => {
    await checkSpace(join(request.downloads, 'wheels'), await spaceFor(request))
    return fromIndex(request)
  })
  if (done) return done
  throw notInstalled(tried, request, causes.at(-1))
}

/** What no other source can mend. */
function fatal(error: unknown, job: Job): boolean {
  if (job.signal?.aborted) return true
  const explained = cacheError(error, job.cache)
  if (!(explained instanceof BiovilError)) return false
  if (explained.code === 'ERR_DISK_FULL' || explained.code === 'ERR_CACHE_UNWRITABLE') return true
  return job.from !== undefined
}

/** An error of the file system below the cache in our own words; what a source lacks keeps its own. */
function cacheError(error: unknown, cache: string): unknown {
  const { path } = error as NodeJS.ErrnoException
  if (error instanceof BiovilError) return error
  return path === undefined || path.startsWith(cache) || cache.startsWith(path)
    ? fileError(error, cache)
    : error
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Bytes that are still to come: of the wheels, and of what is unpacked from them. */
async function spaceFor({ wanted, pins, downloads }: SupplyRequest): Promise<number> {
  const sum = (files: readonly { readonly size: number }[]) =>
    files.reduce((total, file) => total + file.size, 0)
  const wheels = wheelsOf({ wanted, pins })
  const there = await Promise.all(wheels.map(async ({ file }) => (await sizeOf(join(downloads, file))) ?? 0))
  const missing = sum(wheels) - there.reduce((total, size) => total + size, 0)
  if (!wanted.libraries) return missing
  return missing + (wanted.flavor === 'cpu' ? sum(pins.cpuFiles) : 2 * sum(wheels))
}

function notInstalled(tried: readonly string[], request: SupplyRequest, cause: unknown): BiovilError {
  const { pins, wanted } = request
  const flag = wanted.flavor === 'cuda' ? ' --cuda' : ''
  return new BiovilError(
    'ERR_LIBTORCH_INSTALL',
    `libtorch ${pins.version} (${wanted.flavor}) could not be installed. Tried:\n` +
      `${tried.map((line) => `  ${line}`).join('\n')}\n` +
      `Fix: on a machine with a connection run\n  ${pipCommand(wheelsOf(request), 'wheels')}\n` +
      `and then here: npx biovil libtorch install${flag} --from wheels`,
    { cause },
  )
}
