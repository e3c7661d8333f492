import { nonspacingMark, other, punctuation, separator } from './unicode-data.js'

// The tables are fixed instead of taken from \p{…}, so that a text has the same ids under every version of Node.
// Case mapping and normalisation are Node's: for characters in these tables Unicode never changes them.

const OTHER = 1
const PUNCTUATION = 2
const NONSPACING_MARK = 3
const SEPARATOR = 4

let categories: Uint8Array | undefined

function category(code: number): number {
  categories ??= unpack()
  return categories[code] as number
}

function unpack(): Uint8Array {
  const table = new Uint8Array(0x110000)
  fill(table, other, OTHER)
  fill(table, punctuation, PUNCTUATION)
  fill(table, nonspacingMark, NONSPACING_MARK)
  fill(table, separator, SEPARATOR)
  return table
}

function fill(table: Uint8Array, ranges: string, value: number): void {
  let end = 0
  for (const range of ranges.split(' ')) {
    const [gap, length] = range.split(',') as [string, string]
    const start = end + Number.parseInt(gap, 36)
    end = start + Number.parseInt(length, 36)
    table.fill(value, start, end)
  }
}

/** BERT's whitespace; the other control characters that Python's `str.split` splits at are removed before. */
export function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d || category(code) === SEPARATOR
}

/** What Python's `str.split` splits at. */
export function isPythonSpace(code: number): boolean {
  return (
    (code >= 0x09 && code <= 0x0d) ||
    (code >= 0x1c && code <= 0x20) ||
    code === 0x85 ||
    category(code) === SEPARATOR
  )
}

/** Characters that cleaning removes: categories C* without \t \n \r, and U+FFFD. */
export function isRemoved(code: number): boolean {
  return (category(code) === OTHER && !isSpace(code)) || code === 0xfffd
}

/** Category P*, and all of ASCII that is no letter, digit, control or space, such as `$`, `^` and `` ` ``. */
export function isPunctuation(code: number): boolean {
  if (code >= 0x80) return category(code) === PUNCTUATION
  return (
    (code >= 33 && code <= 47) ||
    (code >= 58 && code <= 64) ||
    (code >= 91 && code <= 96) ||
    (code >= 123 && code <= 126)
  )
}

/** Category Mn. */
export function isAccent(code: number): boolean {
  return category(code) === NONSPACING_MARK
}

/** The blocks that BERT splits character by character: CJK ideographs, not kana and not Hangul. */
export function isChinese(code: number): boolean {
  return (
    (code >= 0x4e00 && code <= 0x9fff) ||
    (code >= 0x3400 && code <= 0x4dbf) ||
    (code >= 0x20000 && code <= 0x2a6df) ||
    (code >= 0x2a700 && code <= 0x2b73f) ||
    (code >= 0x2b740 && code <= 0x2b81f) ||
    (code >= 0x2b820 && code <= 0x2ceaf) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0x2f800 && code <= 0x2fa1f)
  )
}

/**
 * Whether the canonical combining class is not 0: such characters change places under normalisation.
 * JavaScript has no property for it, but normalisation moves every such character in front of U+0345, whose class
 * (240) is the highest.
 */
export function isReordering(code: number): boolean {
  if (code < 0x300) return false
  return code === 0x345 || !`\u0345${String.fromCodePoint(code)}`.normalize('NFD').startsWith('\u0345')
}

/** Whether NFC may join the character to the one before it, or move it. May be true for a few that never do. */
export function isJoining(code: number): boolean {
  if (code < 0x300) return false
  const vowelOrFinal = (code >= 0x1160 && code <= 0x11ff) || (code >= 0xd7b0 && code <= 0xd7ff)
  // Kirat Rai vowel signs are the only letters, besides Hangul's, that join.
  return vowelOrFinal || (code >= 0x16d63 && code <= 0x16d6a) || /^\p{M}$/u.test(String.fromCodePoint(code))
}
