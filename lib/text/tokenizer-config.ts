import { join } from 'node:path'
import { BiovilError, quote } from '../errors.js'
import { parseJson } from '../io/json.js'
import { readSmallFile } from '../io/regular-file.js'
import { bare, bareJson } from '../json.js'

/** What `tokenizer_config.json` and `special_tokens_map.json` say; absent values are Hugging Face's defaults. */
export interface TokenizerConfig {
  /** Lower-case the text. Default true. */
  readonly doLowerCase: boolean
  /** Remove accents; null: when lower-casing. Default null. */
  readonly stripAccents: boolean | null
  /** Make every CJK ideograph a word. Default true. */
  readonly tokenizeChineseChars: boolean
  /** false: only split at whitespace. Default true. */
  readonly doBasicTokenize: boolean
  /** Words that are neither normalised nor split. Default none. */
  readonly neverSplit: readonly string[]
  readonly padToken: string
  readonly unkToken: string
  readonly clsToken: string
  readonly sepToken: string
  readonly maskToken: string
  /** Further strings that are one token wherever they occur. */
  readonly additionalSpecialTokens: readonly string[]
}

export const defaultConfig: TokenizerConfig = {
  doLowerCase: true,
  stripAccents: null,
  tokenizeChineseChars: true,
  doBasicTokenize: true,
  neverSplit: [],
  padToken: '[PAD]',
  unkToken: '[UNK]',
  clsToken: '[CLS]',
  sepToken: '[SEP]',
  maskToken: '[MASK]',
  additionalSpecialTokens: [],
}

/** Those of other tokenizers list all their added tokens. */
const configLimits = { depth: 32, tokens: 500_000 }

/**
 * Reads both files of a model directory; a missing one counts as empty. Where both name a special token,
 * special_tokens_map.json wins, as in Hugging Face's loader.
 *
 * @throws ERR_MODEL_CONFIG
 */
export async function readTokenizerConfig(directory: string): Promise<TokenizerConfig> {
  const file = join(directory, 'tokenizer_config.json')
  const config = await readObject(file)
  const mapFile = join(directory, 'special_tokens_map.json')
  const map = await readObject(mapFile)
  const special = (key: string, fallback: string) =>
    tokenText(map[key], key, mapFile) ?? tokenText(config[key], key, file) ?? fallback
  const flag = (key: string, fallback: boolean) => boolean(config[key], key, file) ?? fallback
  return {
    doLowerCase: flag('do_lower_case', defaultConfig.doLowerCase),
    stripAccents: boolean(config['strip_accents'], 'strip_accents', file) ?? null,
    tokenizeChineseChars: flag('tokenize_chinese_chars', defaultConfig.tokenizeChineseChars),
    doBasicTokenize: flag('do_basic_tokenize', defaultConfig.doBasicTokenize),
    neverSplit: tokenTexts(config['never_split'], 'never_split', file),
    padToken: special('pad_token', defaultConfig.padToken),
    unkToken: special('unk_token', defaultConfig.unkToken),
    clsToken: special('cls_token', defaultConfig.clsToken),
    sepToken: special('sep_token', defaultConfig.sepToken),
    maskToken: special('mask_token', defaultConfig.maskToken),
    additionalSpecialTokens: [
      ...tokenTexts(config['additional_special_tokens'], 'additional_special_tokens', file),
      ...tokenTexts(map['additional_special_tokens'], 'additional_special_tokens', mapFile),
      ...addedTokens(config['added_tokens_decoder'], file),
    ],
  }
}

async function readObject(file: string): Promise<Record<string, unknown>> {
  let text: string
  try {
    text = (await readSmallFile(file)).toString('utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return bare({})
    throw new BiovilError('ERR_MODEL_CONFIG', `${file} cannot be read: ${(cause as Error).message}`, {
      cause,
    })
  }
  let value: unknown
  try {
    value = bareJson(parseJson(text, configLimits))
  } catch (cause) {
    throw new BiovilError('ERR_MODEL_CONFIG', `Expected JSON in ${file}: ${(cause as Error).message}`, {
      cause,
    })
  }
  if (!isObject(value)) throw unexpected('a JSON object', 'the content', file, value)
  return value
}

function boolean(value: unknown, key: string, file: string): boolean | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'boolean') throw unexpected('true, false or null', key, file, value)
  return value
}

/** A token is a string, or an object with its text in `content` and flags that must be off. */
function tokenText(value: unknown, key: string, file: string): string | undefined {
  if (value === undefined || value === null) return undefined
  if (isObject(value)) {
    for (const flag of ['lstrip', 'rstrip', 'single_word']) {
      if (value[flag] === true) throw unexpected(`no token with ${flag}`, key, file, value)
    }
  }
  const text = isObject(value) ? value['content'] : value
  if (typeof text !== 'string' || text === '') throw unexpected('a token (a string)', key, file, value)
  return text
}

function tokenTexts(value: unknown, key: string, file: string): string[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw unexpected('a list of tokens or null', key, file, value)
  return value.map((item: unknown) => tokenText(item ?? '', key, file) as string)
}

function addedTokens(value: unknown, file: string): string[] {
  if (value === undefined || value === null) return []
  if (!isObject(value)) throw unexpected('an object or null', 'added_tokens_decoder', file, value)
  return tokenTexts(Object.values(value), 'added_tokens_decoder', file)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function unexpected(expected: string, key: string, file: string, value: unknown): BiovilError {
  return new BiovilError(
    'ERR_MODEL_CONFIG',
    `Expected ${expected} for ${key} in ${file} but found ${quote(value)}`,
  )
}
