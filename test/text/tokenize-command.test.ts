import { deepEqual, equal, match } from 'node:assert/strict'
import { join } from 'node:path'
import { biovil } from '../support/cli.js'
import { vocabulary, withFiles } from './support.js'

describe('biovil tokenize', () => {
  const files = {
    'vocab.txt': vocabulary('no', 'No', 'pneum', '##o', '##thorax', 'é', 'e'),
    'tokenizer_config.json': '{"do_lower_case": false}',
  }
  const first = {
    text: 'No é [MASK]',
    ids: [2, 6, 10, 4, 3],
    tokens: ['[CLS]', 'No', 'é', '[MASK]', '[SEP]'],
    offsets: [
      [0, 0],
      [0, 2],
      [3, 4],
      [5, 11],
      [0, 0],
    ],
  }

  it('gives {text, ids, tokens, offsets}, one line a text, without libtorch', () =>
    withFiles(files, async (directory) => {
      const { code, stdout } = await biovil(['tokenize', first.text, '', '--model', directory, '--json'])
      equal(code, 0)
      const rows = stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as typeof first)
      equal(rows.length, 2)
      deepEqual(rows[0], first)
      deepEqual(Object.keys(rows[0] as object), ['text', 'ids', 'tokens', 'offsets'])
      deepEqual(rows[1]?.ids, [2, 3])
    }))

  it('takes a vocabulary file alone, with lower-casing', () =>
    withFiles(files, async (directory) => {
      const args = ['tokenize', 'No', '--vocab', join(directory, 'vocab.txt'), '--json']
      deepEqual(JSON.parse((await biovil(args)).stdout).tokens, ['[CLS]', 'no', '[SEP]'])
    }))

  it('reads one text a line from stdin', () =>
    withFiles(files, async (directory) => {
      const args = ['tokenize', '-', '--model', directory, '--json']
      const { code, stdout } = await biovil(args, { input: 'No\n\npneumothorax\r\nno\u2028no' })
      equal(code, 0)
      const rows = stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line))
      deepEqual(
        rows.map((row) => row.text),
        ['No', '', 'pneumothorax', 'no\u2028no'],
      )
      deepEqual(rows[3].ids, [2, 5, 5, 3])
    }))

  it('shows people a table', () =>
    withFiles(files, async (directory) => {
      const { stdout } = await biovil(['tokenize', 'No pneumo', '--model', directory])
      match(stdout, /^No pneumo\n {7}2 {2}\[CLS\]\n {7}6 {2}No +0-2\n {7}7 {2}pneum +3-8\n/)
    }))

  it('wants a text and one of --model and --vocab', async () => {
    for (const args of [['--vocab', 'a'], ['text'], ['text', '--model', 'a', '--vocab', 'b']]) {
      const { code, stdout } = await biovil(['tokenize', ...args])
      equal(code, 2, args.join(' '))
      equal(stdout, '')
    }
    const missing = await biovil(['tokenize', 'text', '--vocab', '/nowhere/vocab.txt'])
    equal(missing.code, 1)
    match(missing.stderr, /ERR_MODEL_FILE_MISSING/)
  })
})
