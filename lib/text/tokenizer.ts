import { join } from 'node:path'
import { wrongType } from '../errors.js'
import { boolean, type Check, integer, optional, readOptions } from '../options.js'
import type { BasicRules } from './basic.js'
import { Encoding } from './encoding.js'
import { Scanner, type SpecialToken } from './scanner.js'
import { defaultConfig, readTokenizerConfig, type TokenizerConfig } from './tokenizer-config.js'
import { buildTrie } from './trie.js'
import { isDirectory, readVocabulary, vocabularyError } from './vocabulary.js'

export type { Encoding } from './encoding.js'
export type { TokenizerConfig } from './tokenizer-config.js'

/** Overrides of what the model's tokenizer_config.json says. */
export interface TokenizerOptions {
  /** Lower-case the text. */
  readonly doLowerCase?: boolean
  /** Remove accents; null: when lower-casing. */
  readonly stripAccents?: boolean | null
  /** Make every CJK ideograph a word. */
  readonly tokenizeChineseChars?: boolean
  /** false: only split at whitespace. */
  readonly doBasicTokenize?: boolean
  /** Words that are neither normalised nor split. */
  readonly neverSplit?: readonly string[]
}

/**
 * BERT's tokenizer: basic tokenization, then WordPiece. Gives the ids of Python's `BertTokenizer` for every text.
 * Made by {@link loadTokenizer}; needs neither libtorch nor weights.
 *
 * Special tokens that occur in a text (`[MASK]`, `[SEP]`, …) are one token each, as in Hugging Face's tokenizers;
 * {@link findSpecialToken} tells whether there are any that a prompt should not have.
 */
export class Tokenizer {
  readonly config: TokenizerConfig
  /** Ids of the special tokens in this vocabulary. */
  readonly ids: Readonly<Record<'pad' | 'unk' | 'cls' | 'sep' | 'mask', number>>
  readonly #pieces: readonly string[]
  readonly #byPiece: ReadonlyMap<string, number>
  readonly #scanner: Scanner
  readonly #refused: readonly string[]

  /**
   * @param pieces the vocabulary; a piece's index is its id
   * @param name what messages call the vocabulary
   * @throws ERR_VOCABULARY when a special token is not in the vocabulary
   */
  constructor(pieces: readonly string[], config: TokenizerConfig = defaultConfig, name = 'the vocabulary') {
    strings(pieces, 'pieces')
    if (typeof config !== 'object' || config === null) throw wrongType('config', 'an object', config)
    for (const list of ['neverSplit', 'additionalSpecialTokens'] as const)
      strings(config[list], `config.${list}`)
    this.config = config
    this.#pieces = pieces
    this.#byPiece = new Map(pieces.map((piece, id) => [piece, id]))
    const idOf = (token: string) => {
      const id = this.#byPiece.get(token)
      if (id === undefined) throw vocabularyError(name, `the special token ${token} is missing`)
      return id
    }
    this.ids = {
      pad: idOf(config.padToken),
      unk: idOf(config.unkToken),
      cls: idOf(config.clsToken),
      sep: idOf(config.sepToken),
      mask: idOf(config.maskToken),
    }
    const { padToken, unkToken, clsToken, sepToken, maskToken, additionalSpecialTokens } = config
    const texts = new Set([padToken, unkToken, clsToken, sepToken, maskToken, ...additionalSpecialTokens])
    const specials: SpecialToken[] = [...texts].map((text) => ({ text, id: idOf(text) }))
    this.#refused = [...texts].filter((text) => text !== maskToken)
    const vocabulary = {
      trie: buildTrie(pieces),
      unknown: this.ids.unk,
      id: (piece: string) => this.#byPiece.get(piece),
    }
    this.#scanner = new Scanner(rulesOf(config), vocabulary, specials)
  }

  get vocabularySize(): number {
    return this.#pieces.length
  }

  /**
   * Encodes a text as `[CLS] text [SEP]`, or a pair as `[CLS] text [SEP] pair [SEP]`. Nothing is cut.
   *
   * @throws ERR_INVALID_ARG_TYPE, ERR_LONE_SURROGATE
   */
  encode(text: string, pair?: string): Encoding {
    if (typeof text !== 'string') throw wrongType('text', 'a string', text)
    if (pair !== undefined && typeof pair !== 'string') throw wrongType('pair', 'a string', pair)
    const first = this.#scan(text)
    const second = pair === undefined ? undefined : this.#scan(pair)
    return new Encoding(this, first, second)
  }

  /**
   * Ids of `[CLS] text [SEP]`, int32; the same as `encode(text).ids`, faster.
   *
   * @throws ERR_INVALID_ARG_TYPE, ERR_LONE_SURROGATE
   */
  encodeIds(text: string): Int32Array {
    if (typeof text !== 'string') throw wrongType('text', 'a string', text)
    const { pieces } = this.#scanner
    this.#scanner.scan(text)
    const ids = new Int32Array(pieces.count + 2)
    ids[0] = this.ids.cls
    for (let i = 0; i < pieces.count; i++) ids[i + 1] = pieces.ids[i] as number
    ids[ids.length - 1] = this.ids.sep
    return ids
  }

  /** The first special token other than [MASK] that the text contains anywhere, as hi-ml's engines look for it. */
  findSpecialToken(text: string): string | undefined {
    if (typeof text !== 'string') throw wrongType('text', 'a string', text)
    return this.#refused.find((token) => text.includes(token))
  }

  /** The piece with this id. @throws ERR_OUT_OF_RANGE, ERR_INVALID_ARG_TYPE */
  token(id: number): string {
    return this.#pieces[integer(0, this.#pieces.length - 1)(id, 'id')] as string
  }

  /** The id of a piece, or undefined when the vocabulary has no such piece. */
  id(token: string): number | undefined {
    if (typeof token !== 'string') throw wrongType('token', 'a string', token)
    return this.#byPiece.get(token)
  }

  #scan(text: string) {
    const { pieces } = this.#scanner
    this.#scanner.scan(text)
    return {
      ids: pieces.ids.slice(0, pieces.count),
      starts: pieces.starts.slice(0, pieces.count),
      ends: pieces.ends.slice(0, pieces.count),
    }
  }
}

/**
 * Loads the tokenizer of a model.
 *
 * @param path a model directory (`vocab.txt`, and if they exist `tokenizer_config.json` and
 *   `special_tokens_map.json`), or a vocabulary file alone, which gets Hugging Face's defaults (lower-casing)
 * @throws ERR_MODEL_FILE_MISSING, ERR_MODEL_CONFIG, ERR_VOCABULARY, ERR_INVALID_ARG_TYPE, ERR_UNKNOWN_OPTION
 */
export async function loadTokenizer(path: string, options?: TokenizerOptions): Promise<Tokenizer> {
  if (typeof path !== 'string') throw wrongType('path', 'a string', path)
  const overrides = readOptions(options, {
    doLowerCase: optional(boolean),
    stripAccents: optional(booleanOrNull),
    tokenizeChineseChars: optional(boolean),
    doBasicTokenize: optional(boolean),
    neverSplit: optional(strings),
  })
  const directory = await isDirectory(path)
  const file = directory ? join(path, 'vocab.txt') : path
  const pieces = await readVocabulary(file)
  const config = directory ? await readTokenizerConfig(path) : defaultConfig
  const given = Object.entries(overrides).filter(([, value]) => value !== undefined)
  return new Tokenizer(pieces, { ...config, ...Object.fromEntries(given) }, file)
}

function rulesOf(config: TokenizerConfig): BasicRules {
  return {
    basic: config.doBasicTokenize,
    lowerCase: config.doLowerCase,
    stripAccents: config.stripAccents ?? config.doLowerCase,
    splitChinese: config.tokenizeChineseChars,
    neverSplit: new Set(config.neverSplit),
  }
}

const booleanOrNull: Check<boolean | null> = (value, name) => (value === null ? null : boolean(value, name))

const strings: Check<readonly string[]> = (value, name) => {
  if (!Array.isArray(value) || !Array.from(value).every((item) => typeof item === 'string')) {
    throw wrongType(name, 'an array of strings', value)
  }
  return value as string[]
}
