// Sentences per second of the tokenizer on one core, and with --python of the `tokenizers` package in the same run.
//
//     node scripts/bench/tokenizer.mjs --vocab vocab.txt --texts texts.txt [--python python3] [--rounds 7]
//
// texts.txt has one text a line; a .csv of reports with findings and impression is cut into sentences.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { loadTokenizer } from 'biovil'
import { parse } from 'csv-parse/sync'

const { values } = parseArgs({
  options: {
    vocab: { type: 'string' },
    texts: { type: 'string' },
    python: { type: 'string' },
    rounds: { type: 'string', default: '7' },
  },
})
if (!values.vocab || !values.texts) throw new Error('Give --vocab FILE and --texts FILE')

const texts = readTexts(values.texts)
const rounds = Number(values.rounds)
const characters = texts.reduce((sum, text) => sum + text.length, 0)
console.log(
  `${texts.length} texts, ${(characters / texts.length).toFixed(1)} characters each, best of ${rounds}`,
)

const start = performance.now()
const tokenizer = await loadTokenizer(values.vocab)
console.log(`load: ${(performance.now() - start).toFixed(0)} ms`)
show(
  'biovil encodeIds',
  best(() => texts.reduce((sum, text) => sum + tokenizer.encodeIds(text).length, 0)),
)
show(
  'biovil encode with offsets',
  best(() => texts.reduce((sum, text) => sum + tokenizer.encode(text).offsets.length, 0)),
)
if (values.python) comparePython(values.python)

function readTexts(file) {
  const content = readFileSync(file, 'utf8')
  if (!file.endsWith('.csv')) return content.split('\n').filter(Boolean)
  const reports = parse(content, { columns: true })
  return reports
    .flatMap(({ findings, impression }) => [findings, impression])
    .flatMap((text) => text.split(/(?<=[.?!]) +/))
    .filter(Boolean)
}

function best(work) {
  let seconds = Number.POSITIVE_INFINITY
  let tokens = 0
  for (let round = 0; round < rounds; round++) {
    const from = performance.now()
    tokens = work()
    seconds = Math.min(seconds, (performance.now() - from) / 1000)
  }
  return { seconds, tokens }
}

function show(name, { seconds, tokens }) {
  const rate = Math.round(texts.length / seconds).toLocaleString('en')
  console.log(
    `${name}: ${rate} texts/s, ${((seconds / texts.length) * 1e6).toFixed(2)} µs each, ${tokens} tokens`,
  )
}

function comparePython(python) {
  const program = `
import json, sys, time
from tokenizers.implementations import BertWordPieceTokenizer
vocab, file, rounds = sys.argv[1:]
texts = json.load(open(file, encoding="utf-8"))
tokenizer = BertWordPieceTokenizer(vocab)
seconds, tokens = 1e9, 0
for _ in range(int(rounds)):
    start = time.perf_counter()
    tokens = sum(len(encoding.ids) for encoding in tokenizer.encode_batch(texts))
    seconds = min(seconds, time.perf_counter() - start)
print(json.dumps({"seconds": seconds, "tokens": tokens}))
`
  const directory = mkdtempSync(join(tmpdir(), 'biovil-bench-'))
  try {
    const file = join(directory, 'texts.json')
    writeFileSync(file, JSON.stringify(texts))
    // One thread, as above.
    const env = { ...process.env, RAYON_NUM_THREADS: '1', TOKENIZERS_PARALLELISM: 'false' }
    const args = ['-c', program, resolve(values.vocab), file, String(rounds)]
    show('tokenizers (Rust), encode_batch', JSON.parse(execFileSync(python, args, { env, encoding: 'utf8' })))
  } finally {
    rmSync(directory, { recursive: true })
  }
}
