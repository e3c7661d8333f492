import type { CommandContext } from '../command.js'
import { type Comparison, FILM_KEY, factsOf, filmKey, isSameFilm } from './film-key.js'
import type { RowFile } from './row-file.js'

/** What came of one file: a line, and the numbers of its row where the output is `.npy`. */
export interface FileRow {
  readonly name: string
  readonly line: string
  readonly data?: Float32Array
  readonly failed?: boolean
}

/** What a job with a row a file asks of its output. Batches of films are of 32 at most, and a power of two. */
export const filmRows = { keySize: FILM_KEY, unit: 32 } as const

/**
 * Writes a row for each file that is not done yet.
 * @param rowsOf gives the rows of the files that it is given, in their order
 * @throws ERR_OUTPUT when a file that is done is not what it was
 */
export async function writeFileRows(
  files: readonly string[],
  file: RowFile,
  how: { stage: string; comparison: Comparison },
  context: CommandContext,
  rowsOf: (rest: AsyncIterable<string>) => AsyncIterable<FileRow>,
): Promise<void> {
  await compareFiles(files.slice(0, file.done), file, how.comparison, context)
  let done = file.done
  const report = () => context.onProgress({ stage: how.stage, done, total: files.length, unit: 'files' })
  report()
  const keys: Promise<Buffer>[] = []
  async function* rest() {
    for (const name of files.slice(file.done)) {
      keys.push(filmKey(name, await factsOf(name)))
      yield name
    }
  }
  let block: FileRow[] = []
  const flush = async () => {
    await file.append({
      keys: Buffer.concat(await Promise.all(keys.splice(0, block.length))),
      data: joined(block.flatMap(({ data }) => data ?? [])),
      lines: block.map(({ line }) => line),
      failed: block.filter(({ failed }) => failed).length,
    })
    block = []
  }
  for await (const row of rowsOf(rest())) {
    block.push(row)
    done++
    report()
    if (block.length >= filmRows.unit) await flush()
  }
  if (block.length > 0) await flush()
}

async function compareFiles(
  files: readonly string[],
  file: RowFile,
  comparison: Comparison,
  context: CommandContext,
): Promise<void> {
  if (files.length < file.done)
    throw file.cannotResume(`it has ${file.done} rows but the input only ${files.length}`)
  for (const [row, name] of files.entries()) {
    context.signal.throwIfAborted()
    if (await isSameFilm(name, file.key(row), comparison)) continue
    const advice =
      comparison === 'verify'
        ? ''
        : ' (its name, size, time or inode; --resume=verify compares contents instead)'
    throw file.cannotResume(`row ${row}, ${name}, is not the file of the run before${advice}`)
  }
}

/** The row of a file that could not be read. Says why on stderr, too; an interruption is no row but ends the work. */
export function failedRow(name: string, error: Error, context: CommandContext): FileRow {
  context.signal.throwIfAborted()
  const { message, code } = error as Error & { code?: string }
  context.note(message)
  return { name, line: JSON.stringify({ file: name, error: { code, message } }), failed: true }
}

function joined(rows: readonly Float32Array[]): Float32Array {
  const data = new Float32Array(rows.reduce((sum, row) => sum + row.length, 0))
  rows.reduce((at, row) => {
    data.set(row, at)
    return at + row.length
  }, 0)
  return data
}
