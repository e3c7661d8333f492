import type { CommandContext } from '../command.js'
import type { RowFile } from './row-file.js'

/** What came of one file: a line, and the numbers of its row where the output is `.npy`. */
export interface FileRow {
  readonly name: string
  readonly line: string
  readonly data?: Float32Array
  readonly failed?: boolean
}

/** Rows that are written, and survive a kill, together. */
const BLOCK = 16

/**
 * Writes a row for each file that is not done yet.
 * @param rowsOf gives the rows of the files that are left, in their order
 */
export async function writeFileRows(
  files: readonly string[],
  file: RowFile,
  stage: string,
  context: CommandContext,
  rowsOf: (rest: readonly string[]) => AsyncIterable<FileRow>,
): Promise<void> {
  for (const name of files.slice(0, file.done)) file.skip(name)
  let done = file.done
  const report = () => context.onProgress({ stage, done, total: files.length, unit: 'files' })
  report()
  let block: FileRow[] = []
  const flush = async () => {
    await file.append({
      keys: block.map(({ name }) => name),
      data: joined(block.flatMap(({ data }) => data ?? [])),
      lines: block.map(({ line }) => line),
      failed: block.filter(({ failed }) => failed).length,
    })
    block = []
  }
  for await (const row of rowsOf(files.slice(done))) {
    block.push(row)
    done++
    report()
    if (block.length >= BLOCK) await flush()
  }
  if (block.length > 0) await flush()
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
