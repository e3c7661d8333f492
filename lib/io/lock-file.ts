import { readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { hostname } from 'node:os'

/** What a lock file says of the process that holds it. */
export interface Note {
  readonly pid: number
  readonly host: string
  /** Where `pid` means something: host, boot and process namespace. */
  readonly space: string
  /** Start of the process, so that a reused number is not taken for it. */
  readonly started: string
  readonly id: string
}

/** A note of this process. */
export function ownNote(id: string): Note {
  return { pid: process.pid, host: hostname(), space: space(), started: startOf(process.pid), id }
}

/**
 * Removes a lock whose holder is gone. Without the guard two waiters could both find it stale, and the slower one
 * would remove the lock that the faster one just took. No await inside: only a kill within microseconds leaves a guard.
 */
export function removeStale(path: string, isStale: () => boolean): boolean {
  if (!isStale()) return false
  const guard = `${path}.guard`
  try {
    writeFileSync(guard, '', { flag: 'wx' })
  } catch {
    const age = ageOf(guard)
    if (age !== undefined && age > 10_000) rmSync(guard, { force: true })
    return false
  }
  try {
    const stale = isStale()
    if (stale) rmSync(path, { force: true })
    return stale
  } finally {
    rmSync(guard, { force: true })
  }
}

/** Whether the process is one of this machine, boot and namespace that runs no more; `undefined` where that cannot be told. */
export function hasEnded(holder: Note): boolean | undefined {
  return holder.space === space() ? startOf(holder.pid) !== holder.started : undefined
}

/** Whether the holder was a process of a machine of this name before it was started again. */
export function isOfEarlierBoot(holder: Note): boolean {
  const boot = (space: string) => space.split(' ')[1]
  return holder.host === hostname() && boot(holder.space) !== boot(space())
}

/** Milliseconds since the holder's last sign of life. */
export function ageOf(path: string): number | undefined {
  const info = statSync(path, { throwIfNoEntry: false })
  return info && Date.now() - info.mtimeMs
}

export async function readNote(path: string): Promise<Note | undefined> {
  try {
    return parseNote(await readFile(path, 'utf8'))
  } catch {
    return undefined
  }
}

/** @throws what is no note */
export function parseNote(text: string): Note {
  const note = JSON.parse(text) as Note
  if (typeof note.pid !== 'number' || typeof note.space !== 'string')
    throw new Error('not the note of a lock')
  return note
}

function space(): string {
  return [
    hostname(),
    quietly(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    quietly(() => readlinkSync('/proc/self/ns/pid')),
  ].join(' ')
}

/** Clock ticks from boot to the start of a process, the 22nd field of its stat line; 'dead' when there is none. */
function startOf(pid: number): string {
  const line = quietly(() => readFileSync(`/proc/${pid}/stat`, 'utf8'))
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ')
  // A zombie's locks are as free as those of a process that was reaped.
  return line === '' || fields[0] === 'Z' ? 'dead' : (fields[19] ?? '')
}

function quietly(read: () => string): string {
  try {
    return read()
  } catch {
    return ''
  }
}
