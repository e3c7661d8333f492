import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type FileHandle, link, open, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileError } from './file-error.js'
import { ageOf, hasEnded, type Note, ownNote, parseNote, readNote, removeStale } from './lock-file.js'
import { makeDirectory } from './make-directory.js'

export interface LockOptions {
  readonly signal?: AbortSignal | undefined
  /** Called once when another process holds the lock. */
  readonly onWait?: ((holder: LockHolder) => void) | undefined
  /** Milliseconds without a sign of life after which a holder counts as gone (default 60,000); a dead process counts at once. */
  readonly staleAfter?: number | undefined
}

export interface LockHolder {
  readonly path: string
  readonly pid: number
  readonly host: string
}

/**
 * Runs `fn` while this is the only one, among all processes, threads and calls that use the same path, to do so.
 * The lock is a file with the holder's process number; its time stamp is the holder's sign of life. It vanishes after
 * `fn`; one left behind by a killed process is taken over.
 *
 * @throws ERR_CACHE_UNWRITABLE, ERR_DISK_FULL; the signal's reason while waiting
 */
export async function withLock<T>(path: string, fn: () => Promise<T>, options: LockOptions = {}): Promise<T> {
  const { staleAfter = 60_000 } = options
  const { note, handle } = await acquire(path, staleAfter, options)
  const heartbeat = setInterval(() => {
    const now = new Date()
    handle.utimes(now, now).catch(() => {})
  }, staleAfter / 6)
  heartbeat.unref()
  try {
    return await fn()
  } finally {
    clearInterval(heartbeat)
    await handle.close()
    if ((await readNote(path))?.id === note.id) await rm(path, { force: true })
  }
}

async function acquire(path: string, staleAfter: number, { signal, onWait }: LockOptions) {
  const note = ownNote(randomUUID())
  let waited = false
  for (let delay = 50; ; delay = Math.min(delay * 1.5, 500)) {
    signal?.throwIfAborted()
    try {
      await makeDirectory(dirname(path))
      const handle = await create(path, note)
      if (handle) return { note, handle }
    } catch (error) {
      throw fileError(error, path)
    }
    if (removeStale(path, () => isStale(path, staleAfter))) continue
    const holder = await readNote(path)
    if (holder && !waited) {
      waited = true
      onWait?.({ path, pid: holder.pid, host: holder.host })
    }
    await sleep(delay, undefined, { signal }).catch(() => signal?.throwIfAborted())
  }
}

/** Makes the file with its content in one step; `undefined` when it is there already. */
async function create(path: string, note: Note): Promise<FileHandle | undefined> {
  const temporary = `${path}.${note.id}`
  const handle = await open(temporary, 'wx')
  try {
    await handle.writeFile(JSON.stringify(note))
    await link(temporary, path)
    return handle
  } catch (error) {
    await handle.close()
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST' && (await stat(path).catch(() => undefined))?.isDirectory() !== true)
      return undefined
    if (code === 'EPERM' || code === 'ENOTSUP' || code === 'ENOSYS') return await createPlainly(path, note)
    throw error
  } finally {
    await rm(temporary, { force: true })
  }
}

/** For file systems without hard links. */
async function createPlainly(path: string, note: Note): Promise<FileHandle | undefined> {
  try {
    const handle = await open(path, 'wx')
    await handle.writeFile(JSON.stringify(note))
    return handle
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined
    throw error
  }
}

function isStale(path: string, staleAfter: number): boolean {
  const age = ageOf(path)
  if (age === undefined) return false
  if (age > staleAfter) return true
  try {
    return hasEnded(parseNote(readFileSync(path, 'utf8'))) === true
  } catch {
    // Just being written, or damaged: its age will tell.
    return false
  }
}
