import { inspect } from 'node:util'
import type { Tensor } from '../../binding.d.ts'
import type { Embeddings } from '../embeddings.js'
import { BiovilError } from '../errors.js'
import type { FilledText } from '../text/fill-mask.js'
import type { Punctuation, TextInput } from '../text/prompts.js'
import type { EmbedTextOptions, FillMaskOptions, TextModel } from '../text/text-model.js'
import type { Encoding } from '../text/tokenizer.js'
import type { ModelFacts } from './facts.js'

/** Cosine similarities: `scores[i][j]` is of rows[i] and columns[j], from -1 to 1. */
export interface SimilarityMatrix {
  readonly rows: readonly TextInput[]
  readonly columns: readonly TextInput[]
  readonly scores: number[][]
}

/** A loaded model on a device. Made by `loadModel`; give it back with `close()` or `await using`. */
export class Model implements AsyncDisposable {
  /** What was loaded, from where, and what it can do. */
  readonly facts: ModelFacts
  readonly #text: TextModel | undefined
  #closed = false

  /** @internal */
  constructor(facts: ModelFacts, parts: { text: TextModel | undefined }) {
    this.facts = facts
    this.#text = parts.text
  }

  /** Name of the model, or its directory. */
  get name(): string {
    return this.facts.name
  }

  /** Device that was chosen: `cpu`, `cuda:0`, … */
  get device(): string {
    return this.facts.device
  }

  /** Length of a text embedding: 128 with a projection head, else the hidden size. */
  get dimension(): number {
    return this.#parts().text.facts.dimension
  }

  /** Whether the weights are seeded random numbers: nothing such a model says means anything. */
  get untrained(): boolean {
    return this.facts.untrained
  }

  get closed(): boolean {
    return this.#closed
  }

  /**
   * One row per text, in input order: dims [n, 128], the projected embedding of [CLS]. Without a projection head the
   * last hidden state of [CLS], [n, 768]. Equal texts are computed once.
   *
   * @throws ERR_TEXT_TOO_LONG, ERR_SPECIAL_TOKEN, ERR_LONE_SURROGATE, ERR_CLOSED, ERR_OUT_OF_MEMORY
   */
  async embedText(texts: string | readonly TextInput[], options?: EmbedTextOptions): Promise<Embeddings> {
    return this.#open().text.embed(texts, options)
  }

  /**
   * The same for a stream of any length in bounded memory: yields the rows of up to 2,048 consecutive texts at a time,
   * in order. Equal texts that are near each other are computed once.
   */
  embedTextStream(
    texts: Iterable<TextInput> | AsyncIterable<TextInput>,
    options?: EmbedTextOptions,
  ): AsyncGenerator<Embeddings, void, undefined> {
    return this.#open().text.embedStream(texts, options)
  }

  /** Cosine similarity of every row text with every column text (default: the rows themselves). */
  async similarity(
    rows: readonly TextInput[],
    columns: readonly TextInput[] = rows,
    options?: Pick<EmbedTextOptions, 'punctuation' | 'signal'>,
  ): Promise<SimilarityMatrix> {
    const a = await this.embedText(rows, options)
    const b = columns === rows ? a : await this.embedText(columns, options)
    const scores = a.similarity(b)
    const m = columns.length
    return { rows, columns, scores: rows.map((_, i) => Array.from(scores.subarray(i * m, (i + 1) * m))) }
  }

  /**
   * What the masked-language head expects at every [MASK].
   *
   * @throws ERR_NO_HEAD, ERR_NO_MASK, and those of embedText
   */
  async fillMask(text: string, options?: FillMaskOptions): Promise<FilledText>
  async fillMask(texts: readonly string[], options?: FillMaskOptions): Promise<FilledText[]>
  async fillMask(
    input: string | readonly string[],
    options?: FillMaskOptions,
  ): Promise<FilledText | FilledText[]> {
    return this.#open().text.fillMask(input, options)
  }

  /** Last hidden states, one tensor a text: dims [tokens of the text with [CLS] and [SEP], hidden size]. */
  async hiddenStates(
    texts: readonly TextInput[],
    options?: Pick<EmbedTextOptions, 'punctuation' | 'tokenBudget' | 'signal'>,
  ): Promise<Tensor[]> {
    return this.#open().text.hiddenStates(texts, options)
  }

  /** Ids, tokens and offsets as the model sees the text, under the same punctuation rule. */
  tokenize(text: string, options?: { punctuation?: Punctuation }): Encoding {
    return this.#parts().text.tokenize(text, options)
  }

  /** Gives the memory back when the runs in flight have finished; they still resolve. May be called again. */
  async close(): Promise<void> {
    this.#closed = true
    this.#text?.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  [inspect.custom](): string {
    const { name, device, dtype, text, untrained } = this.facts
    const notes = `${untrained ? ', UNTRAINED' : ''}${this.#closed ? ', closed' : ''}`
    return `Model(${name}, ${device}, ${dtype}${text ? `, ${text.dimension}-d` : ''}${notes})`
  }

  #open(): { text: TextModel } {
    if (!this.#closed) return this.#parts()
    throw new BiovilError('ERR_CLOSED', `The model ${this.name} was closed; load it again with loadModel()`)
  }

  #parts(): { text: TextModel } {
    if (this.#text) return { text: this.#text }
    throw new BiovilError(
      'ERR_NO_HEAD',
      `${this.name} has no text encoder: ${this.facts.directory} lacks its files`,
    )
  }
}
