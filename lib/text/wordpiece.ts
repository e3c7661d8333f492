import { type Trie, walk } from './trie.js'

/** Longer words are unknown as a whole (`max_input_chars_per_word` of BERT, in code points). */
export const MAX_WORD = 100

/** Buffers start with this length, and go back to it after a text that made them much longer. */
const CAPACITY = 1024

/**
 * Collects the characters of a word, cuts it into pieces, greedy longest match first, and collects their ids with
 * their places in the text. The buffers are reused from text to text.
 */
export class Wordpiece {
  /** Ids of the text so far, and where each begins and ends in it; the first `count` entries count. */
  ids = new Int32Array(CAPACITY)
  starts = new Int32Array(CAPACITY)
  ends = new Int32Array(CAPACITY)
  count = 0

  // The word: symbols of the trie (0: in no piece) and their places. Beyond MAX_WORD only the end matters.
  #length = 0
  #longEnd = 0
  readonly #symbols = new Int32Array(MAX_WORD)
  readonly #symbolStarts = new Int32Array(MAX_WORD)
  readonly #symbolEnds = new Int32Array(MAX_WORD)

  readonly #base: Int32Array
  readonly #check: Int32Array
  readonly #value: Int32Array
  readonly #root: number
  readonly #continuation: number
  readonly #unknown: number

  constructor(trie: Trie, unknown: number) {
    this.#base = trie.base
    this.#check = trie.check
    this.#value = trie.value
    this.#root = trie.root
    // Pieces inside a word are written with ## in front, so their trie is the part of the whole behind ##.
    this.#continuation = walk(trie, '##')
    this.#unknown = unknown
  }

  /** Starts a new text. */
  reset(): void {
    this.count = 0
    this.#length = 0
    if (this.ids.length <= 64 * CAPACITY) return
    this.ids = new Int32Array(CAPACITY)
    this.starts = new Int32Array(CAPACITY)
    this.ends = new Int32Array(CAPACITY)
  }

  /** Adds a character to the word. */
  letter(symbol: number, start: number, end: number): void {
    const at = this.#length++
    if (at < MAX_WORD) {
      this.#symbols[at] = symbol
      this.#symbolStarts[at] = start
      this.#symbolEnds[at] = end
    } else {
      this.#longEnd = end
    }
  }

  /** Adds a character that is a word of its own. */
  single(symbol: number, start: number, end: number): void {
    this.endWord()
    this.letter(symbol, start, end)
    this.endWord()
  }

  /** Ends the word, if there is one, and adds its pieces. */
  endWord(): void {
    const length = this.#length
    if (length === 0) return
    this.#length = 0
    if (length > MAX_WORD) {
      this.piece(this.#unknown, this.#symbolStarts[0] as number, this.#longEnd)
      return
    }
    if (this.count + length > this.ids.length) this.#grow()
    const first = this.count
    let state = this.#root
    for (let from = 0; from < length; ) {
      const to = state < 0 ? from : this.#longestPiece(state, from, length)
      if (to === from) {
        this.count = first
        this.piece(this.#unknown, this.#symbolStarts[0] as number, this.#symbolEnds[length - 1] as number)
        return
      }
      from = to
      state = this.#continuation
    }
  }

  /** Adds a piece of its own, outside of any word. */
  piece(id: number, start: number, end: number): void {
    if (this.count === this.ids.length) this.#grow()
    const count = this.count++
    this.ids[count] = id
    this.starts[count] = start
    this.ends[count] = end
  }

  /** Adds the longest piece that begins at `from`; returns where it ends, or `from` when there is none. */
  #longestPiece(state: number, from: number, length: number): number {
    const base = this.#base
    const check = this.#check
    const value = this.#value
    const symbols = this.#symbols
    let id = -1
    let to = from
    for (let at = from; at < length; ) {
      const next = (base[state] as number) + (symbols[at] as number)
      if (check[next] !== state) break
      state = next
      at++
      const found = value[next] as number
      if (found >= 0) {
        id = found
        to = at
      }
    }
    if (to === from) return from
    const count = this.count++
    this.ids[count] = id
    this.starts[count] = this.#symbolStarts[from] as number
    this.ends[count] = this.#symbolEnds[to - 1] as number
    return to
  }

  #grow(): void {
    this.ids = doubled(this.ids)
    this.starts = doubled(this.starts)
    this.ends = doubled(this.ends)
  }
}

function doubled(array: Int32Array): Int32Array<ArrayBuffer> {
  const result = new Int32Array(array.length * 2)
  result.set(array)
  return result
}
