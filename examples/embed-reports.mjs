// Embeds the findings and impressions of a report set, sentence by sentence, then grounds a phrase in a film.
// node examples/embed-reports.mjs [REPORTS.csv] [--all] [--image FILM] [--model NAME|DIR]
//
// Without a model it makes a full-size checkpoint with seeded random weights: the work is real, the numbers mean nothing.
import { spawnSync } from 'node:child_process'
import { createReadStream, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { synthesize } from 'biovil'
import { parse } from 'csv-parse'
import { drawPhantom } from './phantom.mjs'

const { values, positionals } = parseArgs({
  options: { all: { type: 'boolean' }, image: { type: 'string' }, model: { type: 'string' } },
  allowPositionals: true,
})
const root = dirname(dirname(fileURLToPath(import.meta.url)))
const output = join(root, 'output')
const data = process.env.BIOVIL_TEST_DATA
mkdirSync(output, { recursive: true })

const model = values.model ?? (await untrainedModel())
const { name, sentences } = await readSentences()
const list = join(output, 'sentences.txt')
writeFileSync(list, `${sentences.join('\n')}\n`)
console.log(`\n${sentences.length} sentences of ${name}`)

biovil('embed', list, '--model', model, '--output', join(output, 'embeddings.npy'))
console.log(
  `\nThe sentences:   ${list}\nTheir embeddings: ${join(output, 'embeddings.npy')} (float32, row i = line i)`,
)

// A film: the one given, or a drawn one. With untrained weights the heat means nothing; the work is the same.
const image = values.image ?? (await drawPhantom(join(output, 'phantom.png')))
const phrase = 'Left basilar consolidation seen'
const picture = join(output, 'grounding.png')
console.log(`\nWhere is "${phrase}" in ${image}?`)
biovil('ground', image, phrase, '--model', model, '--png', picture)
console.log(`The picture: ${picture}`)

console.log("\nCosine similarity of the model card's three prompts:")
const shown = spawnSync(process.execPath, [join(root, 'examples/three-prompts.mjs'), model], {
  stdio: 'inherit',
})
process.exitCode = shown.status ?? 1

function biovil(...args) {
  const { status } = spawnSync(process.execPath, [join(root, 'dist/cli/main.js'), ...args], {
    stdio: 'inherit',
  })
  if (status !== 0) process.exit(status ?? 1)
}

/** Findings and impressions, cut after ". ", from the CSV given, the test data, or the sentences beside this file. */
async function readSentences() {
  const known = data && join(data, 'text/openi_reports.csv')
  const csv = positionals[0] ?? (known && existsSync(known) ? known : undefined)
  if (csv === undefined) {
    const lines = readFileSync(join(root, 'examples/sentences.txt'), 'utf8').trimEnd().split('\n')
    return {
      name: 'examples/sentences.txt (give a CSV with findings and impression for more)',
      sentences: lines,
    }
  }
  const sentences = []
  let reports = 0
  for await (const report of createReadStream(csv).pipe(parse({ columns: true, bom: true }))) {
    const text = [report.findings, report.impression].filter(Boolean).join(' ')
    if (text === '') continue
    if (!values.all && reports === 300) break
    reports++
    sentences.push(...text.split(/(?<=[.!?])\s+/).filter((sentence) => sentence.trim() !== ''))
  }
  return { name: `${reports} reports in ${csv}${values.all ? '' : ' (--all for every one)'}`, sentences }
}

async function untrainedModel() {
  const published = data && join(data, 'text/cxr-bert-vocab.txt')
  const vocabulary =
    published && existsSync(published) ? { vocabulary: published } : { vocabularySize: 30522 }
  const directory = join(output, `untrained-biovil${vocabulary.vocabulary ? '' : '-small-vocabulary'}`)
  if (existsSync(join(directory, 'biovil_image_resnet50_proj_size_128.pt'))) return directory
  console.error('Writing full-size checkpoints with seeded random weights (540 MB) …')
  await synthesize(directory, { seed: 1, parts: ['text', 'image'], formats: ['safetensors'], ...vocabulary })
  return directory
}
