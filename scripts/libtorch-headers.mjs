// Finds the libtorch that the engine is compiled against: LIBTORCH, else the cache of `biovil libtorch install`.
import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** The libtorch to build against: a tree with lib/libtorch_cpu.so and include/torch/script.h. */
export function findHeaders() {
  const caches = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'biovil', 'libtorch')
  const cache = join(caches, pinnedVersion(), 'cpu')
  for (const [place, path] of [
    ['LIBTORCH', process.env.LIBTORCH],
    ['the cache', cache],
  ]) {
    if (!path) continue
    for (const tree of [path, join(path, 'torch')]) {
      if (
        existsSync(join(tree, 'lib', 'libtorch_cpu.so')) &&
        existsSync(join(tree, 'include', 'torch', 'script.h'))
      ) {
        return tree
      }
    }
    if (place === 'LIBTORCH') {
      throw new Error(`LIBTORCH=${path} has no lib/libtorch_cpu.so or no include/torch/script.h`)
    }
  }
  throw new Error(
    `No libtorch with headers at ${cache}. Get one with: node dist/cli/main.js libtorch install --cpu --headers, or set LIBTORCH=/path/to/libtorch`,
  )
}

function pinnedVersion() {
  return /^ {2}version: '([\d.]+)'/m.exec(readFileSync(join(root, 'lib/libtorch/pins.ts'), 'utf8'))[1]
}
