import type { FileHandle } from 'node:fs/promises'
import { JsonTooLarge, parseJson } from '../io/json.js'
import { elementSize, safetensorsTypes } from './dtype.js'
import { corrupt, isCount, readExactly, truncated, unsupported } from './file.js'
import { repeatedKey } from './json-keys.js'
import { printable } from './pickle-values.js'
import type { FileIndex, TensorRow } from './types.js'

/** The limit of the format's own reader. */
const maxHeaderBytes = 100_000_000

/** A tensor has about 17 tokens and lies two deep, its shape three: this is enough for 29,000 of them. BERT-base has 200. */
const headerLimits = { depth: 3, tokens: 500_000 }

interface Span {
  readonly row: TensorRow
  readonly begin: number
  readonly end: number
}

/** Reads the header of a safetensors file and holds it to the rules of the format. */
export async function openSafetensors(handle: FileHandle, path: string, size: number): Promise<FileIndex> {
  if (size < 8) throw truncated(path, `it has ${size} bytes, fewer than the 8 of the header length`)
  const length = Number((await readExactly(handle, path, 0, 8)).readBigUInt64LE())
  if (length > maxHeaderBytes)
    throw corrupt(path, `its header claims ${length} bytes, at most ${maxHeaderBytes} are allowed`)
  if (8 + length > size) throw truncated(path, `its header ends at ${8 + length}, the file has ${size} bytes`)
  const header = parse(await readExactly(handle, path, 8, length), path)
  const spans: Span[] = []
  for (const [name, entry] of Object.entries(header)) {
    if (name !== '__metadata__') spans.push(span(name, entry, path, 8 + length))
  }
  requireSeamless(spans, path, size - 8 - length)
  const tensors = new Map(spans.map(({ row }) => [row.name, row]))
  if (tensors.size === 0) throw unsupported(path, 'it holds no tensors')
  return {
    format: 'safetensors',
    tensors,
    metadata: metadata(header['__metadata__'], path),
  }
}

function parse(bytes: Buffer, path: string): Record<string, unknown> {
  if (bytes[0] !== 0x7b) throw corrupt(path, 'its header does not begin with {')
  let header: unknown
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    header = parseJson(text, headerLimits)
  } catch (error) {
    const what = error instanceof JsonTooLarge ? `describes no tensors: ${error.message}` : 'is not JSON'
    throw corrupt(path, `its header ${what}`, error)
  }
  const repeated = repeatedKey(text)
  if (repeated !== undefined) throw corrupt(path, `its header names ${printable(repeated)} twice`)
  return header as Record<string, unknown>
}

function span(name: string, entry: unknown, path: string, dataStart: number): Span {
  const bad = (what: string) => corrupt(path, `tensor ${printable(name)} has ${what}`)
  if (typeof entry !== 'object' || entry === null) throw bad('no description')
  const { dtype, shape, data_offsets: offsets } = entry as Record<string, unknown>
  const type = typeof dtype === 'string' ? safetensorsTypes.get(dtype) : undefined
  if (type === undefined)
    throw unsupported(path, `tensor ${printable(name)} has the unknown dtype ${printable(String(dtype))}`)
  if (!Array.isArray(shape) || !shape.every(isCount) || shape.length > 64) throw bad('an unusable shape')
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount))
    throw bad('unusable offsets')
  const [begin = 0, end = 0] = offsets as number[]
  const bytes = (shape as number[]).reduce((product, count) => product * count, elementSize[type])
  if (end - begin !== bytes) {
    throw bad(`${end - begin} bytes, expected ${bytes} for ${dtype} [${shape.join(', ')}]`)
  }
  return { row: { name, file: path, type, shape, offset: dataStart + begin }, begin, end }
}

/** The data must be covered exactly once: no holes to hide anything in, no overlaps. */
function requireSeamless(spans: readonly Span[], path: string, size: number): void {
  let position = 0
  for (const { row, begin, end } of spans.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== position) {
      const relation = begin < position ? 'overlaps the tensor before it' : 'leaves a hole before it'
      throw corrupt(path, `tensor ${printable(row.name)} ${relation}`)
    }
    if (end > size) {
      throw truncated(
        path,
        `tensor ${printable(row.name)} ends at byte ${end} of the data, which has ${size}`,
      )
    }
    position = end
  }
  if (position < size) throw corrupt(path, `${size - position} bytes follow the last tensor`)
}

function metadata(value: unknown, path: string): Record<string, string> {
  // The format's own reader takes null for none.
  if (value === undefined || value === null) return {}
  const entries = typeof value === 'object' && !Array.isArray(value) ? Object.entries(value) : [['', 0]]
  if (!entries.every((entry): entry is [string, string] => typeof entry[1] === 'string')) {
    throw corrupt(path, 'its __metadata__ is not a map of texts')
  }
  return Object.fromEntries(entries)
}
