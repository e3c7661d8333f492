// Text end to end, strings to Float32Array, on real report sentences: biovil beside the reference's way (hi-ml's engine:
// input order, padded to the longest, logits of every token computed), in turn, on the same machine and model. As `npm run bench`,
// without options, it takes the reports of the drawn films and leaves the reference out.
//
//   node scripts/bench/text.mjs --reports REPORTS.csv --vocab vocab.txt --python PYTHON [--limit N] [--rounds 3] [--threads 2]
import { execFileSync } from 'node:child_process'
import { createReadStream, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { loadModel, synthesize } from 'biovil'
import { parse } from 'csv-parse'

const { values } = parseArgs({
  options: {
    reports: { type: 'string' },
    vocab: { type: 'string' },
    python: { type: 'string' },
    limit: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '3' },
    threads: { type: 'string', default: '2' },
  },
})
const root = new URL('../../', import.meta.url).pathname
const threads = Number(values.threads)
const folder = join(root, 'build/bench')
mkdirSync(folder, { recursive: true })

const sentences = []
for await (const report of reports()) {
  const text = [report.findings, report.impression].filter(Boolean).join(' ')
  sentences.push(...text.split(/(?<=[.!?])\s+/).filter((sentence) => sentence.split(/\s+/).length > 1))
}
const all = Number(values.limit) > 0 ? sentences.slice(0, Number(values.limit)) : sentences
const list = join(folder, 'sentences.txt')
writeFileSync(list, `${all.join('\n')}\n`)

const directory = join(folder, 'model')
await synthesize(directory, { seed: 7, vocabulary: values.vocab }).catch((error) => {
  if (error.code !== 'ERR_OUTPUT') throw error
})
const loading = performance.now()
const model = await loadModel(directory, { device: 'cpu', threads })
console.log(
  `${cpus()[0].model}, ${threads} threads, ${all.length} sentences, libtorch ${model.facts.libtorch}, Node ${process.versions.node}`,
)
console.log(`load: ${((performance.now() - loading) / 1000).toFixed(2)} s`)
await model.embedText(all.slice(0, 64))

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)]
const ours = []
const unique = []
const theirs = []
for (let round = 0; round < Number(values.rounds); round++) {
  ours.push(await rate(all))
  const different = [...new Set(all)]
  unique.push(await rate(different))
  if (values.python) {
    const args = [
      join(root, 'scripts/bench/reference.py'),
      list,
      '--model',
      directory,
      '--threads',
      String(threads),
      '--repeat',
      '1',
    ]
    const out = execFileSync(values.python, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    theirs.push(JSON.parse(out.trim().split('\n').at(-1)).sentencesPerSecond)
  }
  console.log(
    `round ${round + 1}: biovil ${ours.at(-1).toFixed(1)}/s, without repeats ${unique.at(-1).toFixed(1)}/s, reference ${theirs.at(-1)?.toFixed(1) ?? '-'}/s`,
  )
}
console.log(
  `median: biovil ${median(ours).toFixed(1)}/s${theirs.length ? `, reference ${median(theirs).toFixed(1)}/s, ratio ${(median(ours) / median(theirs)).toFixed(2)}` : ''}`,
)
await model.close()

/** Objects with findings and impression. */
function reports() {
  if (values.reports !== undefined)
    return createReadStream(values.reports).pipe(parse({ columns: true, bom: true }))
  const drawn = readFileSync(join(root, 'test/fixtures/phantoms/studies.jsonl'), 'utf8').trimEnd().split('\n')
  return drawn.map((line) => JSON.parse(line).report)
}

async function rate(texts) {
  const started = performance.now()
  await model.embedText(texts)
  return (texts.length * 1000) / (performance.now() - started)
}
