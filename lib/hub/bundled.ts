import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { argumentError, BiovilError } from '../errors.js'
import { checkFile } from '../io/check-file.js'
import type { OnProgress } from '../progress.js'
import type { BundledManifest, ManifestFile } from './manifest.js'

/** Folder of a model that is part of this package. */
export function bundledDirectory({ name }: BundledManifest): string {
  return fileURLToPath(new URL(`../../models/${name}`, import.meta.url))
}

/**
 * The directory of a model that is part of this package, and its files, after reading each once and comparing size and
 * SHA-256 with the manifest. Needs no network and no cache.
 *
 * @throws ERR_INVALID_ARG_VALUE for another revision, ERR_MODEL_FILE_MISSING, ERR_CHECKSUM
 */
export async function bundledModel(
  manifest: BundledManifest,
  options: {
    revision?: string | undefined
    signal?: AbortSignal | undefined
    onProgress?: OnProgress | undefined
  },
): Promise<{ directory: string; files: string[] }> {
  const { name } = manifest
  if (options.revision !== undefined) {
    const message = `Expected no revision for ${name}, which is part of this package, but received '${options.revision}'`
    throw argumentError('ERR_INVALID_ARG_VALUE', message)
  }
  const directory = bundledDirectory(manifest)
  if (manifest.files.length === 0) throw missing(name, `${directory} holds no weights`)
  const files: string[] = []
  for (const file of manifest.files) {
    const path = join(directory, file.path)
    await requireSound(name, path, file, options)
    files.push(path)
  }
  return { directory, files }
}

/** Whether all files are there with their sizes; no byte is read. */
export async function isWhole(manifest: BundledManifest): Promise<boolean> {
  const directory = bundledDirectory(manifest)
  const sizes = await Promise.all(
    manifest.files.map(({ path }) =>
      stat(join(directory, path)).then(
        ({ size }) => size,
        () => undefined,
      ),
    ),
  )
  return sizes.length > 0 && manifest.files.every(({ size }, i) => sizes[i] === size)
}

async function requireSound(
  name: string,
  path: string,
  { size, sha256 }: ManifestFile,
  options: { signal?: AbortSignal | undefined; onProgress?: OnProgress | undefined },
): Promise<void> {
  const expected = { ...(size === null ? {} : { size }), ...(sha256 === null ? {} : { sha256 }) }
  const found = await checkFile(path, expected, options).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw missing(name, `${path} does not exist`)
    throw error
  })
  if (!found) return
  throw new BiovilError(
    'ERR_CHECKSUM',
    `${path} is not the file that ${name} was packed with: expected ${found.what} ${found.expected} but found ` +
      `${found.got}. Install the package biovil again`,
  )
}

function missing(name: string, what: string): BiovilError {
  return new BiovilError(
    'ERR_MODEL_FILE_MISSING',
    `${what}, but ${name} is part of this package. Install biovil again`,
  )
}
