import { deepEqual, equal, match, notEqual, ok, rejects, throws } from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { loadTokenizer, type Tokenizer, type TokenizerOptions } from 'biovil'
import { vocabulary, withFiles } from './support.js'

/** The tokenizer of a directory with these files. */
async function tokenizerOf(files: Record<string, string>, options?: TokenizerOptions): Promise<Tokenizer> {
  let tokenizer: Tokenizer | undefined
  await withFiles(files, async (directory) => {
    tokenizer = await loadTokenizer(directory, options)
  })
  return tokenizer as Tokenizer
}

const words = vocabulary(
  'no',
  'pneum',
  '##o',
  '##thorax',
  'cafe',
  'é',
  '.',
  ',',
  'a',
  '##a',
  'i',
  'σ',
  '##σ',
  '[',
  ']',
  'mask',
)

/** Tokens without [CLS] and [SEP]. */
function tokens(tokenizer: Tokenizer, text: string): string[] {
  return tokenizer.encode(text).tokens.slice(1, -1)
}

/** What each token covers of the text. */
function slices(tokenizer: Tokenizer, text: string): string[] {
  const { offsets } = tokenizer.encode(text)
  return offsets.slice(1, -1).map(([start, end]) => text.slice(start, end))
}

describe('Tokenizer', () => {
  let tokenizer: Tokenizer
  before(async () => {
    tokenizer = await tokenizerOf({ 'vocab.txt': words })
  })

  it('encodes a text with ids, tokens, types and offsets', () => {
    const encoding = tokenizer.encode('No  pneumothorax.')
    deepEqual([...encoding.ids], [2, 5, 6, 7, 8, 11, 3])
    deepEqual(encoding.tokens, ['[CLS]', 'no', 'pneum', '##o', '##thorax', '.', '[SEP]'])
    deepEqual(encoding.offsets, [
      [0, 0],
      [0, 2],
      [4, 9],
      [9, 10],
      [10, 16],
      [16, 17],
      [0, 0],
    ]) // prettier-ignore
    deepEqual([...encoding.types], [0, 0, 0, 0, 0, 0, 0])
    equal(encoding.length, 7)
    ok(encoding.ids instanceof Int32Array && encoding.types instanceof Int32Array)
  })

  it('encodes a pair with token types 0 and 1 and offsets in each text', () => {
    const encoding = tokenizer.encode('no.', 'cafe')
    deepEqual(encoding.tokens, ['[CLS]', 'no', '.', '[SEP]', 'cafe', '[SEP]'])
    deepEqual([...encoding.types], [0, 0, 0, 0, 1, 1])
    deepEqual(encoding.offsets, [
      [0, 0],
      [0, 2],
      [2, 3],
      [0, 0],
      [0, 4],
      [0, 0],
    ]) // prettier-ignore
    deepEqual(tokenizer.encode('no', '').tokens, ['[CLS]', 'no', '[SEP]', '[SEP]'])
    deepEqual([...tokenizer.encode('no', '').types], [0, 0, 0, 1])
  })

  it('encodes an empty text as [CLS] [SEP]', () => {
    deepEqual([...tokenizer.encodeIds('')], [2, 3])
    deepEqual(tokenizer.encode(' \t\u200b').tokens, ['[CLS]', '[SEP]'])
  })

  it('keeps offsets right where characters vanish, shrink or become several', () => {
    const text = '\u00adCafé cafe\u0301, İ 𠀀\u{1f600}no a\u200ba'
    deepEqual(tokens(tokenizer, text), ['cafe', 'cafe', ',', 'i', '[UNK]', '[UNK]', 'a', '##a'])
    deepEqual(slices(tokenizer, text), ['Café', 'cafe', ',', 'İ', '𠀀', '\u{1f600}no', 'a', 'a'])
  })

  it('has no final sigma, as Python lower-cases character by character', () => {
    deepEqual(tokens(tokenizer, 'ΣΣ'), ['σ', '##σ'])
  })

  it('takes words of 100 characters and no longer ones', () => {
    equal(tokens(tokenizer, 'a'.repeat(100)).length, 100)
    deepEqual(tokens(tokenizer, 'a'.repeat(101)), ['[UNK]'])
    deepEqual(tokenizer.encode(`${'a'.repeat(101)} a`).offsets[1], [0, 101])
    // Characters, not UTF-16 units, and without those that are removed.
    equal(tokens(tokenizer, 'a\u0301'.repeat(100)).length, 100)
  })

  it('keeps special tokens whole, and only when they are written exactly so', () => {
    deepEqual(tokens(tokenizer, 'no[MASK]a'), ['no', '[MASK]', 'a'])
    deepEqual(tokens(tokenizer, '[[MASK]]'), ['[', '[MASK]', ']'])
    deepEqual(tokens(tokenizer, '[mask]'), ['[', 'mask', ']'])
    deepEqual(tokens(tokenizer, '[SEP]'), ['[SEP]'])
    notEqual(tokens(tokenizer, '[MA\u200bSK]')[0], '[MASK]')
  })

  it('never makes a special token of what removing characters leaves, cased or not', async () => {
    const cased = await tokenizerOf({ 'vocab.txt': words }, { doLowerCase: false })
    for (const text of ['[MA\u200bSK]', '[SE\u00adP]', '\u0000[CL\u0001S]']) {
      equal(cased.findSpecialToken(text), undefined)
      ok(
        !cased
          .encode(text)
          .ids.slice(1, -1)
          .some((id) => id !== cased.ids.unk && id < 5),
        text,
      )
    }
  })

  it('finds special tokens other than [MASK] anywhere in a text', () => {
    equal(tokenizer.findSpecialToken('no [MASK] here'), undefined)
    equal(tokenizer.findSpecialToken('no[SEP]here'), '[SEP]')
    equal(tokenizer.findSpecialToken('[cls]'), undefined)
  })

  it('refuses lone surrogates and says where', () => {
    for (const [text, index] of [
      ['no \ud800', 3],
      ['\udc00', 0],
      ['😀\ud83d no', 2],
    ] as const) {
      for (const encode of [() => tokenizer.encode(text), () => tokenizer.encodeIds(text)]) {
        throws(encode, { code: 'ERR_LONE_SURROGATE', message: new RegExp(`at index ${index}\\b`) })
      }
    }
    deepEqual(tokens(tokenizer, 'no'), ['no'], 'usable after an error')
    throws(() => tokenizer.encode('a', '\ud800'), { code: 'ERR_LONE_SURROGATE' })
  })

  it('translates between ids and tokens', () => {
    equal(tokenizer.vocabularySize, 21)
    equal(tokenizer.token(5), 'no')
    equal(tokenizer.id('no'), 5)
    equal(tokenizer.id('absent'), undefined)
    throws(() => tokenizer.token(21), { code: 'ERR_OUT_OF_RANGE' })
    throws(() => tokenizer.token(-1), { code: 'ERR_OUT_OF_RANGE' })
  })

  it('refuses what is not a string', () => {
    throws(() => tokenizer.encode(1 as unknown as string), { code: 'ERR_INVALID_ARG_TYPE' })
    throws(() => tokenizer.encodeIds(undefined as unknown as string), { code: 'ERR_INVALID_ARG_TYPE' })
    throws(() => tokenizer.encode('a', null as unknown as string), { code: 'ERR_INVALID_ARG_TYPE' })
  })

  it('gives equal ids in turn for texts of any length', () => {
    const long = 'no pneumothorax . '.repeat(5000)
    const before = tokenizer.encodeIds('no')
    equal(tokenizer.encodeIds(long).length, 5 * 5000 + 2)
    deepEqual(tokenizer.encodeIds('no'), before)
    deepEqual(tokenizer.encode(long).ids, tokenizer.encodeIds(long))
  })

  // In each, a step that takes time with the square of the length would take far longer.
  const n = 200_000
  const hard: Record<string, string> = {
    'one word of very many letters': 'a'.repeat(n),
    sentences: 'no pneumothorax, no cafe. '.repeat(n / 20),
    'only punctuation': '.'.repeat(n),
    'only opening brackets': '['.repeat(n),
    'accents without end': `a${'\u0323\u0301'.repeat(n / 2)}`,
    'accents in the wrong order': `a${'\u0301'.repeat(n / 2)}${'\u0323'.repeat(n / 2)}`,
    'marks that change places': `a${'\u302e'.repeat(n / 2)}${'\u{1d165}'.repeat(n / 2)}`,
    'letters with marks': 'a\u{1d165}\u302e'.repeat(n / 4),
  }
  for (const [name, text] of Object.entries(hard)) {
    it(`takes time in proportion to the length: ${name}`, async function () {
      this.timeout(10_000)
      const cased = await tokenizerOf({ 'vocab.txt': words }, { doLowerCase: false, neverSplit: ['abc'] })
      for (const one of [tokenizer, cased]) ok(one.encodeIds(text).length > 2)
    })
  }

  it('encodes a text of 10 MB', function () {
    this.timeout(10_000)
    const ids = tokenizer.encodeIds('no pneumothorax, no cafe. '.repeat(400_000))
    equal(ids.length, 400_000 * 8 + 2)
    deepEqual([...ids.subarray(-9)], [5, 6, 7, 8, 12, 5, 9, 11, 3])
  })
})

describe('loadTokenizer', () => {
  it('follows tokenizer_config.json: cased, accents, CJK, basic tokenization, never_split', async () => {
    const pieces = vocabulary('É', 'e', 'E', '一一', '一', 'x-ray', 'x', '-', 'ray', '!!', '!')
    const load = (config: object) =>
      tokenizerOf({ 'vocab.txt': pieces, 'tokenizer_config.json': JSON.stringify(config) })
    deepEqual(tokens(await load({}), 'É'), ['e'])
    deepEqual(tokens(await load({ do_lower_case: false }), 'É'), ['É'])
    deepEqual(tokens(await load({ do_lower_case: false }), 'E\u0301'), ['É'])
    deepEqual(tokens(await load({ do_lower_case: false, strip_accents: true }), 'É'), ['E'])
    deepEqual(tokens(await load({ strip_accents: false }), 'E É'), ['e', '[UNK]'])
    deepEqual(tokens(await load({ tokenize_chinese_chars: true }), '一一'), ['一', '一'])
    deepEqual(tokens(await load({ tokenize_chinese_chars: false }), '一一'), ['一一'])
    deepEqual(tokens(await load({ do_basic_tokenize: false }), 'E !! X'), ['E', '!!', '[UNK]'])
    deepEqual(tokens(await load({ never_split: null }), 'x-ray'), ['x', '-', 'ray'])
    deepEqual(tokens(await load({ never_split: ['x-ray'] }), 'x-ray, x-ray'), [
      'x',
      '-',
      'ray',
      '[UNK]',
      'x-ray',
    ])
  })

  it('lets options override the configuration', async () => {
    const files = { 'vocab.txt': vocabulary('A', 'a'), 'tokenizer_config.json': '{"do_lower_case": true}' }
    deepEqual(tokens(await tokenizerOf(files), 'A'), ['a'])
    deepEqual(tokens(await tokenizerOf(files, { doLowerCase: false }), 'A'), ['A'])
  })

  it('takes special tokens and their ids from the files, special_tokens_map.json first', async () => {
    const tokenizer = await tokenizerOf({
      'vocab.txt': '<s>\na\n</s>\n<mask>\n<unk>\n<pad>\n',
      'tokenizer_config.json': JSON.stringify({ cls_token: 'wrong', pad_token: { content: '<pad>' } }),
      'special_tokens_map.json': JSON.stringify({
        cls_token: '<s>',
        sep_token: '</s>',
        unk_token: '<unk>',
        mask_token: { content: '<mask>', lstrip: false },
      }),
    })
    deepEqual(tokenizer.ids, { pad: 5, unk: 4, cls: 0, sep: 2, mask: 3 })
    deepEqual(tokenizer.encode('a <mask>b').tokens, ['<s>', 'a', '<mask>', '<unk>', '</s>'])
    equal(tokenizer.findSpecialToken('<s>'), '<s>')
  })

  it('keeps additional special tokens whole', async () => {
    const tokenizer = await tokenizerOf({
      'vocab.txt': vocabulary('[X]', 'a'),
      'special_tokens_map.json': JSON.stringify({ additional_special_tokens: ['[X]'] }),
    })
    deepEqual(tokens(tokenizer, 'a[X]a'), ['a', '[X]', 'a'])
  })

  it('reads a vocabulary file alone, with any line end', async () => {
    for (const end of ['\n', '\r\n', '\r']) {
      const text = vocabulary('no', 'a').replaceAll('\n', end)
      for (const content of [text, text.slice(0, -end.length)]) {
        await withFiles({ 'vocab.txt': content }, async (directory) => {
          const tokenizer = await loadTokenizer(join(directory, 'vocab.txt'))
          deepEqual([...tokenizer.encodeIds('No A')], [2, 5, 6, 3])
        })
      }
    }
  })

  const bad: Record<string, [content: string | Uint8Array, message: RegExp]> = {
    'is empty': ['', /empty/],
    'repeats a piece': [vocabulary('a', 'b', 'a'), /line 8 repeats line 6/],
    'is not UTF-8': [
      Buffer.concat([Buffer.from(vocabulary('a')), Buffer.from([0xff, 10])]),
      /line 7 is not UTF-8/,
    ],
    'starts with a byte order mark': [`\ufeff${vocabulary('a')}`, /byte order mark/],
    'lacks a special token': [vocabulary('a').replace('[MASK]', '[M]'), /\[MASK\] is missing/],
  }
  for (const [problem, [content, message]] of Object.entries(bad)) {
    it(`rejects a vocabulary that ${problem}`, () =>
      withFiles({ 'vocab.txt': content }, async (directory) => {
        await rejects(loadTokenizer(directory), { name: 'BiovilError', code: 'ERR_VOCABULARY', message })
      }))
  }

  it('rejects a path that does not exist and a directory without vocab.txt', () =>
    withFiles({}, async (directory) => {
      await rejects(loadTokenizer(directory), { code: 'ERR_MODEL_FILE_MISSING', message: /vocab\.txt/ })
      await rm(directory, { recursive: true })
      await rejects(loadTokenizer(directory), { code: 'ERR_MODEL_FILE_MISSING' })
    }))

  const badConfigs: Record<string, RegExp> = {
    '{"do_lower_case": "yes"}': /do_lower_case in .*tokenizer_config\.json but found "yes"/,
    '{"strip_accents": 1}': /strip_accents/,
    '{"never_split": "a"}': /never_split/,
    '{"mask_token": 4}': /mask_token/,
    '{"mask_token": {"content": "[MASK]", "lstrip": true}}': /lstrip/,
    '{"additional_special_tokens": [null]}': /additional_special_tokens/,
    '[]': /JSON object/,
    '{': /Expected JSON in/,
  }
  for (const [config, message] of Object.entries(badConfigs)) {
    it(`rejects the configuration ${config}`, async () => {
      const files = { 'vocab.txt': vocabulary('a'), 'tokenizer_config.json': config }
      await rejects(tokenizerOf(files), { code: 'ERR_MODEL_CONFIG', message })
    })
  }

  it('rejects unknown options and wrong types', async () => {
    const files = { 'vocab.txt': vocabulary('a') }
    await rejects(tokenizerOf(files, { lowerCase: true } as TokenizerOptions), { code: 'ERR_UNKNOWN_OPTION' })
    await rejects(tokenizerOf(files, { neverSplit: 'a' } as unknown as TokenizerOptions), {
      code: 'ERR_INVALID_ARG_TYPE',
    })
    await rejects(loadTokenizer(1 as unknown as string), { code: 'ERR_INVALID_ARG_TYPE' })
  })

  it('names the file in what it says of a vocabulary', () =>
    withFiles({ 'vocab.txt': 'a\n' }, async (directory) => {
      await rejects(loadTokenizer(directory), (error: Error) => {
        match(error.message, /vocab\.txt/)
        return true
      })
    }))
})
