// Embeds the findings and impressions of a report set, sentence by sentence.
// node examples/embed-reports.mjs [REPORTS.csv] [--all] [--model NAME|DIR]
//
// Without a model it takes the demonstration model, which knows drawn films and few words: name a published one for real use.
import { spawnSync } from 'node:child_process'
import { createReadStream, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { parse } from 'csv-parse'

const { values, positionals } = parseArgs({
  options: { all: { type: 'boolean' }, model: { type: 'string' } },
  allowPositionals: true,
})
const root = dirname(dirname(fileURLToPath(import.meta.url)))
const output = join(root, 'output')
const data = process.env.BIOVIL_TEST_DATA
mkdirSync(output, { recursive: true })

const model = values.model ?? 'biovil-demo'
const { name, sentences } = await readSentences()
const list = join(output, 'sentences.txt')
writeFileSync(list, `${sentences.join('\n')}\n`)
console.log(`\n${sentences.length} sentences of ${name}`)

const embeddings = join(output, 'embeddings.npy')
rmSync(embeddings, { force: true })
const embed = [join(root, 'dist/cli/main.js'), 'embed', list, '--model', model, '--output', embeddings]
const { status } = spawnSync(process.execPath, embed, { stdio: 'inherit' })
// A sentence that cannot be embedded costs only its own row.
if (!existsSync(embeddings)) process.exit(status ?? 1)
console.log(`\nThe sentences:   ${list}\nTheir embeddings: ${embeddings} (float32, row i = line i)`)

console.log("\nCosine similarity of the model card's three prompts:")
const shown = spawnSync(process.execPath, [join(root, 'examples/three-prompts.mjs'), model], {
  stdio: 'inherit',
})
process.exitCode = shown.status ?? 1

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
