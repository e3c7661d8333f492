import {
  isAccent,
  isChinese,
  isJoining,
  isPunctuation,
  isPythonSpace,
  isRemoved,
  isReordering,
  isSpace,
} from './unicode.js'

/** How text becomes words, as in Python's `BasicTokenizer`. */
export interface BasicRules {
  /** `false`: only split at whitespace (`do_basic_tokenize: false`). */
  readonly basic: boolean
  readonly lowerCase: boolean
  readonly stripAccents: boolean
  readonly splitChinese: boolean
  /** Words that are left as they are. */
  readonly neverSplit: ReadonlySet<string>
}

/** One character of normalised text; `single` when it is a word of its own: punctuation, a CJK ideograph. */
export interface Part {
  readonly code: number
  readonly single: boolean
}

/** What a character contributes to the text, or `context` when that depends on its neighbours. */
export type Meaning = 'removed' | 'space' | 'context' | readonly Part[]

/** Receives normalised text; start and end are UTF-16 positions in the original. */
export interface Sink {
  character(code: number, start: number, end: number): void
  /** A character that is a word of its own. */
  single(code: number, start: number, end: number): void
  /** The word ends, if there is one. */
  boundary(): void
  /** A word that is looked up as it is. */
  whole(word: string, start: number, end: number): void
}

/** The meaning of one character under `rules`. */
export function meaningOf(code: number, rules: BasicRules): Meaning {
  if (!rules.basic) return isPythonSpace(code) ? 'space' : [{ code, single: false }]
  if (isRemoved(code)) return 'removed'
  if (isSpace(code)) return 'space'
  if (code < 0x80) return [{ code: lowered(code, rules).charCodeAt(0), single: isPunctuation(code) }]
  const chinese = rules.splitChinese && isChinese(code)
  const text = lowered(code, rules)
  if (!rules.stripAccents && isJoining(text.codePointAt(0) as number)) return 'context'
  const codes = codePoints(text.normalize(rules.stripAccents ? 'NFD' : 'NFC'))
  const kept = rules.stripAccents ? codes.filter((c) => !isAccent(c)) : codes
  if (rules.stripAccents && kept.some(isReordering)) return 'context'
  return kept.map((c) => ({ code: c, single: chinese || isPunctuation(c) }))
}

/** Normalises text[from, to) with regard to context; slow, exact for every text. Lone surrogates must not occur. */
export function normalizeInContext(
  text: string,
  from: number,
  to: number,
  rules: BasicRules,
  sink: Sink,
): void {
  let run: Source[] = []
  const endRun = () => {
    if (run.length > 0) normalizeRun(run, rules, sink)
    run = []
    sink.boundary()
  }
  for (let start = from; start < to; ) {
    const code = text.codePointAt(start) as number
    const end = start + (code > 0xffff ? 2 : 1)
    if (rules.basic ? isSpace(code) : isPythonSpace(code)) endRun()
    else if (!rules.basic) run.push({ code, start, end, added: false })
    else if (!isRemoved(code)) {
      const chinese = rules.splitChinese && isChinese(code)
      if (chinese) endRun()
      for (const [i, c] of codePoints(lowered(code, rules)).entries()) {
        run.push({ code: c, start, end, added: i > 0 })
      }
      if (chinese) endRun()
    }
    start = end
  }
  endRun()
}

/** A character with the place in the original text it comes from. */
interface Source {
  readonly code: number
  readonly start: number
  readonly end: number
  /** Whether the character in the original became several, and this is not the first. */
  readonly added: boolean
}

/** Normalises what stands between two spaces. */
function normalizeRun(run: readonly Source[], rules: BasicRules, sink: Sink): void {
  if (!rules.basic) {
    for (const { code, start, end } of run) sink.character(code, start, end)
    return
  }
  const word = neverSplitWord(run, rules)
  if (word !== undefined) {
    sink.whole(word, (run[0] as Source).start, (run[run.length - 1] as Source).end)
    return
  }
  for (const { code, start, end } of rules.stripAccents ? decompose(run) : compose(run)) {
    if (isPunctuation(code) || (rules.splitChinese && isChinese(code))) sink.single(code, start, end)
    else sink.character(code, start, end)
  }
}

function neverSplitWord(run: readonly Source[], rules: BasicRules): string | undefined {
  for (const word of rules.neverSplit) {
    // NFD is never shorter than the text, so a longer run cannot be the word: no need to normalise all of it.
    if (run.length <= word.normalize('NFD').length && toText(run).normalize('NFC') === word) return word
  }
  return undefined
}

/**
 * A sequence of marks longer than this makes a word of more than 100 characters, whatever their order is, and such a
 * word is unknown. Normalising it would only cost time, which grows with the square of its length.
 */
const LONG = 256

/** NFD without accents. */
function* decompose(run: readonly Source[]): Generator<Source> {
  let segment: Source[] = []
  for (const { code, start, end, added } of run) {
    for (const [i, c] of codePoints(String.fromCodePoint(code).normalize('NFD')).entries()) {
      if (!isReordering(c)) {
        yield* withoutAccents(segment)
        segment = []
      }
      segment.push({ code: c, start, end, added: added || i > 0 })
    }
  }
  yield* withoutAccents(segment)
}

/** One character and the marks that follow it, in canonical order, without accents. */
function withoutAccents(segment: readonly Source[]): readonly Source[] {
  const unaccented = (sources: readonly Source[]) => sources.filter(({ code }) => !isAccent(code))
  if (segment.length <= LONG) return unaccented(reorder(segment))
  const kept = unaccented(segment)
  return kept.length <= LONG ? reorder(kept) : kept
}

/**
 * Canonical order. Places stay in the order of the text, as in Hugging Face's tokenizers: marks that change places
 * do not take theirs along, and added characters have the place of the one before them.
 */
function reorder(segment: readonly Source[]): readonly Source[] {
  if (segment.length < 2) return segment
  const left = [...segment]
  const places = segment.filter(({ added }) => !added)
  let at = -1
  return codePoints(toText(segment).normalize('NFD')).map((code) => {
    const [part] = left.splice(
      left.findIndex((candidate) => candidate.code === code),
      1,
    )
    if (!part?.added && at < places.length - 1) at++
    return { ...(places[at] ?? (segment[0] as Source)), code }
  })
}

/** NFC. Where characters were joined, all that come out have the place of all that went in. */
function* compose(run: readonly Source[]): Generator<Source> {
  for (let from = 0; from < run.length; ) {
    let to = from + 1
    while (to < run.length && isJoining((run[to] as Source).code)) to++
    const segment = run.slice(from, to)
    from = to
    if (segment.length > LONG) {
      // Only the first character matters: joined with a mark it may no longer be punctuation.
      const different = [...new Set(segment.map(({ code }) => code))]
      const [code] = codePoints(String.fromCodePoint(...different).normalize('NFC')) as [number]
      yield { ...(segment[0] as Source), code }
      yield* segment.slice(1)
    } else yield* place(codePoints(toText(segment).normalize('NFC')), segment)
  }
}

/** Finds places for the composed characters of a segment. */
function place(codes: readonly number[], segment: readonly Source[]): Source[] {
  const same = (i: number, j: number) => codes[i] !== undefined && codes[i] === segment[j]?.code
  if (codes.length === segment.length) return codes.map((code, i) => ({ ...(segment[i] as Source), code }))
  let head = 0
  while (same(head, head)) head++
  let tail = 0
  const most = Math.min(codes.length, segment.length) - head
  while (tail < most && same(codes.length - 1 - tail, segment.length - 1 - tail)) tail++
  const first = segment[Math.min(head, segment.length - 1)] as Source
  const { end } = segment[Math.max(segment.length - 1 - tail, 0)] as Source
  return codes.map((code, i) => {
    if (i < head) return segment[i] as Source
    if (i >= codes.length - tail) return segment[segment.length - codes.length + i] as Source
    return { ...first, code, end }
  })
}

/** Lower case of one character, regardless of its place in a word: a final sigma is no exception. */
function lowered(code: number, rules: BasicRules): string {
  const character = String.fromCodePoint(code)
  return rules.lowerCase ? character.toLowerCase() : character
}

function codePoints(text: string): number[] {
  return Array.from(text, (character) => character.codePointAt(0) as number)
}

function toText(run: readonly Source[]): string {
  return run.map(({ code }) => String.fromCodePoint(code)).join('')
}
