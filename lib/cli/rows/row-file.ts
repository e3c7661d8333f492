import { rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { BiovilError } from '../../errors.js'
import { syncDirectory } from '../../io/sync-directory.js'
import { guardWrite } from '../outputs.js'
import { NPY_HEADER, npyHeader } from './npy.js'
import { exists, PartFile } from './part-file.js'
import type { Reservation } from './reservation.js'
import {
  BadState,
  type Identity,
  type RunState,
  readState,
  removeState,
  saveState,
  statePath,
} from './run-state.js'

/** Consecutive rows, ready to be written. */
export interface Block {
  /** What tells each row's input from another, `keySize` bytes a row: a changed input is noticed on resume. */
  readonly keys: Uint8Array
  /** float32 [rows, ...shape] for `.npy`; with an index beside it, of the rows that did not fail. */
  readonly data?: Float32Array
  /** One JSON object a row for `.jsonl`, or for the index beside a `.npy`. */
  readonly lines?: readonly string[]
  /** Rows that have an error instead of a result. */
  readonly failed: number
}

export interface RowOptions {
  readonly identity: Identity
  /** The processor: another one is no reason not to go on, but may round otherwise. */
  readonly machine: string
  /** Shape of one row of a `.npy`. */
  readonly shape: readonly number[]
  readonly keySize: number
  /** Rows that are kept together: a run goes on at a multiple, so that what is computed together is the same. */
  readonly unit: number
}

const remedy = 'run it again with --resume'

/**
 * An output that grows by whole rows and survives a kill at any time: rows go to `F.part`, after each unit `F.part.json`
 * says how far it is good, and `F` appears only when it is complete. A `.npy` may have an index, `F.index.jsonl`, that
 * grows with it.
 */
export class RowFile {
  readonly #place: Reservation
  readonly #options: RowOptions
  readonly #main: PartFile | undefined
  readonly #index: PartFile | undefined
  readonly #keys: PartFile
  readonly #resumed: RunState | undefined
  readonly #oldKeys: Buffer
  #rows: number
  #failed: number

  private constructor(
    place: Reservation,
    options: RowOptions,
    files: { main: PartFile | undefined; index: PartFile | undefined; keys: PartFile },
    resumed: { state: RunState; keys: Buffer } | undefined,
  ) {
    this.#place = place
    this.#options = options
    this.#main = files.main
    this.#index = files.index
    this.#keys = files.keys
    this.#resumed = resumed?.state
    this.#oldKeys = resumed?.keys ?? Buffer.alloc(0)
    this.#rows = this.done
    this.#failed = resumed?.state.failed ?? 0
  }

  /** Rows that an earlier run has written. */
  get done(): number {
    return this.#resumed?.rows ?? 0
  }

  /** The processor of the earlier run, where it was another one. */
  get earlierMachine(): string | undefined {
    const machine = this.#resumed?.machine
    return machine === this.#options.machine ? undefined : machine
  }

  /** Rows with errors so far. */
  get failed(): number {
    return this.#failed
  }

  /** Rows of the `.npy` so far; where there is an index, failed ones have none. */
  get written(): number {
    return this.#rows - (this.#place.index ? this.#failed : 0)
  }

  /** @throws ERR_OUTPUT, ERR_DISK_FULL when the files cannot be written */
  static async create(place: Reservation, options: RowOptions): Promise<RowFile> {
    return guardWrite(place.name, async () => {
      // The state goes first: it would tell of files that are no more.
      await removeState(place.path)
      const main = await PartFile.create(place.path, place.isNpy ? NPY_HEADER : 0)
      const index = place.index === undefined ? undefined : await PartFile.create(place.index)
      const keys = await PartFile.create(keysPath(place))
      return new RowFile(place, options, { main, index, keys }, undefined)
    })
  }

  /**
   * Continues what an earlier run has left, or begins where it has left nothing.
   *
   * @throws ERR_OUTPUT when what is there is of another run or contradicts itself
   */
  static async resume(place: Reservation, options: RowOptions): Promise<RowFile> {
    const state = await guardWrite(place.name, () => readState(place.path)).catch((error: unknown) => {
      throw error instanceof BadState ? cannotResume(place, error.message) : error
    })
    if (state === undefined) return RowFile.create(place, options)
    compareIdentity(place, state.identity, options.identity)
    const opened: PartFile[] = []
    const open = async (path: string, part: RunState['files'][number] | undefined, header = 0) => {
      const file = part && (await PartFile.resume(path, part, header))
      if (file) opened.push(file)
      if (file || (part && state.complete && (await PartFile.isFinished(path, part, header)))) return file
      throw cannotResume(place, `${path}.part is not what ${statePath(place.path)} says`)
    }
    try {
      return await guardWrite(place.name, async () => {
        const [main, keys, index] = state.files
        const files = {
          keys: (await open(keysPath(place), keys)) as PartFile,
          main: await open(place.path, main, place.isNpy ? NPY_HEADER : 0),
          index: place.index === undefined ? undefined : await open(place.index, index),
        }
        const old = await files.keys.read(0, state.rows * options.keySize)
        return new RowFile(place, options, files, { state, keys: old })
      })
    } catch (error) {
      for (const file of opened) await file.close()
      throw error
    }
  }

  /** Whether a finished output is there and no unfinished one. Clears what a kill after the last rename has left. */
  static async isComplete(place: Reservation): Promise<boolean> {
    return guardWrite(place.name, async () => {
      const parts = [place.path, ...(place.index ? [place.index] : [])].map((path) => exists(`${path}.part`))
      if (!(await exists(place.path)) || (await Promise.all(parts)).includes(true)) return false
      const state = await readState(place.path).catch(() => null)
      // A run that was killed before its first byte leaves an older output as it was.
      if (state === undefined) return !place.wasLeft
      if (!state?.complete) return false
      await clear(place)
      return true
    })
  }

  /** The key of a row that an earlier run has written. */
  key(row: number): Buffer {
    const { keySize } = this.#options
    return this.#oldKeys.subarray(row * keySize, (row + 1) * keySize)
  }

  /** Bytes of what an earlier run has written, behind any header. */
  async *earlier(pieceSize: number): AsyncGenerator<Buffer, void, undefined> {
    const end = this.#main?.state.bytes ?? 0
    for (let at = this.#place.isNpy ? NPY_HEADER : 0; at < end; at += pieceSize)
      yield (await this.#main?.read(at, Math.min(pieceSize, end - at))) as Buffer
  }

  async append({ keys, data, lines, failed }: Block): Promise<void> {
    if (this.#resumed?.complete)
      throw this.cannotResume(`it was complete with ${this.done} rows, and the input has more`)
    const text = Buffer.from((lines ?? []).map((line) => `${line}\n`).join(''))
    await guardWrite(
      this.#place.name,
      async () => {
        if (this.#place.isNpy && data) {
          await this.#main?.append(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
          await this.#index?.append(text)
        } else {
          await this.#main?.append(text)
        }
        await this.#keys.append(keys)
        this.#rows += keys.length / this.#options.keySize
        this.#failed += failed
        // Rows behind the last whole unit are computed again after a kill, together with those that belong to them.
        if (this.#rows % this.#options.unit === 0) await this.#save(false)
      },
      remedy,
    )
  }

  /** Completes the file. @param rows of the whole input */
  async finish(rows: number): Promise<void> {
    if (rows < this.#rows) throw this.cannotResume(`it has ${this.#rows} rows but the input only ${rows}`)
    await guardWrite(
      this.#place.name,
      async () => {
        if (this.#place.isNpy)
          await this.#main?.writeHeader(npyHeader([this.written, ...this.#options.shape]))
        if (!this.#resumed?.complete) await this.#save(true)
        else await this.#main?.sync()
        // From here on every rename can be done again.
        await this.#index?.finish()
        await this.#main?.finish()
        await this.#keys.close()
        await clear(this.#place)
      },
      remedy,
    )
  }

  /** Closes without completing: what is written stays for --resume. */
  async close(): Promise<void> {
    for (const file of [this.#main, this.#index, this.#keys]) await file?.close()
  }

  cannotResume(why: string): BiovilError {
    return cannotResume(this.#place, why)
  }

  async #save(complete: boolean): Promise<void> {
    const files = [this.#main as PartFile, this.#keys, ...(this.#index ? [this.#index] : [])]
    for (const file of files) await file.sync()
    await saveState(this.#place.path, {
      identity: this.#options.identity,
      machine: this.#options.machine,
      rows: this.#rows,
      failed: this.#failed,
      complete,
      files: files.map(({ state }) => state),
    })
  }
}

function keysPath(place: Reservation): string {
  return `${place.path}.keys`
}

/** After all renames: makes them last, then removes what only a later run would have needed. */
async function clear(place: Reservation): Promise<void> {
  if (place.index !== undefined && dirname(place.index) !== dirname(place.path))
    await syncDirectory(dirname(place.index))
  await syncDirectory(dirname(place.path))
  await rm(`${keysPath(place)}.part`, { force: true })
  await removeState(place.path)
}

function compareIdentity(place: Reservation, was: Identity, is: Identity): void {
  const json = (value: unknown) => JSON.stringify(value)
  const keys = [...new Set([...Object.keys(was), ...Object.keys(is)])]
  const changes = keys
    .filter((key) => json(was[key]) !== json(is[key]))
    .map((key) => `${key} was ${json(was[key])} and is ${json(is[key])}`)
  if (changes.length > 0) throw cannotResume(place, changes.join('; '))
}

function cannotResume(place: Reservation, why: string): BiovilError {
  return new BiovilError(
    'ERR_OUTPUT',
    `Cannot resume ${place.name}: ${why}. Run without --resume to start again.`,
  )
}
