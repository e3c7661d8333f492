import { createHash, type Hash } from 'node:crypto'
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, extname } from 'node:path'
import { BiovilError } from '../../errors.js'
import { UsageError } from '../command.js'
import { NPY_HEADER, npyHeader } from './npy.js'
import { guardWrite, PartFile } from './part-file.js'

/** What must be equal for a run to be continued. */
export type Identity = Readonly<Record<string, unknown>>

/** Consecutive rows, ready to be written. */
export interface Block {
  /** What each row is made of (its text, its file): a changed input is noticed on resume. */
  readonly keys: readonly string[]
  /** float32 [rows, ...shape] for `.npy`; with an index beside it, of the rows that did not fail. */
  readonly data?: Float32Array
  /** One JSON object a row for `.jsonl`, or for the index beside a `.npy`. */
  readonly lines?: readonly string[]
  /** Rows that have an error instead of a result. */
  readonly failed: number
}

interface State {
  readonly identity: Identity
  readonly rows: number
  readonly failed: number
  /** Length of each file up to which it is good. */
  readonly bytes: readonly number[]
  /** Over the keys of all rows so far. */
  readonly keys: string
}

/**
 * An output that grows by whole rows and survives a kill: rows go to `F.part`, after each block `F.part.json` says how far
 * it is good, and `F` appears only when it is complete. A `.npy` may have an index, `F.index.jsonl`, that grows with it.
 */
export class RowFile {
  readonly #path: string
  readonly #identity: Identity
  /** Shape of one row of a `.npy`. */
  readonly #shape: readonly number[]
  readonly #main: PartFile
  readonly #index: PartFile | undefined
  readonly #hash: Hash = createHash('sha256')
  readonly #resumed: State | undefined
  #rows = 0
  #failed = 0

  private constructor(
    path: string,
    identity: Identity,
    shape: readonly number[],
    files: readonly PartFile[],
    resumed: State | undefined,
  ) {
    this.#path = path
    this.#identity = identity
    this.#shape = shape
    this.#main = files[0] as PartFile
    this.#index = files[1]
    this.#resumed = resumed
    this.#failed = resumed?.failed ?? 0
  }

  /** Rows that an earlier run has written; `skip` must be given their keys before anything is appended. */
  get done(): number {
    return this.#resumed?.rows ?? 0
  }

  /** Rows with errors so far. */
  get failed(): number {
    return this.#failed
  }

  /** Rows of the `.npy` so far; where there is an index, failed ones have none. */
  get written(): number {
    return Math.max(this.#rows, this.done) - (this.#index ? this.#failed : 0)
  }

  static checkName(path: string): void {
    if (extname(path) !== '.npy' && extname(path) !== '.jsonl') {
      throw new UsageError(`Expected an --output that ends in .npy or .jsonl but received ${path}`)
    }
  }

  /**
   * @param shape of one row
   * @throws ERR_OUTPUT when a resumed run does not fit what is there, or the file cannot be written
   */
  static async open(
    path: string,
    options: { identity: Identity; shape: readonly number[]; resume: boolean; withIndex?: boolean },
  ): Promise<RowFile> {
    const { identity, shape, resume } = options
    return guardWrite(path, async () => {
      await mkdir(dirname(path), { recursive: true })
      const state = resume ? await readState(path, identity) : undefined
      const isNpy = extname(path) === '.npy'
      const paths = options.withIndex && isNpy ? [path, indexPath(path)] : [path]
      const files = await Promise.all(paths.map((file, i) => PartFile.open(file, state?.bytes[i])))
      if (!state && isNpy) await files[0]?.append(npyHeader([0, ...shape]))
      return new RowFile(path, identity, shape, files, state)
    })
  }

  /** Whether a finished output is there and no unfinished one. */
  static async isComplete(path: string): Promise<boolean> {
    return (await exists(path)) && !(await exists(`${path}.part`))
  }

  /** Takes the key of a row that an earlier run has written. */
  skip(key: string): void {
    this.#count(key)
    if (this.#rows === this.done && this.#digest() !== this.#resumed?.keys) {
      throw this.#cannotResume(`the first ${this.done} inputs are not those of the run before`)
    }
  }

  async append({ keys, data, lines, failed }: Block): Promise<void> {
    for (const key of keys) this.#count(key)
    this.#failed += failed
    const text = Buffer.from((lines ?? []).map((line) => `${line}\n`).join(''))
    await guardWrite(this.#path, async () => {
      if (extname(this.#path) === '.npy' && data) {
        await this.#main.append(Buffer.from(data.buffer, data.byteOffset, data.byteLength))
        await this.#index?.append(text)
      } else {
        await this.#main.append(text)
      }
      await this.#saveState()
    })
  }

  /** Completes the file. */
  async finish(): Promise<void> {
    if (this.#rows < this.done)
      throw this.#cannotResume(`it has ${this.done} rows but the input only ${this.#rows}`)
    await guardWrite(this.#path, async () => {
      if (extname(this.#path) === '.npy')
        await this.#main.overwrite(npyHeader([this.written, ...this.#shape]), NPY_HEADER)
      await this.#index?.finish()
      await this.#main.finish()
      await rm(`${this.#path}.part.json`, { force: true })
    })
  }

  /** Closes without completing: what is written stays for --resume. */
  async close(): Promise<void> {
    await this.#main.close()
    await this.#index?.close()
  }

  #count(key: string): void {
    this.#rows++
    this.#hash.update(`${key.length} ${key}`)
  }

  #digest(): string {
    return this.#hash.copy().digest('hex')
  }

  async #saveState(): Promise<void> {
    const files = this.#index ? [this.#main, this.#index] : [this.#main]
    await Promise.all(files.map((file) => file.sync()))
    const state: State = {
      identity: this.#identity,
      rows: this.#rows,
      failed: this.#failed,
      bytes: files.map((file) => file.bytes),
      keys: this.#digest(),
    }
    await writeFile(`${this.#path}.part.json.new`, JSON.stringify(state))
    await rename(`${this.#path}.part.json.new`, `${this.#path}.part.json`)
  }

  #cannotResume(why: string): BiovilError {
    return cannotResume(this.#path, why)
  }
}

/** The index beside `F.npy`: `F.index.jsonl`. */
export function indexPath(path: string): string {
  return path.replace(/\.npy$/, '.index.jsonl')
}

async function readState(path: string, identity: Identity): Promise<State | undefined> {
  if (!(await exists(`${path}.part`)) || !(await exists(`${path}.part.json`))) return undefined
  let state: State
  try {
    state = JSON.parse(await readFile(`${path}.part.json`, 'utf8')) as State
  } catch {
    throw cannotResume(path, `${path}.part.json is damaged`)
  }
  const json = (value: unknown) => JSON.stringify(value)
  const different = Object.keys(identity).filter((key) => json(identity[key]) !== json(state.identity?.[key]))
  if (different.length > 0) {
    const changes = different.map(
      (key) => `${key} was ${json(state.identity?.[key])} and is ${json(identity[key])}`,
    )
    throw cannotResume(path, changes.join('; '))
  }
  if ((await stat(`${path}.part`)).size < (state.bytes[0] ?? 0)) {
    throw cannotResume(path, `${path}.part is shorter than ${path}.part.json says`)
  }
  return state
}

function cannotResume(path: string, why: string): BiovilError {
  return new BiovilError('ERR_OUTPUT', `Cannot resume ${path}: ${why}. Run without --resume to start again.`)
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
