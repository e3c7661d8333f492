import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** test/fixtures/tokenizer; tests run compiled, from build/test/text. */
export const fixtures = join(import.meta.dirname, '../../../test/fixtures/tokenizer')

export async function readJson<T>(file: string): Promise<T> {
  return JSON.parse(await readFile(join(fixtures, file), 'utf8')) as T
}

/** test/fixtures/tokenizer/fuzz.json */
export interface FuzzPlan {
  strings: string[]
  alphabets: Record<string, string>
  differing: string
}

/** The strings of scripts/export/tokenizer_fuzz.py. */
export function fuzz(
  plan: FuzzPlan,
  vocabulary: readonly string[],
  seed: number,
  count: number,
  rest = false,
): string[] {
  const random = mulberry32(seed)
  const pick = <T>(items: readonly T[]) => items[Math.floor(random() * items.length)] as T
  const alphabets = Object.values(plan.alphabets).map(unpack)
  const differing = unpack(plan.differing)
  const character = () =>
    String.fromCodePoint(rest && random() < 0.2 ? pick(differing) : pick(pick(alphabets)))
  const item = () => {
    const kind = random()
    if (kind < 0.35) return ' '
    if (kind < 0.68) return pick(vocabulary).replace(/^##/, '')
    if (kind < 0.73) return pick(vocabulary).replace(/[a-z]/g, (c) => c.toUpperCase())
    if (kind < 0.79) return pick(plan.strings)
    if (kind < 0.792) return character().repeat(Math.floor(90 + random() * 20))
    return character()
  }
  const text = () => Array.from({ length: Math.floor(random() * 41) }, item).join('')
  return Array.from({ length: count }, text)
}

/** Uniform numbers in [0, 1). */
export function mulberry32(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

/** Code points from `gap,length gap,length …` in base 36. */
function unpack(ranges: string): number[] {
  const codes: number[] = []
  let end = 0
  for (const range of ranges.split(' ')) {
    const [gap, length] = range.split(',').map((number) => Number.parseInt(number, 36)) as [number, number]
    for (let code = end + gap; code < end + gap + length; code++) codes.push(code)
    end += gap + length
  }
  return codes
}

/** FNV-1a over little-endian int32. */
export function fnv(numbers: Int32Array): number {
  let value = 0x811c9dc5
  for (const byte of new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength)) {
    value = Math.imul(value ^ byte, 0x01000193)
  }
  return value >>> 0
}

/** SHA-256 over little-endian int32. */
export function digest(sequences: Iterable<Int32Array>): string {
  const hash = createHash('sha256')
  for (const numbers of sequences) {
    hash.update(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength))
  }
  return hash.digest('hex')
}

/** Makes a directory with these files for the time of `use`. */
export async function withFiles(
  files: Record<string, string | Uint8Array>,
  use: (directory: string) => Promise<void>,
): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'biovil-tokenizer-'))
  try {
    for (const [name, content] of Object.entries(files)) await writeFile(join(directory, name), content)
    await use(directory)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** The five special tokens, then `pieces`. */
export function vocabulary(...pieces: string[]): string {
  return ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', ...pieces].map((piece) => `${piece}\n`).join('')
}
