/**
 * All pieces of a vocabulary in a double array: from state `s`, the character with symbol `c` leads to
 * `t = base[s] + c` if `check[t] === s`. `value[t]` is the id of the piece that ends at `t`, or -1.
 */
export interface Trie {
  readonly base: Int32Array
  readonly check: Int32Array
  readonly value: Int32Array
  /** Symbols are numbered from 1 so that frequent characters are small; characters of no piece have none. */
  readonly symbols: ReadonlyMap<number, number>
  readonly root: number
}

/** A plain tree with the children of a node as a linked list. */
interface Tree {
  readonly size: number
  readonly firstChild: Int32Array
  readonly nextSibling: Int32Array
  readonly childCount: Int32Array
  readonly symbol: Int32Array
  readonly id: Int32Array
}

/** Builds the trie of `pieces`; the index of a piece is its id. An empty piece has an id but never matches. */
export function buildTrie(pieces: readonly string[]): Trie {
  const symbols = numberSymbols(pieces)
  const tree = growTree(pieces, symbols)
  const place = placeChildren(tree)
  return { ...layOut(tree, place, symbols.size), symbols }
}

/** The state after `text`, or -1. */
export function walk(trie: Trie, text: string): number {
  let state = trie.root
  for (const character of text) {
    const symbol = trie.symbols.get(character.codePointAt(0) as number)
    if (symbol === undefined) return -1
    const next = (trie.base[state] as number) + symbol
    if (trie.check[next] !== state) return -1
    state = next
  }
  return state
}

function numberSymbols(pieces: readonly string[]): Map<number, number> {
  const counts = new Map<number, number>()
  for (const piece of pieces) {
    for (const character of piece) {
      const code = character.codePointAt(0) as number
      counts.set(code, (counts.get(code) ?? 0) + 1)
    }
  }
  const byFrequency = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0])
  return new Map(byFrequency.map(([code], i) => [code, i + 1]))
}

function growTree(pieces: readonly string[], symbols: ReadonlyMap<number, number>): Tree {
  const capacity = pieces.reduce((sum, piece) => sum + piece.length, 1)
  const firstChild = new Int32Array(capacity)
  const nextSibling = new Int32Array(capacity)
  const childCount = new Int32Array(capacity)
  const parent = new Int32Array(capacity)
  const symbol = new Int32Array(capacity)
  const id = new Int32Array(capacity).fill(-1)
  // Children are found through a hash table of their numbers, open addressing: some nodes have thousands.
  const mask = 2 ** Math.ceil(Math.log2(capacity) + 1) - 1
  const table = new Int32Array(mask + 1)
  let size = 1
  const childOf = (node: number, s: number): number => {
    let slot = (Math.imul(node, 0x9e3779b1) ^ Math.imul(s, 0x85ebca6b)) & mask
    for (;;) {
      const child = table[slot] as number
      if (child === 0) break
      if (parent[child] === node && symbol[child] === s) return child
      slot = (slot + 1) & mask
    }
    table[slot] = size
    parent[size] = node
    symbol[size] = s
    nextSibling[size] = firstChild[node] as number
    firstChild[node] = size
    childCount[node] = (childCount[node] as number) + 1
    return size++
  }
  for (let i = 0; i < pieces.length; i++) {
    let node = 0
    for (const character of pieces[i] as string) {
      node = childOf(node, symbols.get(character.codePointAt(0) as number) as number)
    }
    if (node !== 0) id[node] = i
  }
  return { size, firstChild, nextSibling, childCount, symbol, id }
}

/**
 * Chooses for every node with children the base at which they find room. Nodes with many children go first, while
 * there is room everywhere; the many nodes with one child then fill the gaps.
 */
function placeChildren(tree: Tree): Int32Array {
  const { size, firstChild, nextSibling, childCount, symbol } = tree
  const bases = new Int32Array(size)
  const free = new FreeCells(size + 4096)
  const crowded: number[] = []
  for (let node = 0; node < size; node++) if ((childCount[node] as number) > 1) crowded.push(node)
  crowded.sort((a, b) => (childCount[b] as number) - (childCount[a] as number))
  for (const node of crowded) {
    const first = firstChild[node] as number
    const base = free.findRoom(symbol[first] as number, (candidate) => {
      for (let child = nextSibling[first] as number; child !== 0; child = nextSibling[child] as number) {
        if (free.taken(candidate + (symbol[child] as number))) return false
      }
      return true
    })
    for (let child = first; child !== 0; child = nextSibling[child] as number) {
      free.take(base + (symbol[child] as number))
    }
    bases[node] = base
  }
  for (let node = 0; node < size; node++) {
    if (childCount[node] !== 1) continue
    const only = symbol[firstChild[node] as number] as number
    bases[node] = free.find(only)
    free.take((bases[node] as number) + only)
  }
  return bases
}

function layOut(tree: Tree, bases: Int32Array, symbolCount: number): Omit<Trie, 'symbols'> {
  const highest = bases.reduce((max, base) => Math.max(max, base), 0)
  // Every base + symbol is inside, so that a lookup never leaves the arrays.
  const length = highest + symbolCount + 1
  const base = new Int32Array(length)
  const check = new Int32Array(length).fill(-1)
  const value = new Int32Array(length).fill(-1)
  const root = 0
  const stateOf = new Int32Array(tree.size)
  // A child always has a higher number than its parent, so its own state is known when its turn comes.
  for (let node = 0; node < tree.size; node++) {
    const state = node === 0 ? root : (stateOf[node] as number)
    value[state] = tree.id[node] as number
    base[state] = bases[node] as number
    for (let c = tree.firstChild[node] as number; c !== 0; c = tree.nextSibling[c] as number) {
      const at = (bases[node] as number) + (tree.symbol[c] as number)
      check[at] = state
      stateOf[c] = at
    }
  }
  return { base, check, value, root }
}

/** A search that tries more cells than this leaves them to nodes with one child: the time stays linear. */
const mostTries = 64

/** The free cells of the array as a linked list; cell 0 is the root. Grows as needed. */
class FreeCells {
  #next: Int32Array
  #previous: Int32Array
  /** Where searches for more than one cell begin: 0, or a free cell. */
  #from = 0

  constructor(capacity: number) {
    this.#next = new Int32Array(capacity)
    this.#previous = new Int32Array(capacity)
    this.#link(0, capacity)
  }

  /** A base whose `symbol` cell is free, one of the first if it can be. */
  find(symbol: number): number {
    let cell = this.#next[0] as number
    for (let tries = 0; tries < mostTries && cell !== 0 && cell < symbol; tries++) {
      cell = this.#next[cell] as number
    }
    if (cell < symbol) cell = this.#previous[0] as number
    while (cell < symbol) cell = this.#grow()
    return cell - symbol
  }

  /** A base whose `symbol` cell is free and that `fits`. */
  findRoom(symbol: number, fits: (base: number) => boolean): number {
    let cell = this.#from === 0 ? (this.#next[0] as number) : this.#from
    for (let tries = 0; ; tries++) {
      if (cell === 0) cell = this.#grow()
      if (tries > mostTries) this.#from = cell
      if (cell >= symbol && fits(cell - symbol)) return cell - symbol
      cell = this.#next[cell] as number
    }
  }

  taken(cell: number): boolean {
    return cell < this.#next.length && this.#previous[cell] === -1
  }

  take(cell: number): void {
    while (cell >= this.#next.length) this.#grow()
    const next = this.#next[cell] as number
    const previous = this.#previous[cell] as number
    this.#next[previous] = next
    this.#previous[next] = previous
    this.#previous[cell] = -1
    if (cell === this.#from) this.#from = next
  }

  /** Doubles the array and returns the first new cell. */
  #grow(): number {
    const old = this.#next.length
    const next = new Int32Array(old * 2)
    const previous = new Int32Array(old * 2)
    next.set(this.#next)
    previous.set(this.#previous)
    this.#next = next
    this.#previous = previous
    this.#link(old, old * 2)
    return old
  }

  /** Links the cells from..to behind the last free cell. The list is a ring through cell 0. */
  #link(from: number, to: number): void {
    const first = Math.max(from, 1)
    const last = from === 0 ? 0 : (this.#previous[0] as number)
    for (let cell = first; cell < to; cell++) {
      this.#next[cell] = cell + 1 === to ? 0 : cell + 1
      this.#previous[cell] = cell === first ? last : cell - 1
    }
    this.#next[last] = first
    this.#previous[0] = to - 1
  }
}
