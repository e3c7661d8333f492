import { BiovilError, wrongType } from '../errors.js'
import type { Tokenizer } from './tokenizer.js'

/** A text, or a pair that becomes `[CLS] first [SEP] second [SEP]` with token types 0 and 1. */
export type TextInput = string | readonly [first: string, second: string]

/** The text as it is now: a pair is an array, which its owner may change. */
export function ownText(text: TextInput): TextInput {
  return Array.isArray(text) ? ([...text] as unknown as TextInput) : text
}

/**
 * `strip` drops trailing "!?." from each text as hi-ml's engines do; `keep` leaves it as the model card's snippet does.
 * The two give different embeddings.
 */
export type Punctuation = 'strip' | 'keep'

/**
 * Token ids of a text as the model takes them: punctuation rule, special tokens refused, length checked.
 *
 * @param index position of the text in its batch, for messages
 * @throws ERR_INVALID_ARG_TYPE, ERR_SPECIAL_TOKEN, ERR_LONE_SURROGATE, ERR_TEXT_TOO_LONG
 */
export function promptIds(
  tokenizer: Tokenizer,
  input: TextInput,
  index: number,
  options: { punctuation: Punctuation; maxLength: number },
): Int32Array {
  const texts = parts(input, index).map((text) => promptText(text, options.punctuation))
  for (const text of texts) refuseSpecialTokens(tokenizer, text, index)
  const [first, second] = texts as [string, string?]
  const ids = second === undefined ? tokenizer.encodeIds(first) : tokenizer.encode(first, second).ids
  if (ids.length > options.maxLength) {
    throw new BiovilError(
      'ERR_TEXT_TOO_LONG',
      `Expected at most ${options.maxLength} tokens (with [CLS] and [SEP]) but text ${index} has ${ids.length}. ` +
        `Split it into sentences; nothing is cut silently.`,
    )
  }
  return ids
}

/** A text under the punctuation rule. */
export function promptText(text: string, punctuation: Punctuation): string {
  if (punctuation === 'keep') return text
  let end = text.length
  while (end > 0 && '!?.'.includes(text.charAt(end - 1))) end--
  return text.slice(0, end)
}

function parts(input: TextInput, index: number): readonly string[] {
  if (typeof input === 'string') return [input]
  const isPair = Array.isArray(input) && input.length === 2 && input.every((part) => typeof part === 'string')
  if (!isPair) throw wrongType(`text ${index}`, 'a string or a pair of strings', input)
  return input as readonly string[]
}

function refuseSpecialTokens(tokenizer: Tokenizer, text: string, index: number): void {
  const found = tokenizer.findSpecialToken(text)
  if (found === undefined) return
  throw new BiovilError(
    'ERR_SPECIAL_TOKEN',
    `Expected no special token other than [MASK] but text ${index} contains ${found}`,
  )
}
