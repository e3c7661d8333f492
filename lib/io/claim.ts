import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type FileHandle, open, readFile, rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { BiovilError } from '../errors.js'
import {
  ageOf,
  hasEnded,
  isOfEarlierBoot,
  type Note,
  ownNote,
  parseNote,
  readNote,
  removeStale,
} from './lock-file.js'

/** A note that is empty or damaged for so long, in ms, is of a process that was killed between making and filling it. */
const UNFINISHED = 3000
/** Milliseconds between signs of life, and without one for how long a holder of this host but another boot is gone. */
const HEARTBEAT = 10_000
const SILENCE = 60_000

interface ClaimNote extends Note {
  readonly since: string
  readonly command: string
}

/**
 * That one process alone writes a file, shown by a lock file beside it. Unlike a lock of a cache, a claim is not waited
 * for: a second run on the same output is a mistake. A process of this machine that has ended holds nothing; of another
 * one nobody here can tell, so its claim stands until somebody removes the file.
 */
export class Claim implements AsyncDisposable {
  /** Whether a process had it before that was killed: what it was about to do may not have begun. */
  readonly wasLeft: boolean
  readonly #path: string
  readonly #id: string
  readonly #heartbeat: NodeJS.Timeout
  readonly #handle: FileHandle

  private constructor(path: string, id: string, handle: FileHandle, wasLeft: boolean) {
    this.wasLeft = wasLeft
    this.#path = path
    this.#id = id
    this.#handle = handle
    this.#heartbeat = setInterval(() => {
      const now = new Date()
      handle.utimes(now, now).catch(() => {})
    }, HEARTBEAT)
    this.#heartbeat.unref()
  }

  /**
   * @param file what is claimed, as messages name it
   * @param path the lock file
   * @param command what claims it
   * @throws ERR_OUTPUT_IN_USE when another process has it; the system's errors
   */
  static async take(file: string, path: string, command: string): Promise<Claim> {
    const id = randomUUID()
    const note: ClaimNote = { ...ownNote(id), since: new Date().toISOString(), command }
    for (let wasLeft = false; ; ) {
      const handle = await create(path, note)
      if (handle) return new Claim(path, id, handle, wasLeft)
      if (removeStale(path, () => isStale(path))) {
        wasLeft = true
        continue
      }
      const holder = (await readNote(path)) as ClaimNote | undefined
      if (holder && !isStale(path)) throw inUse(file, path, holder)
      await sleep(100)
    }
  }

  /** Lets others have the file; a lock file that cannot be removed is one of an ended process soon. */
  async release(): Promise<void> {
    clearInterval(this.#heartbeat)
    await this.#handle.close().catch(() => {})
    if ((await readNote(this.#path))?.id !== this.#id) return
    for (const path of [this.#path, `${this.#path}.guard`]) await rm(path, { force: true }).catch(() => {})
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release()
  }
}

async function create(path: string, note: ClaimNote): Promise<FileHandle | undefined> {
  let handle: FileHandle
  try {
    handle = await open(path, 'wx')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined
    throw error
  }
  try {
    const text = JSON.stringify(note)
    await handle.writeFile(text)
    // A process that slept in between may have been taken for a killed one.
    if ((await readFile(path, 'utf8')) === text) return handle
  } catch (error) {
    await rm(path, { force: true }).catch(() => {})
    await handle.close().catch(() => {})
    throw error
  }
  await handle.close()
  return undefined
}

function isStale(path: string): boolean {
  const age = ageOf(path)
  if (age === undefined) return false
  let holder: Note
  try {
    holder = parseNote(readFileSync(path, 'utf8'))
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return false
    // What cannot be read, as another user's, is not known to be damaged.
    if (syscall !== undefined) throw error
    return age > UNFINISHED
  }
  // After a reboot the numbers of processes mean nothing. Machines can share a name, so silence must confirm it.
  return hasEnded(holder) ?? (isOfEarlierBoot(holder) && age > SILENCE)
}

function inUse(file: string, path: string, holder: ClaimNote): BiovilError {
  const { pid, host, since, command } = holder
  const there =
    hasEnded(holder) === undefined
      ? ` Whether it still runs cannot be seen from here; if it does not, remove ${path}`
      : ' Wait for it, end it, or name another output'
  return new BiovilError(
    'ERR_OUTPUT_IN_USE',
    `${file} is being written by another run: ${command}, process ${pid} on ${host}, since ${since}.${there}`,
  )
}
