/** Pieces of one text and where each begins and ends in it. */
export interface ScannedText {
  readonly ids: Int32Array
  readonly starts: Int32Array
  readonly ends: Int32Array
}

/** A text, or a pair of texts, as tokens. */
export class Encoding {
  /** Token ids with [CLS] and [SEP], int32 [length]. */
  readonly ids: Int32Array
  /** Token types, int32 [length]: 0 up to the first [SEP], 1 for the second text and its [SEP]. */
  readonly types: Int32Array
  readonly #parts: readonly ScannedText[]
  readonly #vocabulary: { token(id: number): string }

  constructor(
    vocabulary: { token(id: number): string; readonly ids: { readonly cls: number; readonly sep: number } },
    first: ScannedText,
    second?: ScannedText,
  ) {
    this.#vocabulary = vocabulary
    this.#parts = second ? [first, second] : [first]
    const length = this.#parts.reduce((sum, part) => sum + part.ids.length + 1, 1)
    this.ids = new Int32Array(length)
    this.types = new Int32Array(length)
    this.ids[0] = vocabulary.ids.cls
    let at = 1
    for (const [type, { ids }] of this.#parts.entries()) {
      this.ids.set(ids, at)
      this.ids[at + ids.length] = vocabulary.ids.sep
      this.types.fill(type, at, at + ids.length + 1)
      at += ids.length + 1
    }
  }

  get length(): number {
    return this.ids.length
  }

  /** The pieces; those inside a word begin with `##`. */
  get tokens(): string[] {
    return Array.from(this.ids, (id) => this.#vocabulary.token(id))
  }

  /**
   * Where each token begins and ends in its own text, in UTF-16 units: `text.slice(start, end)`. [CLS] and the final
   * [SEP]s have [0, 0]. Accents and other characters that were removed at the edge of a piece are outside of it.
   */
  get offsets(): [start: number, end: number][] {
    const offsets: [number, number][] = [[0, 0]]
    for (const { starts, ends } of this.#parts) {
      for (let i = 0; i < starts.length; i++) offsets.push([starts[i] as number, ends[i] as number])
      offsets.push([0, 0])
    }
    return offsets
  }
}
