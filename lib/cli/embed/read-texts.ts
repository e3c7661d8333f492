import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { extname } from 'node:path'
import { addAbortSignal, type Readable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import { type CsvError, parse } from 'csv-parse'
import { BiovilError, describe } from '../../errors.js'
import { UsageError } from '../command.js'

export const formats = ['lines', 'csv', 'tsv', 'jsonl'] as const
export type Format = (typeof formats)[number]

/** An input row: its text, or why it has none. */
export type Row = { readonly text: string } | { readonly text: undefined; readonly error: Error }

/** Texts of a file or of stdin (`-`), one row each; the format follows the suffix unless it is given. */
export interface TextSource {
  readonly path: string
  readonly format: Format
  readonly column: string | undefined
}

const formatOf: Readonly<Record<string, Format>> = {
  '.csv': 'csv',
  '.tsv': 'tsv',
  '.jsonl': 'jsonl',
  '.ndjson': 'jsonl',
}

export function textSource(
  path: string,
  options: { format: string | undefined; column: string | undefined },
): TextSource {
  const format = options.format ?? formatOf[extname(path).toLowerCase()] ?? 'lines'
  if (!formats.some((known) => known === format)) {
    throw new UsageError(`Expected one of ${formats.join(', ')} for --format but received ${format}`)
  }
  if (options.column !== undefined && format === 'lines') {
    throw new UsageError('--column needs CSV, TSV or JSON Lines; name the format with --format')
  }
  return { path, format: format as Format, column: options.column }
}

/** Rows of the source in order. A broken JSON line is a row with an error; a broken CSV ends the run. */
export async function* readRows(
  source: TextSource,
  signal?: AbortSignal,
): AsyncGenerator<Row, void, undefined> {
  const stream = await open(source.path)
  // Else an interruption would wait for what stdin may never say.
  if (signal) addAbortSignal(signal, stream)
  try {
    if (source.format === 'csv' || source.format === 'tsv') yield* csvRows(stream, source)
    else if (source.format === 'jsonl') yield* jsonRows(stream, source)
    else for await (const line of lines(stream, source.path)) yield { text: line }
  } finally {
    if (stream !== process.stdin) stream.destroy()
  }
}

/** Number of rows, for the time left; undefined for stdin, which can be read only once. */
export async function countRows(source: TextSource, signal: AbortSignal): Promise<number | undefined> {
  if (source.path === '-') return undefined
  let rows = 0
  for await (const _ of readRows(source, signal)) rows++
  return rows
}

async function open(path: string): Promise<Readable> {
  if (path === '-') return process.stdin
  try {
    if ((await stat(path)).isDirectory()) throw new Error('it is a directory')
    return createReadStream(path)
  } catch (cause) {
    throw new BiovilError('ERR_INPUT', `Cannot read ${path}: ${(cause as Error).message}`, { cause })
  }
}

/** Most characters of a line or record, far more than any report: what is longer is no text, and might have no end. */
const LONGEST = 16 * 1024 * 1024
const tooLong = `expected at most ${LONGEST} characters of text before its end`

/** Lines ended by LF or CRLF only: other Unicode line separators may stand inside a report. */
async function* lines(stream: Readable, path: string): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  let first = true
  let number = 0
  for await (const chunk of stream) {
    let text = typeof chunk === 'string' ? chunk : decoder.write(chunk as Buffer)
    if (first && text.length > 0) {
      text = text.replace(/^\ufeff/, '')
      first = false
    }
    // Only what is new is searched, or a long line would take time by its square.
    const pieces = text.split('\n')
    const last = pieces.pop() as string
    for (const piece of pieces) {
      number++
      const line = rest + piece
      rest = ''
      yield line.replace(/\r$/, '')
    }
    rest += last
    if (rest.length > LONGEST) throw new BiovilError('ERR_INPUT', `${path}, line ${number + 1}: ${tooLong}`)
  }
  rest += decoder.end()
  if (rest.length > 0) yield rest.replace(/\r$/, '')
}

async function* jsonRows(stream: Readable, source: TextSource): AsyncGenerator<Row> {
  let number = 0
  for await (const line of lines(stream, source.path)) {
    number++
    if (line.trim() === '') continue
    yield jsonRow(line, source.column ?? 'text', number)
  }
}

function jsonRow(line: string, column: string, number: number): Row {
  const wrong = (what: string): Row => ({
    text: undefined,
    error: new BiovilError(
      'ERR_INPUT',
      `Line ${number}: expected a JSON string or an object with a string '${column}' but ${what}`,
    ),
  })
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    // What the parser says quotes the line, which is a report.
    return wrong('it is not JSON')
  }
  if (typeof value === 'string') return { text: value }
  if (typeof value !== 'object' || value === null) return wrong('it is neither')
  const text = (value as Record<string, unknown>)[column]
  return typeof text === 'string'
    ? { text }
    : wrong(
        `${text === undefined ? 'it has no such key' : `that is ${describe(text)}`} (${Object.keys(value).length} keys)`,
      )
}

const csvFaults: Readonly<Record<string, string>> = {
  CSV_RECORD_INCONSISTENT_FIELDS_LENGTH: 'another number of columns than in the first line',
  CSV_INVALID_CLOSING_QUOTE: 'something follows a closing quote',
  INVALID_OPENING_QUOTE: 'a quote inside a field that does not begin with one',
  CSV_MAX_RECORD_SIZE: tooLong,
  CSV_QUOTE_NOT_CLOSED: 'a quote is not closed',
}

async function* csvRows(stream: Readable, source: TextSource): AsyncGenerator<Row> {
  const parser = parse({
    bom: true,
    delimiter: source.format === 'tsv' ? '\t' : ',',
    skip_empty_lines: true,
    max_record_size: LONGEST,
  })
  stream.on('error', (error) => parser.destroy(error))
  stream.pipe(parser)
  let at: number | undefined
  try {
    for await (const record of parser as AsyncIterable<string[]>) {
      if (at === undefined) at = columnIndex(record, source)
      else yield { text: record[at] ?? '' }
    }
  } catch (error) {
    if (
      !(error instanceof Error) ||
      !('code' in error) ||
      !/^CSV_|^INVALID_OPENING_QUOTE$/.test(String((error as CsvError).code))
    )
      throw error
    const { code, lines } = error as CsvError & { lines?: number }
    // The parser's own message and error hold the record.
    const line = lines === undefined ? '' : `, line ${lines}`
    const what = csvFaults[code] ?? code
    throw new BiovilError(
      'ERR_INPUT',
      `${source.path}${line}: not well-formed ${source.format.toUpperCase()}: ${what}`,
    )
  }
}

function columnIndex(header: readonly string[], source: TextSource): number {
  if (source.column === undefined && header.length === 1) return 0
  const at = header.indexOf(source.column ?? 'text')
  if (at >= 0) return at
  const wanted = source.column === undefined ? 'Name a column with --column' : `No column '${source.column}'`
  // Without a header the first line is a record, so what it says is not repeated.
  throw new UsageError(`${wanted}; the first line of ${source.path} has ${header.length} columns`)
}
