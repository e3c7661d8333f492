import { expandHome, hubCache } from '../io/directories.js'
import { bundledDirectory, isWhole } from './bundled.js'
import { RepositoryCache } from './cache.js'
import type { ModelInfo } from './models.js'

/** Where a model is, in this package or in the cache, without the network; `undefined` when it is not there or not whole. */
export async function cachedDirectory(model: ModelInfo, cacheDir?: string): Promise<string | undefined> {
  if (model.bundled) return (await isWhole(model)) ? bundledDirectory(model) : undefined
  const cache = new RepositoryCache(
    cacheDir === undefined ? hubCache() : expandHome(cacheDir),
    model.repository,
  )
  return (await cache.find(model, true))?.directory
}

/** Bytes to fetch, as far as they are known; `exact` when all are. Of files of which one is enough the first counts. */
export function downloadSize({ files }: ModelInfo): { bytes: number; exact: boolean } {
  const counted = new Set<string>()
  let bytes = 0
  let exact = true
  for (const { size, oneOf } of files) {
    if (oneOf !== undefined && counted.has(oneOf)) continue
    if (oneOf !== undefined) counted.add(oneOf)
    if (size === null) exact = false
    else bytes += size
  }
  return { bytes, exact }
}
