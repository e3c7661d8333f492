import { createHash } from 'node:crypto'
import { pathToFileURL } from 'node:url'
import { Reservation, RowFile } from './internals.js'

/** Rows of the small run, and how many are kept together: two whole units and a part of one. */
const rows = 5
const unit = 2
const width = 3

/**
 * Writes rows that follow from their numbers alone, as the commands do with what a model gives; row 3 fails.
 * @param stop ends the run with an error after so many rows
 */
export async function smallRun(output: string, resume: boolean, stop = rows): Promise<void> {
  await using place = await Reservation.take(output, { withIndex: true, inputs: [], command: 'a small run' })
  if (resume && (await RowFile.isComplete(place))) return
  const options = { identity: { kind: 'small' }, machine: '', shape: [width], keySize: 32, unit }
  const file = await (resume ? RowFile.resume(place, options) : RowFile.create(place, options))
  try {
    for (let first = file.done; first < rows; first += unit) {
      if (first >= stop) throw new Error('stopped')
      const block = Array.from({ length: Math.min(unit, rows - first) }, (_, i) => first + i)
      const good = place.isNpy ? block.filter((row) => row !== 3) : block
      await file.append({
        keys: Buffer.concat(block.map(keyOf)),
        data: Float32Array.from(good.flatMap((row) => Array.from({ length: width }, (_, i) => row + i / 8))),
        lines: block.map((row) => JSON.stringify(row === 3 ? { error: 'no' } : { row, text: `row ${row}` })),
        failed: block.filter((row) => row === 3).length,
      })
    }
    await file.finish(rows)
  } catch (error) {
    await file.close()
    throw error
  }
}

function keyOf(row: number): Buffer {
  return createHash('sha256').update(`${row}`).digest()
}

// As a program: argv = output, whether to resume. Tells the code of an error.
if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [output = '', resume = ''] = process.argv.slice(2)
  await smallRun(output, resume === 'resume').catch((error: { code?: string }) => {
    process.stdout.write(`${error.code ?? error}`)
    process.exitCode = 1
  })
}
