import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type PullOptions, pullModel } from 'biovil'
import { HubServer, noise, sha256 } from '../support/hub-server.js'

export const config = Buffer.from('{"model_type": "test"}\n')
export const vocabulary = Buffer.from('[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nlung\n')
export const weights = noise(300_000)

export const repository = 'tester/tiny'

/** A manifest in which all is known, as of a published model. */
export function manifest() {
  const file = (path: string, content: Buffer) => ({
    path,
    part: 'text',
    size: content.length as number | null,
    sha256: sha256(content) as string | null,
  })
  return {
    format: 1 as const,
    name: 'tiny',
    title: 'A tiny model',
    repository,
    revision: 'v1.0',
    licence: 'MIT',
    notice: 'For tests.',
    gives: ['text-embedding'],
    files: [
      file('config.json', config),
      file('vocab.txt', vocabulary),
      file('pytorch_model.bin', weights),
    ] as (ReturnType<typeof file> & { oneOf?: string; optional?: boolean })[],
  }
}

/** The same where nothing is known: the Hub's own word is the check. */
export function looseManifest() {
  const known = manifest()
  return { ...known, files: known.files.map((file) => ({ ...file, size: null, sha256: null })) }
}

export function startHub(): Promise<HubServer> {
  return new HubServer(repository, {
    'config.json': { content: config },
    'vocab.txt': { content: vocabulary },
    'pytorch_model.bin': { content: weights, lfs: true },
  }).start()
}

export const weightsBlob = (cache: string) => join(cache, 'models--tester--tiny/blobs', sha256(weights))

export const weightsPartial = (cache: string) => `${weightsBlob(cache)}.biovil.incomplete`

export function pull(hub: HubServer, cacheDir: string, options: PullOptions = {}, of = manifest()) {
  return pullModel(of, { endpoint: hub.url, cacheDir, stallTimeout: 400, connectTimeout: 2000, ...options })
}

/** Everything below a directory, without what is kept of locks. */
export function listFiles(directory: string): string[] {
  if (!existsSync(directory)) return []
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .sort()
}

export function isWhole(directory: string): boolean {
  return readFileSync(join(directory, 'pytorch_model.bin')).equals(weights)
}
