import { stat } from 'node:fs/promises'
import { BiovilError } from '../errors.js'
import { readSmallFile } from '../io/regular-file.js'

/**
 * Reads a vocabulary: one piece a line, the line's number (from 0) is its id.
 *
 * @throws ERR_MODEL_FILE_MISSING, ERR_VOCABULARY
 */
export async function readVocabulary(file: string): Promise<string[]> {
  let bytes: Buffer
  try {
    bytes = await readSmallFile(file)
  } catch (cause) {
    throw new BiovilError(
      'ERR_MODEL_FILE_MISSING',
      `Expected a vocabulary at ${file} but it cannot be read (${(cause as Error).message}). ` +
        'A model directory holds the files of the published repository: `biovil pull NAME` fetches them',
      { cause },
    )
  }
  return parseVocabulary(bytes, file)
}

/** The multilingual BERT's 120,000 pieces have a million bytes; words of more than 100 characters are never cut. */
const maxBytes = 4_000_000
const maxPiece = 1000

/** @throws ERR_VOCABULARY */
export function parseVocabulary(bytes: Uint8Array, file: string): string[] {
  if (bytes.length > maxBytes) {
    throw vocabularyError(file, `it has ${bytes.length} bytes, more than the ${maxBytes} of any vocabulary`)
  }
  // As Python reads it: any of the three line ends ends a line, and a last line end does not start another.
  const lines = decode(bytes, file).split(/\r\n|\r|\n/)
  if (lines.at(-1) === '') lines.pop()
  if (lines.length === 0) throw vocabularyError(file, 'it is empty')
  const seen = new Map<string, number>()
  for (const [i, piece] of lines.entries()) {
    if (piece.length > maxPiece) {
      throw vocabularyError(file, `line ${i + 1} has ${piece.length} characters, more than ${maxPiece}`)
    }
    const before = seen.get(piece)
    if (before !== undefined) {
      throw vocabularyError(file, `line ${i + 1} repeats line ${before + 1}`)
    }
    seen.set(piece, i)
  }
  return lines
}

export function vocabularyError(file: string, problem: string): BiovilError {
  return new BiovilError(
    'ERR_VOCABULARY',
    `Expected a BERT vocabulary, one piece a line in UTF-8, in ${file} but ${problem}`,
  )
}

/** Whether `path` is a directory. @throws ERR_MODEL_FILE_MISSING */
export async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch (cause) {
    throw new BiovilError(
      'ERR_MODEL_FILE_MISSING',
      `Expected a model directory or a vocab.txt at ${path} but there is none (${(cause as Error).message})`,
      { cause },
    )
  }
}

function decode(bytes: Uint8Array, file: string): string {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  let text: string
  try {
    text = decoder.decode(bytes)
  } catch {
    throw vocabularyError(file, `line ${firstBadLine(bytes)} is not UTF-8`)
  }
  if (text.startsWith('\ufeff')) throw vocabularyError(file, 'line 1 starts with a byte order mark')
  return text
}

function firstBadLine(bytes: Uint8Array): number {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let line = 1
  for (let from = 0; from < bytes.length; line++) {
    const newline = bytes.indexOf(10, from)
    const to = newline < 0 ? bytes.length : newline + 1
    try {
      decoder.decode(bytes.subarray(from, to))
    } catch {
      break
    }
    from = to
  }
  return line
}
