import type { Program, Tensor } from '../../binding.d.ts'
import { Embeddings } from '../embeddings.js'
import { BiovilError, wrongType } from '../errors.js'
import type { TextFacts } from '../model/facts.js'
import { boolean, callback, integer, oneOf, readOptions, signal, withDefault } from '../options.js'
import type { OnProgress } from '../progress.js'
import { marksOf, type Standing } from '../standing.js'
import { Sequences } from './batches.js'
import { type EncodeOptions, encodeTexts, runBatches, type TextEncoder } from './encoder.js'
import { type FilledText, fillMasks } from './fill-mask.js'
import { ownText, type Punctuation, promptIds, promptText, type TextInput } from './prompts.js'
import { leastRecentlyUsed } from './row-cache.js'
import { type EarlierRows, encodeStream } from './stream.js'
import type { Encoding, Tokenizer } from './tokenizer.js'

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

/** Phrases whose rows are remembered: 512 kB. */
const PHRASES = 1024

const punctuation = withDefault(oneOf('strip', 'keep'), 'strip')

/** The text encoder of a model: tokenizer, program and what the weights allow. `Model` documents its methods. */
export class TextModel {
  readonly facts: TextFacts
  readonly #program: Program
  readonly #tokenizer: Tokenizer
  readonly #budget: number
  readonly #standing: Standing
  /** Phrases are looked for in film after film. */
  readonly #phrases = leastRecentlyUsed(PHRASES)

  constructor(
    facts: TextFacts,
    program: Program,
    tokenizer: Tokenizer,
    where: { device: string; standing: Standing },
  ) {
    this.facts = facts
    this.#program = program
    this.#tokenizer = tokenizer
    this.#budget = where.device === 'cpu' ? 1024 : 16384
    this.#standing = where.standing
  }

  async embed(texts: string | readonly TextInput[], options?: EmbedTextOptions): Promise<Embeddings> {
    const read = this.#embedOptions(options)
    const list = asList(texts)
    const data = await encodeTexts(this.#encoder(), list, read)
    return new Embeddings(data, [list.length, this.facts.dimension], {
      normalized: read.normalize,
      ...this.#standing,
    })
  }

  /** Normalised rows of phrases that are likely to come again: those known from before are not computed. */
  async embedPhrases(
    phrases: readonly string[],
    options: Pick<EmbedTextOptions, 'punctuation' | 'signal'>,
  ): Promise<Embeddings> {
    const read = this.#embedOptions(options)
    const data = await encodeTexts(this.#encoder(), phrases, read, 0, this.#phrases)
    return new Embeddings(data, [phrases.length, this.facts.dimension], {
      normalized: true,
      ...this.#standing,
    })
  }

  embedStream(
    texts: Iterable<TextInput> | AsyncIterable<TextInput>,
    options?: EmbedTextOptions,
    earlier?: EarlierRows,
  ): AsyncGenerator<Embeddings, void, undefined> {
    const isIterable =
      typeof texts === 'object' &&
      texts !== null &&
      (Symbol.iterator in texts || Symbol.asyncIterator in texts)
    if (!isIterable) throw wrongType('texts', 'an iterable of strings', texts)
    return encodeStream(this.#encoder(), texts, this.#embedOptions(options), this.#standing, earlier)
  }

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
    for (const [i, text] of (typeof input === 'string' ? [input] : [...input]).entries()) {
      if (typeof text !== 'string') throw wrongType(`text ${i}`, 'a string', text)
      const ids = promptIds(this.#tokenizer, text, i, { ...read, maxLength: this.facts.maxLength })
      const parts = { tokenizer: this.#tokenizer, program: this.#program }
      const found = await fillMasks(parts, text, ids, read.topK, read.signal)
      filled.push({ ...found, ...marksOf(this.#standing) })
    }
    return typeof input === 'string' ? (filled[0] as FilledText) : filled
  }

  async hiddenStates(
    texts: readonly TextInput[],
    options?: Pick<EmbedTextOptions, 'punctuation' | 'tokenBudget' | 'signal'>,
  ): Promise<Tensor[]> {
    const read = this.#embedOptions(options)
    const sequences = new Sequences()
    for (const [i, text] of asList(texts).entries()) {
      sequences.push(promptIds(this.#tokenizer, text, i, { ...read, maxLength: this.facts.maxLength }))
    }
    const states = new Array<Tensor>(sequences.length)
    const encoder = { ...this.#encoder(), method: 'hidden' }
    await runBatches(encoder, sequences, read, (batch, [result], length) => {
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

  tokenize(text: string, options?: { punctuation?: Punctuation }): Encoding {
    const read = readOptions(options, { punctuation })
    if (typeof text !== 'string') throw wrongType('text', 'a string', text)
    return this.#tokenizer.encode(promptText(text, read.punctuation))
  }

  close(): void {
    this.#program.close()
  }

  #require(method: string, head: string): void {
    if (this.facts.methods.includes(method)) return
    throw new BiovilError(
      'ERR_NO_HEAD',
      `The weights have no ${head}; they offer ${this.facts.methods.join(', ')}`,
    )
  }

  #encoder(): TextEncoder {
    return {
      tokenizer: this.#tokenizer,
      program: this.#program,
      method: this.facts.methods.includes('embed') ? 'embed' : 'cls_hidden',
      dimension: this.facts.dimension,
      maxLength: this.facts.maxLength,
    }
  }

  #embedOptions(options: unknown): EncodeOptions {
    return readOptions(options, {
      normalize: withDefault(boolean, true),
      punctuation,
      tokenBudget: withDefault(integer(1), this.#budget),
      signal,
      onProgress: callback<OnProgress>(),
      onInvalid: callback<(error: Error, index: number) => void>(),
    })
  }
}

/**
 * A pair of strings could be two texts: an array is always a list, and a pair stands inside one. The list is the call's
 * own: the caller may change its array while the texts are read.
 */
function asList(texts: string | readonly TextInput[]): readonly TextInput[] {
  if (typeof texts === 'string') return [texts]
  if (!Array.isArray(texts)) throw wrongType('texts', 'a string or an array of strings', texts)
  return texts.map(ownText)
}
