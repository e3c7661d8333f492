import { createHash } from 'node:crypto'
import { readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { syncDirectory } from '../../io/sync-directory.js'
import { writeDurably } from '../outputs.js'
import type { PartState } from './part-file.js'

/** What must be equal for a run to be continued. */
export type Identity = Readonly<Record<string, unknown>>

/** How far a run has come. It holds no text and no name of a file that was read. */
export interface RunState {
  readonly identity: Identity
  /** The processor, which may differ and then is said. */
  readonly machine: string
  readonly rows: number
  /** Rows with an error instead of a result. */
  readonly failed: number
  /** Whether these are all rows: the files only wait for their names. */
  readonly complete: boolean
  readonly files: readonly PartState[]
}

/** Changes with the layout of the state and of the files beside it. */
const VERSION = 2

/** Where the state of a run on an output is. */
export function statePath(output: string): string {
  return `${output}.part.json`
}

/** Replaces the state, whole or not at all; what it tells of must be on the disk before. */
export async function saveState(output: string, state: RunState): Promise<void> {
  const path = statePath(output)
  const body = { version: VERSION, ...state }
  await writeDurably(`${path}.new`, JSON.stringify({ ...body, seal: sealOf(body) }))
  await rename(`${path}.new`, path)
  await syncDirectory(dirname(path))
}

/** A state that says nothing reliable. */
export class BadState extends Error {}

/**
 * @returns `undefined` when there is none
 * @throws BadState
 */
export async function readState(output: string): Promise<RunState | undefined> {
  const path = statePath(output)
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  const { seal, ...body } = parse(text) as RunState & { version?: unknown; seal?: unknown }
  if (body.version !== VERSION) throw new BadState(`${path} is of another version of biovil`)
  // An edit by hand, or half of a copy: what the rest says may be anything.
  if (seal !== sealOf(body)) throw new BadState(`${path} is damaged or was edited`)
  return body
}

export async function removeState(output: string): Promise<void> {
  const path = statePath(output)
  await rm(`${path}.new`, { force: true })
  await rm(path, { force: true })
  await syncDirectory(dirname(path))
}

function parse(text: string): object {
  try {
    return Object(JSON.parse(text))
  } catch {
    return { version: VERSION }
  }
}

function sealOf(body: object): string {
  return createHash('sha256').update(JSON.stringify(body)).digest('hex')
}
