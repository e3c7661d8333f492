import { inspect } from 'node:util'
import type { Program, Tensor } from '../../binding.d.ts'
import { Embeddings } from '../embeddings.js'
import { BiovilError, wrongType } from '../errors.js'
import { boolean, callback, integer, oneOf, readOptions, signal, withDefault } from '../options.js'
import type { OnProgress } from '../progress.js'
import { Sequences } from '../text/batches.js'
import { type EncodeOptions, encodeTexts, runBatches, type TextEncoder } from '../text/encoder.js'
import { type FilledText, fillMasks } from '../text/fill-mask.js'
import { type Punctuation, promptIds, promptText, type TextInput } from '../text/prompts.js'
import { encodeStream } from '../text/stream.js'
import type { Encoding, Tokenizer } from '../text/tokenizer.js'
import type { ModelFacts } from './facts.js'

export interface EmbedTextOptions {
  /** Scale each row to L2 norm 1 (default true). */
  normalize?: boolean
  /** `strip` (default) drops trailing "!?." as the reference engine does, `keep` follows the model card's snippet. */
  punctuation?: Punctuation
  /** Most padded tokens in one batch; default 1,024 on CPU, 16,384 on CUDA. One text is always allowed. */
  tokenBudget?: number
  /** Takes effect at the next batch. The call rejects with the signal's reason. */
  signal?: AbortSignal
  onProgress?: OnProgress
  /** Called for each text that cannot be embedded; its row becomes NaN. Without it the first one rejects the call. */
  onInvalid?: (error: Error, index: number) => void
}

export interface FillMaskOptions {
  /** Predictions per mask, best first (default 5). */
  topK?: number
  punctuation?: Punctuation
  signal?: AbortSignal
}

/** Cosine similarities: `scores[i][j]` is of rows[i] and columns[j], from -1 to 1. */
export interface SimilarityMatrix {
  readonly rows: readonly TextInput[]
  readonly columns: readonly TextInput[]
  readonly scores: number[][]
}

const punctuation = withDefault(oneOf('strip', 'keep'), 'strip')

/** A loaded model on a device. Made by `loadModel`; give it back with `close()` or `await using`. */
export class Model implements AsyncDisposable {
  /** What was loaded, from where, and what it can do. */
  readonly facts: ModelFacts
  readonly #program: Program
  readonly #tokenizer: Tokenizer
  #closed = false

  /** @internal */
  constructor(facts: ModelFacts, program: Program, tokenizer: Tokenizer) {
    this.facts = facts
    this.#program = program
    this.#tokenizer = tokenizer
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
    return this.facts.dimension
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
    const read = this.#embedOptions(options)
    const list = asList(texts)
    const data = await encodeTexts(this.#encoder(), list, read)
    return new Embeddings(data, [list.length, this.dimension], {
      normalized: read.normalize,
      untrained: this.untrained,
    })
  }

  /**
   * The same for a stream of any length in bounded memory: yields the rows of up to 2,048 consecutive texts at a time,
   * in order. Equal texts that are near each other are computed once.
   */
  embedTextStream(
    texts: Iterable<TextInput> | AsyncIterable<TextInput>,
    options?: EmbedTextOptions,
  ): AsyncGenerator<Embeddings, void, undefined> {
    const isIterable =
      typeof texts === 'object' &&
      texts !== null &&
      (Symbol.iterator in texts || Symbol.asyncIterator in texts)
    if (!isIterable) throw wrongType('texts', 'an iterable of strings', texts)
    return encodeStream(this.#encoder(), texts, this.#embedOptions(options), this.untrained)
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
    const read = readOptions(options, {
      topK: withDefault(integer(1, this.#tokenizer.vocabularySize), 5),
      punctuation,
      signal,
    })
    this.#require('mlm', 'masked-language head (cls.predictions.*)')
    if (typeof input !== 'string' && !Array.isArray(input))
      throw wrongType('texts', 'a string or an array', input)
    const filled: FilledText[] = []
    for (const [i, text] of (typeof input === 'string' ? [input] : input).entries()) {
      if (typeof text !== 'string') throw wrongType(`text ${i}`, 'a string', text)
      const ids = promptIds(this.#tokenizer, text, i, { ...read, maxLength: this.facts.maxLength })
      filled.push(
        await fillMasks(
          { tokenizer: this.#tokenizer, program: this.#program },
          text,
          ids,
          read.topK,
          read.signal,
        ),
      )
    }
    return typeof input === 'string' ? (filled[0] as FilledText) : filled
  }

  /**
   * Last hidden states, one tensor a text: dims [tokens of the text with [CLS] and [SEP], hidden size].
   */
  async hiddenStates(
    texts: readonly TextInput[],
    options?: Pick<EmbedTextOptions, 'punctuation' | 'tokenBudget' | 'signal'>,
  ): Promise<Tensor[]> {
    const read = this.#embedOptions(options)
    this.#open()
    const sequences = new Sequences()
    for (const [i, text] of asList(texts).entries()) {
      sequences.push(promptIds(this.#tokenizer, text, i, { ...read, maxLength: this.facts.maxLength }))
    }
    const states = new Array<Tensor>(sequences.length)
    await runBatches({ ...this.#encoder(), method: 'hidden' }, sequences, read, (batch, [result], length) => {
      const { data, dims } = result as Tensor
      const width = dims[2] as number
      batch.forEach((i, row) => {
        const size = sequences.size(i)
        const start = row * length * width
        states[i] = { type: 'float32', dims: [size, width], data: data.slice(start, start + size * width) }
      })
    })
    return states
  }

  /** Ids, tokens and offsets as the model sees the text, under the same punctuation rule. */
  tokenize(text: string, options?: { punctuation?: Punctuation }): Encoding {
    const read = readOptions(options, { punctuation })
    if (typeof text !== 'string') throw wrongType('text', 'a string', text)
    return this.#tokenizer.encode(promptText(text, read.punctuation))
  }

  /** Gives the memory back when the runs in flight have finished; they still resolve. May be called again. */
  async close(): Promise<void> {
    this.#closed = true
    this.#program.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  [inspect.custom](): string {
    const { name, device, dtype, dimension, untrained } = this.facts
    const notes = `${untrained ? ', UNTRAINED' : ''}${this.#closed ? ', closed' : ''}`
    return `Model(${name}, ${device}, ${dtype}, ${dimension}-d${notes})`
  }

  #open(): void {
    if (this.#closed)
      throw new BiovilError('ERR_CLOSED', `The model ${this.name} was closed; load it again with loadModel()`)
  }

  #require(method: string, head: string): void {
    this.#open()
    if (this.facts.methods.includes(method)) return
    throw new BiovilError(
      'ERR_NO_HEAD',
      `${this.name} has no ${head}; it offers ${this.facts.methods.join(', ')}`,
    )
  }

  #encoder(): TextEncoder {
    this.#open()
    return {
      tokenizer: this.#tokenizer,
      program: this.#program,
      method: this.facts.methods.includes('embed') ? 'embed' : 'cls_hidden',
      dimension: this.dimension,
      maxLength: this.facts.maxLength,
    }
  }

  #embedOptions(options: unknown): EncodeOptions {
    return readOptions(options, {
      normalize: withDefault(boolean, true),
      punctuation,
      tokenBudget: withDefault(integer(1), this.device === 'cpu' ? 1024 : 16384),
      signal,
      onProgress: callback<OnProgress>(),
      onInvalid: callback<(error: Error, index: number) => void>(),
    })
  }
}

/** A pair of strings could be two texts: an array is always a list, and a pair stands inside one. */
function asList(texts: string | readonly TextInput[]): readonly TextInput[] {
  if (typeof texts === 'string') return [texts]
  if (!Array.isArray(texts)) throw wrongType('texts', 'a string or an array of strings', texts)
  return texts
}
