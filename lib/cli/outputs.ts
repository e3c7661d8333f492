import { fstat } from 'node:fs'
import {
  access,
  constants,
  open,
  readdir,
  readlink,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { BiovilError } from '../errors.js'
import { Claim } from '../io/claim.js'
import { makeDirectory } from '../io/make-directory.js'
import { syncDirectory } from '../io/sync-directory.js'
import { UsageError } from './command.js'

/** Links that are followed before it must be a circle: the system's own limit. */
const LINKS = 40

/**
 * Where an output is written: links are followed, so the file that one leads to is replaced and the link stays. Its
 * folder is made where it is missing.
 *
 * @throws ERR_OUTPUT for a directory, a device, or what may not be written; ERR_DISK_FULL
 */
export async function resolveOutput(path: string): Promise<string> {
  return guardWrite(path, async () => {
    const file = await follow(path, LINKS)
    const info = await stat(file).catch(() => undefined)
    if (info?.isDirectory()) throw new BiovilError('ERR_OUTPUT', `Cannot write ${path}: it is a directory`)
    if (info && !info.isFile())
      throw new BiovilError('ERR_OUTPUT', `Cannot write ${path}: it is no regular file`)
    await access(dirname(file), constants.W_OK)
    if (info) await access(file, constants.W_OK)
    return file
  })
}

async function follow(path: string, links: number): Promise<string> {
  await makeDirectory(dirname(path))
  const folder = await realpath(dirname(path))
  const file = join(folder, basename(path))
  const link = await readlink(file).catch(() => undefined)
  if (link === undefined) return file
  if (links === 0) throw Object.assign(new Error('too many symbolic links'), { code: 'ELOOP' })
  return follow(resolve(folder, link), links - 1)
}

/**
 * Refuses an output that is one of the inputs, also under another name, by a symbolic or a hard link.
 *
 * @param outputs files that will be written, and how messages name them
 * @param inputs paths; `-` is stdin
 */
export async function requireNoInput(
  outputs: Iterable<readonly [file: string, shown: string]>,
  inputs: readonly string[],
): Promise<void> {
  const written = new Map<string, string>()
  for (const [file, shown] of outputs) {
    const id = await identify(file)
    if (id !== undefined) written.set(id, shown)
  }
  if (written.size === 0) return
  for (const input of inputs) {
    const shown = written.get((await identify(input)) ?? '')
    if (shown === undefined) continue
    const name = input === '-' ? 'stdin' : input
    throw new UsageError(`${shown} would be written over ${name}, which is read: name another output`)
  }
}

/** Device and number of a file, which all its names share. */
async function identify(path: string): Promise<string | undefined> {
  try {
    const { dev, ino } =
      path === '-' ? await promisify(fstat)(0, { bigint: true }) : await stat(path, { bigint: true })
    return `${dev} ${ino}`
  } catch {
    return undefined
  }
}

/** Files that a command reads because of its model options. */
export async function modelInputs(values: Readonly<Record<string, unknown>>): Promise<string[]> {
  const model = String(values['model'] ?? '')
  const names = await readdir(model).catch(() => [])
  const graph = values['graph'] === undefined ? [] : [String(values['graph'])]
  return [...names.map((name) => join(model, name)), ...graph]
}

/**
 * Checks before any work that pictures and maps can be written and would replace no input.
 *
 * @param outputs as the user named them; a device or a pipe is written as it is
 */
export async function checkOutputs(outputs: readonly string[], inputs: readonly string[]): Promise<void> {
  const files = new Map<string, string>()
  for (const path of outputs) {
    if (await isStream(path)) continue
    const file = await resolveOutput(path)
    if (files.has(file)) throw new UsageError(`${path} is named for two outputs`)
    files.set(file, path)
  }
  const written = [...files].flatMap(([file, path]) => [
    [file, path] as const,
    [`${file}.part`, `${path}.part`] as const,
  ])
  await requireNoInput(written, inputs)
}

/** Replaces a file by other content, whole or not at all. */
export async function writeOutput(
  path: string,
  content: Uint8Array | string,
  command: string,
): Promise<void> {
  await guardWrite(path, async () => {
    if (await isStream(path)) return writeFile(path, content)
    const file = await resolveOutput(path)
    await using _claim = await Claim.take(path, `${file}.part.lock`, command)
    const part = `${file}.part`
    try {
      await writeDurably(part, content)
      await rename(part, file)
    } catch (error) {
      await rm(part, { force: true }).catch(() => {})
      throw error
    }
    await syncDirectory(dirname(file))
  })
}

/** Writes a file whose bytes are on the disk when it returns. */
export async function writeDurably(path: string, content: Uint8Array | string): Promise<void> {
  const handle = await open(path, 'w')
  try {
    await handle.writeFile(content)
    await handle.datasync()
  } finally {
    await handle.close()
  }
}

async function isStream(path: string): Promise<boolean> {
  const info = await stat(path).catch(() => undefined)
  return info !== undefined && !info.isFile() && !info.isDirectory()
}

/** Turns the system's errors of writing into ERR_DISK_FULL and ERR_OUTPUT. */
export async function guardWrite<T>(
  path: string,
  work: () => Promise<T>,
  remedy = 'run it again',
): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    if (cause instanceof BiovilError || cause instanceof UsageError || code === undefined) throw cause
    if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG') {
      throw new BiovilError('ERR_DISK_FULL', `No space left for ${path}; free some and ${remedy}`, { cause })
    }
    throw new BiovilError('ERR_OUTPUT', `Cannot write ${path}: ${message}`, { cause })
  }
}
