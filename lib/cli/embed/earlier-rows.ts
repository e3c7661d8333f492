import { StringDecoder } from 'node:string_decoder'
import { type EarlierRows, WINDOW } from '../../text/stream.js'
import type { RowFile } from '../rows/row-file.js'

/** The rows of texts that an earlier run has written, float32 as they were; NaN where a text had none. */
export function earlierRows(file: RowFile, isNpy: boolean, dimension: number): EarlierRows {
  const windows = isNpy ? ofNumbers(file, dimension) : ofLines(file, dimension)
  return { count: file.done, windows }
}

async function* ofNumbers(file: RowFile, dimension: number): AsyncGenerator<Float32Array> {
  for await (const bytes of file.earlier(WINDOW * dimension * 4))
    yield new Float32Array(new Uint8Array(bytes).buffer)
}

async function* ofLines(file: RowFile, dimension: number): AsyncGenerator<Float32Array> {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  let window: string[] = []
  for await (const bytes of file.earlier(1 << 20)) {
    const lines = (rest + decoder.write(bytes)).split('\n')
    rest = lines.pop() as string
    for (const line of lines) {
      window.push(line)
      if (window.length < WINDOW) continue
      yield parse(window, dimension)
      window = []
    }
  }
}

function parse(lines: readonly string[], dimension: number): Float32Array {
  const rows = new Float32Array(lines.length * dimension).fill(Number.NaN)
  for (const [i, line] of lines.entries()) {
    const { embedding } = JSON.parse(line) as { embedding?: (number | null)[] }
    // Nine digits give back the same float32; JSON has null for NaN.
    if (embedding)
      rows.set(
        embedding.map((value) => value ?? Number.NaN),
        i * dimension,
      )
  }
  return rows
}
