import { createHash, type Hash } from 'node:crypto'
import { type FileHandle, mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, extname } from 'node:path'
import type { Embeddings } from '../../embeddings.js'
import { BiovilError } from '../../errors.js'
import { UsageError } from '../command.js'
import { NPY_HEADER, npyHeader } from './npy.js'
import type { Row } from './read-texts.js'

/** What must be equal for a run to be continued. */
export type Identity = Readonly<Record<string, unknown>>

interface State {
  readonly identity: Identity
  readonly rows: number
  readonly failed: number
  readonly bytes: number
  /** Over the texts of all rows so far: a changed input is noticed. */
  readonly texts: string
}

/**
 * An output file that grows by whole rows and survives a kill: rows go to `F.part`, after each block `F.part.json` says
 * how far it is good, and `F` appears only when it is complete.
 */
export class RowFile {
  readonly #path: string
  readonly #identity: Identity
  readonly #dimension: number
  readonly #hash: Hash = createHash('sha256')
  readonly #resumed: State | undefined
  #file: FileHandle
  #rows = 0
  #failed = 0
  #bytes = 0

  private constructor(
    path: string,
    file: FileHandle,
    identity: Identity,
    dimension: number,
    resumed: State | undefined,
  ) {
    this.#path = path
    this.#file = file
    this.#identity = identity
    this.#dimension = dimension
    this.#resumed = resumed
  }

  /** Rows that an earlier run has written; `skip` must be given their texts before anything is appended. */
  get done(): number {
    return this.#resumed?.rows ?? 0
  }

  /** Rows with errors so far. */
  get failed(): number {
    return this.#failed
  }

  static checkName(path: string): void {
    if (extname(path) !== '.npy' && extname(path) !== '.jsonl') {
      throw new UsageError(`Expected an --output that ends in .npy or .jsonl but received ${path}`)
    }
  }

  /** @throws ERR_OUTPUT when a resumed run does not fit what is there, or the file cannot be written */
  static async open(path: string, identity: Identity, dimension: number, resume: boolean): Promise<RowFile> {
    return guard(path, async () => {
      await mkdir(dirname(path), { recursive: true })
      const state = resume ? await readState(path, identity) : undefined
      const file = await open(`${path}.part`, state ? 'r+' : 'w')
      const rowFile = new RowFile(path, file, identity, dimension, state)
      if (state) {
        await file.truncate(state.bytes)
        rowFile.#bytes = state.bytes
        rowFile.#failed = state.failed
      } else if (extname(path) === '.npy') {
        await rowFile.#write(npyHeader([0, dimension]))
      }
      return rowFile
    })
  }

  /** Whether a finished output is there and no unfinished one. */
  static async isComplete(path: string): Promise<boolean> {
    return (await exists(path)) && !(await exists(`${path}.part`))
  }

  /** Takes the text of a row that an earlier run has written. */
  skip(row: Row): void {
    this.#count(row)
    if (this.#rows === this.done && this.#digest() !== this.#resumed?.texts) {
      throw new BiovilError(
        'ERR_OUTPUT',
        `Cannot resume ${this.#path}: the first ${this.done} texts of the input are not those of the run before. Run without --resume to start again.`,
      )
    }
  }

  /** Appends the rows of consecutive texts. */
  async append(
    rows: readonly Row[],
    embeddings: Embeddings,
    errors: ReadonlyMap<number, Error>,
  ): Promise<void> {
    const start = this.#rows
    for (const row of rows) this.#count(row)
    for (let i = start; i < this.#rows; i++) if (errors.has(i)) this.#failed++
    await guard(this.#path, async () => {
      if (extname(this.#path) === '.npy') {
        const { buffer, byteOffset, byteLength } = embeddings.data
        await this.#write(Buffer.from(buffer, byteOffset, byteLength))
      } else {
        const lines = rows.map((row, i) => jsonLine(start + i, row, embeddings, i, errors.get(start + i)))
        await this.#write(Buffer.from(lines.join('')))
      }
      await this.#file.datasync()
      await this.#saveState()
    })
  }

  /** Completes the file. */
  async finish(): Promise<void> {
    if (this.#rows < this.done) {
      throw new BiovilError(
        'ERR_OUTPUT',
        `Cannot resume ${this.#path}: it has ${this.done} rows but the input only ${this.#rows}. Run without --resume to start again.`,
      )
    }
    await guard(this.#path, async () => {
      if (extname(this.#path) === '.npy')
        await this.#file.write(npyHeader([this.#rows, this.#dimension]), 0, NPY_HEADER, 0)
      await this.#file.datasync()
      await this.close()
      await rename(`${this.#path}.part`, this.#path)
      await rm(`${this.#path}.part.json`, { force: true })
    })
  }

  /** Closes without completing: what is written stays for --resume. */
  async close(): Promise<void> {
    await this.#file.close().catch(() => {})
  }

  #count(row: Row): void {
    this.#rows++
    this.#hash.update(row.text === undefined ? '\u0001' : `\u0000${row.text}`)
  }

  #digest(): string {
    return this.#hash.copy().digest('hex')
  }

  async #write(data: Buffer): Promise<void> {
    for (let at = 0; at < data.length; ) {
      const { bytesWritten } = await this.#file.write(data, at, data.length - at, this.#bytes + at)
      at += bytesWritten
    }
    this.#bytes += data.length
  }

  async #saveState(): Promise<void> {
    const state: State = {
      identity: this.#identity,
      rows: this.#rows,
      failed: this.#failed,
      bytes: this.#bytes,
      texts: this.#digest(),
    }
    await writeFile(`${this.#path}.part.json.new`, JSON.stringify(state))
    await rename(`${this.#path}.part.json.new`, `${this.#path}.part.json`)
  }
}

async function readState(path: string, identity: Identity): Promise<State | undefined> {
  if (!(await exists(`${path}.part`)) || !(await exists(`${path}.part.json`))) return undefined
  let state: State
  try {
    state = JSON.parse(await readFile(`${path}.part.json`, 'utf8')) as State
  } catch (cause) {
    throw new BiovilError(
      'ERR_OUTPUT',
      `Cannot resume ${path}: ${path}.part.json is damaged. Run without --resume to start again.`,
      {
        cause,
      },
    )
  }
  const different = Object.keys(identity).filter(
    (key) => JSON.stringify(identity[key]) !== JSON.stringify(state.identity?.[key]),
  )
  if (different.length > 0) {
    throw new BiovilError(
      'ERR_OUTPUT',
      `Cannot resume ${path}: ${different.map((key) => `${key} was ${JSON.stringify(state.identity?.[key])} and is ${JSON.stringify(identity[key])}`).join('; ')}. Run without --resume to start again.`,
    )
  }
  if ((await stat(`${path}.part`)).size < state.bytes) {
    throw new BiovilError(
      'ERR_OUTPUT',
      `Cannot resume ${path}: ${path}.part is shorter than ${path}.part.json says.`,
    )
  }
  return state
}

function jsonLine(
  index: number,
  row: Row,
  embeddings: Embeddings,
  at: number,
  error: Error | undefined,
): string {
  if (error) {
    const { message, code } = error as Error & { code?: string }
    return `${JSON.stringify({ index, text: row.text ?? null, error: { code, message } })}\n`
  }
  // Nine significant digits give back the same float32.
  const embedding = Array.from(embeddings.at(at), (value) => Number(value.toPrecision(9)))
  const untrained = embeddings.untrained ? { untrained: true } : {}
  return `${JSON.stringify({ index, text: row.text, embedding, ...untrained })}\n`
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

async function guard<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    if (cause instanceof BiovilError || cause instanceof UsageError || code === undefined) throw cause
    if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG') {
      throw new BiovilError(
        'ERR_DISK_FULL',
        `No space left for ${path}; free some and run again with --resume`,
        { cause },
      )
    }
    throw new BiovilError('ERR_OUTPUT', `Cannot write ${path}: ${message}`, { cause })
  }
}
