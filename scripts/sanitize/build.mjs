// Builds the native libraries for a sanitizer, in a folder of its own under build/.
import { spawnSync } from 'node:child_process'
import { copyFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findHeaders } from '../libtorch-headers.mjs'

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const engine = 'libbiovil_engine.so'

/**
 * Returns the folder that BIOVIL_PREBUILD takes. The engine is instrumented for `address` alone: it starts no threads. A
 * planted fault changes one file, so it takes a few seconds more.
 * @param {'address' | 'thread'} sanitizer
 * @param {'none' | 'overflow' | 'race'} plant
 */
export function build(sanitizer, plant) {
  const folder = join(root, 'build', `sanitize-${sanitizer}`)
  const options = [`--CDBIOVIL_SANITIZE=${sanitizer}`, `--CDBIOVIL_PLANT=${plant}`]
  if (sanitizer === 'address') options.push(`--CDLIBTORCH=${findHeaders()}`)
  const { LIBTORCH: _, ...env } = process.env
  cmake(['configure', '--out', join(folder, 'build'), ...options], env)
  cmake(['build', '--out', join(folder, 'build'), ...options, '--parallel', '2'], env)
  if (sanitizer === 'thread') {
    copyFileSync(join(root, 'build/Release', engine), join(folder, 'build/Release', engine))
  }
  return folder
}

function cmake(args, env) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, 'node_modules/cmake-js/bin/cmake-js'), ...args],
    { cwd: root, env, encoding: 'utf8', maxBuffer: 2 ** 26 },
  )
  if (status !== 0) throw new Error(`cmake-js ${args.join(' ')} failed:\n${stdout}${stderr}`)
}
