import { BiovilError } from '../errors.js'
import { type BasicRules, normalizeInContext, type Sink } from './basic.js'
import { CONTEXT, LETTER, LOOK, Plan, SEVERAL, SINGLE, SPACE, UNSEEN } from './plan.js'
import type { Trie } from './trie.js'
import { Wordpiece } from './wordpiece.js'

/** A string that is one token wherever it occurs in a text. */
export interface SpecialToken {
  readonly text: string
  readonly id: number
}

/** The vocabulary as the scanner needs it. */
export interface Pieces {
  readonly trie: Trie
  readonly unknown: number
  id(piece: string): number | undefined
}

/**
 * Turns text into token ids and their places, without [CLS] and [SEP]. The results stay in `pieces` until the next
 * text.
 */
export class Scanner {
  readonly pieces: Wordpiece
  readonly #rules: BasicRules
  readonly #vocabulary: Pieces
  readonly #plan: Plan
  /** Longest first, so that the first match is the longest. */
  readonly #specials: readonly SpecialToken[]

  constructor(rules: BasicRules, vocabulary: Pieces, specials: readonly SpecialToken[]) {
    this.pieces = new Wordpiece(vocabulary.trie, vocabulary.unknown)
    this.#rules = rules
    this.#vocabulary = vocabulary
    this.#specials = [...specials].sort((a, b) => b.text.length - a.text.length)
    const starts = specials.map(({ text }) => text.charCodeAt(0))
    this.#plan = new Plan(rules, vocabulary.trie.symbols, starts)
  }

  /** @throws ERR_LONE_SURROGATE */
  scan(text: string): void {
    const needsContext = this.#rules.basic && this.#rules.neverSplit.size > 0
    if (needsContext || !this.#scanByCharacter(text)) this.scanInContext(text)
  }

  /** The way of nearly all texts, where every character has one meaning. Returns false when one has not. */
  #scanByCharacter(text: string): boolean {
    const { pieces } = this
    const { units } = this.#plan
    const length = text.length
    pieces.reset()
    for (let i = 0; i < length; ) {
      const unit = text.charCodeAt(i)
      let action = units[unit] as number
      let end = i + 1
      let kind = action & 7
      if (kind === LETTER) {
        pieces.letter(action >> 3, i, end)
        i = end
        continue
      }
      if (kind === LOOK || kind === UNSEEN) {
        const special = kind === LOOK ? this.#specialAt(text, i) : undefined
        if (special) {
          i = this.#addSpecial(special, i)
          continue
        }
        const code = codePointAt(text, i)
        if (code > 0xffff) end++
        action = this.#plan.actionOf(code)
        kind = action & 7
      }
      if (kind === SPACE) pieces.endWord()
      else if (kind === CONTEXT) return false
      else if (kind === SEVERAL) {
        for (const one of this.#plan.several[action >> 3] as readonly number[]) this.#add(one, i, end)
      } else this.#add(action, i, end)
      i = end
    }
    pieces.endWord()
    return true
  }

  #add(action: number, start: number, end: number): void {
    if ((action & 7) === SINGLE) this.pieces.single(action >> 3, start, end)
    else if ((action & 7) === LETTER) this.pieces.letter(action >> 3, start, end)
  }

  #addSpecial(special: SpecialToken, start: number): number {
    const end = start + special.text.length
    this.pieces.endWord()
    this.pieces.piece(special.id, start, end)
    return end
  }

  #specialAt(text: string, at: number): SpecialToken | undefined {
    for (const special of this.#specials) if (text.startsWith(special.text, at)) return special
    return undefined
  }

  /** The slow way, right for every text and every rule. */
  scanInContext(text: string): void {
    const sink = new Words(this.pieces, this.#vocabulary, this.#rules.neverSplit)
    this.pieces.reset()
    let from = 0
    for (let i = 0; i < text.length; ) {
      const special = this.#specialAt(text, i)
      if (special) {
        normalizeInContext(text, from, i, this.#rules, sink)
        i = this.#addSpecial(special, i)
        from = i
      } else i += codePointAt(text, i) > 0xffff ? 2 : 1
    }
    normalizeInContext(text, from, text.length, this.#rules, sink)
  }
}

/** Takes normalised text to the pieces; looks up as a whole the words that are never split. */
class Words implements Sink {
  readonly #pieces: Wordpiece
  readonly #vocabulary: Pieces
  readonly #neverSplit: ReadonlySet<string>
  #word: { code: number; start: number; end: number }[] = []

  constructor(pieces: Wordpiece, vocabulary: Pieces, neverSplit: ReadonlySet<string>) {
    this.#pieces = pieces
    this.#vocabulary = vocabulary
    this.#neverSplit = neverSplit
  }

  character(code: number, start: number, end: number): void {
    this.#word.push({ code, start, end })
  }

  single(code: number, start: number, end: number): void {
    this.boundary()
    this.character(code, start, end)
    this.boundary()
  }

  whole(word: string, start: number, end: number): void {
    this.#pieces.piece(this.#vocabulary.id(word) ?? this.#vocabulary.unknown, start, end)
  }

  boundary(): void {
    const word = this.#word
    const first = word[0]
    if (first === undefined) return
    this.#word = []
    const text = this.#neverSplit.size > 0 ? word.map(({ code }) => String.fromCodePoint(code)).join('') : ''
    if (this.#neverSplit.has(text)) {
      this.whole(text, first.start, (word.at(-1) ?? first).end)
      return
    }
    for (const { code, start, end } of word) {
      this.#pieces.letter(this.#vocabulary.trie.symbols.get(code) ?? 0, start, end)
    }
    this.#pieces.endWord()
  }
}

/** @throws ERR_LONE_SURROGATE */
function codePointAt(text: string, at: number): number {
  const code = text.codePointAt(at) as number
  if (code >= 0xd800 && code <= 0xdfff) {
    const half = code < 0xdc00 ? 'high' : 'low'
    throw new BiovilError(
      'ERR_LONE_SURROGATE',
      `Expected well-formed Unicode but received a text with a lone ${half} surrogate ` +
        `(\\u${code.toString(16)}) at index ${at}. text.toWellFormed() replaces such characters by U+FFFD`,
    )
  }
  return code
}
