import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { BiovilError } from '../errors.js'

/** The native addon: what binding.d.ts declares. */
export type Binding = typeof import('../../binding.d.ts')

export interface LoadedBinding {
  readonly binding: Binding
  /** Absolute path of the `.node` file. */
  readonly path: string
  /** Absolute path of libbiovil_engine.so, which lies beside it. */
  readonly engine: string
}

const root = fileURLToPath(new URL('../..', import.meta.url))
const require = createRequire(import.meta.url)
let loaded: LoadedBinding | undefined

/**
 * Loads the addon of this machine: `build/Release` of a checkout, else `prebuilds`. It loads no libtorch.
 *
 * @throws ERR_BINDING with what is wrong with this machine or installation, and the command that mends it.
 */
export function loadBinding(): LoadedBinding {
  loaded ??= load()
  return loaded
}

function load(): LoadedBinding {
  const path = findAddon()
  let binding: Binding
  try {
    binding = require(path) as Binding
  } catch (cause) {
    throw loadError(path, cause)
  }
  const engine = join(dirname(path), 'libbiovil_engine.so')
  if (!existsSync(engine)) {
    throw new BiovilError('ERR_BINDING', `Expected the engine at ${engine}, beside the addon. ${remedy()}`)
  }
  return { binding, path, engine }
}

function findAddon(): string {
  const { path } = require('node-gyp-build') as { path(directory: string): string }
  try {
    return path(root)
  } catch (cause) {
    throw new BiovilError('ERR_BINDING', `${unsupported() ?? 'The native addon is not there'}. ${remedy()}`, {
      cause,
    })
  }
}

function loadError(path: string, cause: unknown): BiovilError {
  const { code, message } = cause as NodeJS.ErrnoException
  if (code === 'ERR_DLOPEN_DISABLED') {
    return new BiovilError(
      'ERR_BINDING',
      'Native addons are switched off in this process. Start Node.js without --no-addons, or with --allow-addons where --permission is used',
      { cause },
    )
  }
  const reason = unsupported()
  return new BiovilError(
    'ERR_BINDING',
    `${reason === undefined ? '' : `${reason}. `}Cannot load ${path}: ${message}. ${remedy()}`,
    { cause },
  )
}

/** What is wrong with this machine, if anything: libtorch exists for few of them. */
function unsupported(): string | undefined {
  const { platform, arch } = process
  if (platform !== 'linux' || arch !== 'x64') {
    return `Expected linux on x64 but this is ${platform} on ${arch}: there is no prebuilt addon for it`
  }
  const report = process.report as (NodeJS.ProcessReport & { excludeNetwork?: boolean }) | undefined
  if (report === undefined) return undefined
  report.excludeNetwork = true
  const { header } = report.getReport() as { header?: { glibcVersionRuntime?: string } }
  if (header !== undefined && header.glibcVersionRuntime === undefined) {
    return 'Expected glibc but this Linux uses musl, for which there is no libtorch: use an image such as node:22-slim'
  }
  return undefined
}

function remedy(): string {
  return existsSync(join(root, 'scripts', 'build-native.mjs'))
    ? `Build it with: npm run compile:native (in ${root})`
    : 'Install the package again: npm install biovil'
}
