import { readdir, readFile, rename, rm, statfs } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { BiovilError } from '../errors.js'
import { Claim } from '../io/claim.js'
import { makeDirectory } from '../io/make-directory.js'
import { imageFiles } from './image-layout.js'
import { openFile } from './open-file.js'

/** Every file that a synthetic model may consist of. */
const ownFiles = [
  'config.json',
  'vocab.txt',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'model.safetensors',
  'pytorch_model.bin',
  ...Object.values(imageFiles),
]

/**
 * Lets `write` fill a directory beside `directory`, then puts its files in place: a reader never sees half a file, and
 * an error leaves what was there. An existing directory must be empty or hold a synthetic model; other files stay.
 */
export async function replaceDirectory(
  directory: string,
  bytes: number,
  write: (temporary: string) => Promise<void>,
): Promise<void> {
  await requireReplaceable(directory)
  try {
    const parent = dirname(resolve(directory))
    await makeDirectory(parent)
    await requireSpace(parent, bytes)
    const temporary = join(parent, `.${basename(resolve(directory))}.part`)
    await using _claim = await Claim.take(directory, `${temporary}.lock`, 'synthesize')
    // What a killed run has left.
    await rm(temporary, { recursive: true, force: true })
    await makeDirectory(temporary)
    try {
      await write(temporary)
      await makeDirectory(directory)
      const written = await readdir(temporary)
      // The marker first: weights of ours are never beside a config.json that says nothing of it.
      for (const name of written.sort((a, b) => ownFiles.indexOf(a) - ownFiles.indexOf(b))) {
        await rename(join(temporary, name), join(directory, name))
      }
      for (const name of ownFiles) {
        if (!written.includes(name)) await rm(join(directory, name), { force: true })
      }
    } finally {
      await rm(temporary, { recursive: true, force: true })
    }
  } catch (error) {
    throw outputError(directory, error)
  }
}

async function requireReplaceable(directory: string): Promise<void> {
  let names: string[]
  try {
    names = await readdir(directory)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw outputError(directory, error)
  }
  if (names.length === 0 || (await isSynthetic(directory, names))) return
  throw new BiovilError(
    'ERR_OUTPUT',
    `${directory} is not empty and holds no synthetic model, so it is left alone. Name a new directory`,
  )
}

/** Whether something here says that it is ours, and nothing that would be replaced lacks the mark. */
async function isSynthetic(directory: string, names: readonly string[]): Promise<boolean> {
  const marked: boolean[] = []
  try {
    if (names.includes('config.json')) {
      const config = JSON.parse(await readFile(join(directory, 'config.json'), 'utf8'))
      marked.push(config?.biovil?.untrained === true)
    }
    for (const name of Object.values(imageFiles).filter((file) => names.includes(file))) {
      marked.push((await openFile(join(directory, name))).metadata['untrained'] === 'true')
    }
  } catch {
    return false
  }
  return marked.length > 0 && !marked.includes(false)
}

/** Better to know before the work than after. Some network file systems report nothing at all. */
async function requireSpace(directory: string, bytes: number): Promise<void> {
  const info = await statfs(directory).catch(() => undefined)
  if (info === undefined || info.blocks === 0 || info.bavail * info.bsize >= bytes) return
  throw new BiovilError(
    'ERR_DISK_FULL',
    `${directory} has ${megabytes(info.bavail * info.bsize)} MB free, but the model needs ${megabytes(bytes)} MB`,
  )
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0)
}

function outputError(directory: string, error: unknown): unknown {
  const { code, syscall } = (error ?? {}) as NodeJS.ErrnoException
  // Anything but a failed system call, e.g. the reason of an aborted signal, stays as it is.
  if (!(error instanceof Error) || error instanceof BiovilError || !code || !syscall) return error
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG') {
    return new BiovilError('ERR_DISK_FULL', `The disk filled up while ${directory} was written`, {
      cause: error,
    })
  }
  const reason = (error as Error).message
  return new BiovilError('ERR_OUTPUT', `${directory} cannot be written: ${reason}`, { cause: error })
}
