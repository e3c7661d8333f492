import { type BasicRules, meaningOf } from './basic.js'
import type { Trie } from './trie.js'

// An action says in its lowest 3 bits what the scanner does with a character; the rest is a number for it.

/** Not looked up yet. */
export const UNSEEN = 0
export const REMOVED = 1
export const SPACE = 2
/** Part of a word; the number is its symbol. */
export const LETTER = 3
/** A word of its own; the number is its symbol. */
export const SINGLE = 4
/** Several of the two above; the number is an index into `several`. */
export const SEVERAL = 5
/** Depends on the neighbours. */
export const CONTEXT = 6
/** Half of a surrogate pair, or a special token may begin here. */
export const LOOK = 7

/** For every character what the scanner does with it, worked out when it first occurs. */
export class Plan {
  /** Actions by UTF-16 code unit. */
  readonly units = new Int32Array(0x10000)
  readonly several: (readonly number[])[] = []
  readonly #rules: BasicRules
  readonly #symbols: Trie['symbols']
  readonly #looked = new Map<number, number>()

  constructor(rules: BasicRules, symbols: Trie['symbols'], specialStarts: Iterable<number>) {
    this.#rules = rules
    this.#symbols = symbols
    this.units.fill(LOOK, 0xd800, 0xe000)
    for (const unit of specialStarts) this.units[unit] = LOOK
  }

  /** The action for a code point that `units` knows nothing of (UNSEEN or LOOK). */
  actionOf(code: number): number {
    if (code <= 0xffff && this.units[code] === UNSEEN) {
      const action = this.#workOut(code)
      this.units[code] = action
      return action
    }
    let action = this.#looked.get(code)
    if (action === undefined) {
      action = this.#workOut(code)
      this.#looked.set(code, action)
    }
    return action
  }

  #workOut(code: number): number {
    const meaning = meaningOf(code, this.#rules)
    if (meaning === 'space') return SPACE
    if (meaning === 'context') return CONTEXT
    if (meaning === 'removed' || meaning.length === 0) return REMOVED
    const actions = meaning.map((part) => {
      const symbol = this.#symbols.get(part.code) ?? 0
      return (symbol << 3) | (part.single ? SINGLE : LETTER)
    })
    if (actions.length === 1) return actions[0] as number
    return ((this.several.push(actions) - 1) << 3) | SEVERAL
  }
}
