import { deepEqual, equal } from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { loadTokenizer, type Tokenizer } from 'biovil'
import { parse } from 'csv-parse/sync'
import { withTestData } from '../support/test-data.js'
import {
  digest,
  type FuzzPlan,
  fixtures,
  fnv,
  fuzz,
  readJson,
  vocabulary as vocabularyOf,
  withFiles,
} from './support.js'

interface Run {
  name: string
  config: Record<string, unknown>
  seed: number
  count: number
  rest: boolean
  fastDiffers: number | null
  ids: string
  offsets: string
  pairs: string
}

interface Published {
  vocabulary: string
  reports: string
  fuzz: { seed: number; count: number; leftOut: number[] }
  sets: Record<string, { count: number; ids: string; offsets: string }>
  tokenCounts: { texts: number; words: number; pieces: number }
}

const optionNames: Record<string, string> = {
  do_lower_case: 'doLowerCase',
  strip_accents: 'stripAccents',
  tokenize_chinese_chars: 'tokenizeChineseChars',
  do_basic_tokenize: 'doBasicTokenize',
  never_split: 'neverSplit',
}

/** Offsets flat, as the reference hashes them. */
function offsets(tokenizer: Tokenizer, text: string): Int32Array {
  return Int32Array.from(tokenizer.encode(text).offsets.flat())
}

function hashes(base64: string): Uint32Array {
  return new Uint32Array(new Uint8Array(Buffer.from(base64, 'base64')).buffer)
}

describe("tokenizer against Python's", () => {
  const vocabularyFile = join(fixtures, 'vocab.txt')
  let plan: FuzzPlan
  let encodings: { unicode: string; runs: Run[] }
  let vocabulary: string[]

  before(async () => {
    plan = await readJson('fuzz.json')
    encodings = await readJson('encodings.json')
    vocabulary = (await readFile(vocabularyFile, 'utf8')).split('\n').slice(0, -1)
  })

  for (const name of [
    'default',
    'cased',
    'cased, accents stripped',
    'accents kept',
    'CJK not split',
    'whitespace only',
    'never split',
    'all of Unicode',
  ]) {
    it(`gives the same ids and offsets: ${name}`, async function () {
      this.timeout(20_000)
      const run = encodings.runs.find((candidate) => candidate.name === name) as Run
      const options = Object.fromEntries(
        Object.entries(run.config).map(([key, value]) => [optionNames[key], value]),
      )
      const tokenizer = await loadTokenizer(vocabularyFile, options)
      const texts = [
        ...(name === 'default' ? plan.strings : []),
        ...fuzz(plan, vocabulary, run.seed, run.count, run.rest),
      ]
      const [ids, places] = [hashes(run.ids), hashes(run.offsets)]
      equal(ids.length, texts.length)
      for (const [i, text] of texts.entries()) {
        const encoding = tokenizer.encode(text)
        const context = () => `text ${i} ${JSON.stringify(text)}: ${encoding.tokens.join(' ')}`
        if (fnv(encoding.ids) !== ids[i]) equal(fnv(encoding.ids), ids[i], context())
        deepEqual(tokenizer.encodeIds(text), encoding.ids, context())
        if (places[i] !== 0 && fnv(offsets(tokenizer, text)) !== places[i]) {
          equal(fnv(offsets(tokenizer, text)), places[i], `${context()} ${JSON.stringify(encoding.offsets)}`)
        }
      }
      const pairs = texts.slice(0, 101).flatMap((text, i, some) => {
        const second = some[i + 1]
        if (second === undefined) return []
        const { ids, types } = tokenizer.encode(text, second)
        return [ids, types]
      })
      equal(digest(pairs), run.pairs)
    })
  }

  it('has the same case mapping and normalisation of every character in this Node', async function () {
    this.timeout(20_000)
    // In the reference's digest are all characters but those of category C*, which the tokenizer removes.
    await withFiles({ 'vocab.txt': vocabularyOf('ab') }, async (directory) => {
      const tokenizer = await loadTokenizer(directory, { doLowerCase: false })
      const hash = createHash('sha256')
      for (let code = 0x20; code < 0x110000; code++) {
        if (code >= 0xd800 && code < 0xe000) continue
        const character = String.fromCodePoint(code)
        const removed = tokenizer.encodeIds(`a${character}b`)[1] === tokenizer.id('ab')
        if (removed && code !== 0xfffd) continue
        const lower = character.toLowerCase()
        for (const text of [lower, lower.normalize('NFD'), character.normalize('NFC')]) hash.update(text)
      }
      equal(hash.digest('hex'), encodings.unicode)
    })
  })
})

withTestData('tokenizer on the published vocabulary and real reports', (folder) => {
  let expected: Published
  let tokenizer: Tokenizer
  let reports: Record<'findings' | 'impression', string>[]
  const vocabularyFile = join(folder, 'text/cxr-bert-vocab.txt')

  before(async () => {
    expected = await readJson('published.json')
    const csv = await readFile(join(folder, 'text/openi_reports.csv'))
    const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
    equal(sha256(csv), expected.reports, 'not the reports that the reference was made with')
    equal(sha256(await readFile(vocabularyFile)), expected.vocabulary)
    reports = parse(csv, { columns: true }) as typeof reports
    tokenizer = await loadTokenizer(vocabularyFile)
  })

  async function texts(set: string): Promise<string[]> {
    const findings = reports.map((row) => row.findings)
    const impressions = reports.map((row) => row.impression)
    if (set === 'findings') return findings
    if (set === 'impressions') return impressions
    if (set === 'sentences') {
      return [...findings, ...impressions].flatMap((text) => text.split(/(?<=[.?!]) +/)).filter(Boolean)
    }
    const pieces = (await readFile(vocabularyFile, 'utf8')).split('\n').slice(0, -1)
    const { seed, count, leftOut } = expected.fuzz
    const used = pieces.filter((_, id) => !leftOut.includes(id))
    return fuzz(await readJson('fuzz.json'), used, seed, count)
  }

  for (const set of ['findings', 'impressions', 'sentences', 'fuzz']) {
    it(`gives the ids and offsets of Python for all ${set}`, async function () {
      this.timeout(60_000)
      const all = await texts(set)
      const reference = expected.sets[set]
      equal(all.length, reference?.count)
      equal(digest(all.map((text) => tokenizer.encodeIds(text))), reference?.ids)
      equal(digest(all.map((text) => offsets(tokenizer, text))), reference?.offsets)
    })
  }

  it('has the token counts of the published statistic: 1.51 % more pieces than words', async () => {
    const some = (await texts('findings')).filter((text) => text !== '' && !text.includes('XXXX'))
    let [pieces, words] = [0, 0]
    for (const text of some) {
      const tokens = tokenizer.encode(text).tokens.slice(1, -1)
      pieces += tokens.length
      words += tokens.filter((token) => !token.startsWith('##')).length
    }
    deepEqual({ texts: some.length, words, pieces }, expected.tokenCounts)
    equal(some.length, 1911)
    equal(((pieces / words - 1) * 100).toFixed(2), '1.51')
  })

  it('gives the golden ids', () => {
    const golden = {
      'There is no pneumothorax or pleural effusion': [2009, 1752, 1858, 4809, 1783, 3752, 3370],
      'Retrocardiac opacity likely reflects known hiatal [MASK]': [12608, 7638, 3052, 11005, 3063, 19268, 4],
      'Hydropneumothorax, bibasilar.': [25503, 3000, 4653, 16, 10232, 18],
      pneumothorax: [4809],
      atelectasis: [5483],
      cardiomegaly: [10109],
      consolidation: [6596],
      hemithorax: [19275],
      retrocardiac: [12608],
    }
    for (const [text, ids] of Object.entries(golden)) {
      deepEqual([...tokenizer.encodeIds(text)], [2, ...ids, 3], text)
    }
  })
})
