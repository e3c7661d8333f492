import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { BiovilError, wrongType } from '../errors.js'
import { boolean, callback, optional, readOptions, signal, string } from '../options.js'
import type { OnProgress } from '../progress.js'
import { knownModels, unknownModel } from './models.js'
import { pullModel } from './pull.js'

export interface ResolveOptions {
  /** Cache of downloaded models; default: the Hugging Face cache. */
  cacheDir?: string | undefined
  /** Never download (default false). */
  localFilesOnly?: boolean | undefined
  signal?: AbortSignal | undefined
  onProgress?: OnProgress | undefined
}

export interface ResolvedModel {
  /** Absolute path of the directory with the published files. */
  readonly directory: string
  /** The name it is known by; absent for a directory that the caller named. */
  readonly name?: string
}

/**
 * Where the files of a model are: one of this package is there, another known name is looked up in the cache and else
 * downloaded, a directory is itself.
 * A known name wins over a directory of the same name; write `./NAME` for the directory.
 *
 * @throws ERR_MODEL_UNKNOWN, and those of pullModel
 */
export async function resolveModel(
  nameOrDirectory: string,
  options?: ResolveOptions,
): Promise<ResolvedModel> {
  if (typeof nameOrDirectory !== 'string')
    throw wrongType('the model', 'a name or a directory', nameOrDirectory)
  const read = readOptions(options, {
    cacheDir: optional(string),
    localFilesOnly: optional(boolean),
    signal,
    onProgress: callback<OnProgress>(),
  })
  read.signal?.throwIfAborted()
  const names = knownModels().map((model) => model.name)
  if (names.includes(nameOrDirectory)) {
    const { directory } = await pullModel(nameOrDirectory, read)
    return { directory, name: nameOrDirectory }
  }
  const directory = resolve(nameOrDirectory)
  const info = nameOrDirectory === '' ? undefined : await stat(directory).catch(() => undefined)
  if (info?.isDirectory()) return { directory }
  if (info === undefined) throw unknownModel(nameOrDirectory, names, directory)
  throw new BiovilError(
    'ERR_MODEL_UNKNOWN',
    `Expected a directory with a model's files but ${directory} is a file; name the directory it is in`,
  )
}
