// Looks at films that were drawn, with the demonstration model: which text belongs to which film, what is in each film,
// and where. The truth is known, so it is shown beside the answers.
// node examples/demo.mjs [--image FILM] [--phrase "Left pleural effusion"] [--model NAME|DIR]
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { loadModel, pointsInside, promptSet, renderOverlay } from 'biovil'

const { values } = parseArgs({
  options: { image: { type: 'string' }, phrase: { type: 'string' }, model: { type: 'string' } },
})
const examples = dirname(fileURLToPath(import.meta.url))
const output = join(dirname(examples), 'output')
mkdirSync(output, { recursive: true })

const studies = values.image === undefined ? readStudies() : [ownStudy(values.image)]
const model = await loadModel(values.model ?? 'biovil-demo', { onProgress })
say(`${model.name} on ${model.device}${model.demonstration ? ', a DEMONSTRATION model' : ''}`)
if (model.demonstration) say('It was trained on drawn phantoms and means nothing on real films.')
if (model.untrained) say('UNTRAINED weights: the numbers mean nothing.')

const encodings = []
for await (const { encoding, error } of model.encodeImageStream(
  studies.map(({ film }) => film),
  { keepFilm: true },
)) {
  if (error) throw error
  encodings.push(encoding)
  onProgress({ stage: 'films', done: encodings.length, total: studies.length, unit: 'films' })
}
clear()

if (values.image === undefined) await showSimilarities()
await showScores()
await showPlaces()
await model.close()

/** Which text belongs to which film: a film a row, a text a column. */
async function showSimilarities() {
  const found = studies.filter(({ findings }) => findings.length > 0)
  const asked = new Map(
    found.map(({ findings }) => [`${findings[0].label} ${findings[0].side}`, findings[0]]),
  )
  const columns = [...asked.values()]
  const texts = columns.map(({ phrase }) => phrase)
  say('\nCosine similarity of films and texts ([…]: the text is true of the film)\n')
  for (const [i, text] of texts.entries()) say(`  ${letter(i)}  ${text}`)
  const { scores } = await model.similarity(
    found.map(({ film }) => ({ image: film })),
    texts,
  )
  say(`\n  ${''.padEnd(nameWidth())}${texts.map((_, i) => `    ${letter(i)}   `).join('')}`)
  for (const [row, study] of found.entries()) {
    const cells = columns.map(({ label, side }, i) => {
      const score = scores[row][i].toFixed(2).padStart(5)
      return study.findings.some((one) => one.label === label && [side, 'both'].includes(one.side))
        ? ` [${score}]`
        : `  ${score} `
    })
    say(`  ${study.name.padEnd(nameWidth())}${cells.join('')}`)
  }
}

/** What is in each film: the margin of the prompts for a label over those against it; above 0 means yes. */
async function showScores() {
  const prompts = promptSet(model.promptSet)
  const labels = prompts.map(({ label }) => label)
  const known = studies.filter((study) => study.truthOf)
  say(
    `\nZero-shot scores with the prompts '${model.promptSet}' (above 0: found${known.length > 0 ? '; truth in brackets' : ''})\n`,
  )
  for (const [i, label] of labels.entries()) say(`  ${letter(i)}  ${label}`)
  say(`\n  ${''.padEnd(nameWidth())}${labels.map((_, i) => `    ${letter(i)}      `).join('')}`)
  let right = 0
  let asked = 0
  let row = 0
  for await (const { scores, error } of model.classify(studies.map(({ film }) => film))) {
    if (error) throw error
    const study = studies[row++]
    const cells = scores.map(({ label, margin }) => {
      const truth = study.truthOf?.(label)
      if (truth !== undefined) asked++
      if (truth === margin > 0) right++
      const mark = truth === undefined ? '     ' : truth ? '[yes]' : '[no] '
      return `${margin.toFixed(2).padStart(6)}${mark}`
    })
    say(`  ${study.name.padEnd(nameWidth())}${cells.join('')}`)
    study.best = scores.toSorted((a, b) => b.margin - a.margin)[0].label
  }
  if (asked > 0) say(`\n  ${right} of ${asked} right`)
}

/** Where a phrase is: a picture a film, with the true box dashed. */
async function showPlaces() {
  const dashed = studies.some((study) => study.truthOf) ? ', dashed ones are the truth' : ''
  say(`\nWhere is it? The film with heat where the text fits; solid boxes were found${dashed}.\n`)
  for (const [i, study] of studies.entries()) {
    const finding = study.findings.find(({ boxes }) => boxes.length > 0)
    const phrase = values.phrase ?? finding?.phrase ?? (study.truthOf ? undefined : promptFor(study.best))
    if (phrase === undefined) continue
    const grounding = await model.ground(encodings[i], phrase, { smoothing: { padding: 'zero' } })
    const truth = values.phrase === undefined ? (finding?.boxes ?? []).map(rectangle) : []
    const picture = renderOverlay({
      film: encodings[i].film.film,
      grounding,
      boxes: grounding.boxes({ threshold: { percentile: 88 }, top: Math.max(1, truth.length) }),
      truth,
      maxSize: 900,
    })
    const path = join(output, `demo-${study.name.replace(/[^\w.-]+/g, '-')}`)
    writeFileSync(`${path}.png`, await picture.png())
    writeFileSync(`${path}.svg`, await picture.svg())
    onProgress({ stage: 'pictures', done: i + 1, total: studies.length, unit: 'films' })
    const hit =
      truth.length === 0
        ? ''
        : pointsInside(grounding.peak, truth, 0.03 * Math.min(grounding.film.width, grounding.film.height))
          ? '   peak at the true box'
          : '   peak MISSES the true box'
    say(`  ${relative(process.cwd(), `${path}.png`)} and .svg   "${phrase}"${hit}`)
  }
  say(`\nThe pictures are in ${output}`)
}

/** The films beside this file, which were held out from training. */
function readStudies() {
  const lines = readFileSync(join(examples, 'films/studies.jsonl'), 'utf8').trimEnd().split('\n')
  return lines.map((line) => {
    const { film, findings } = JSON.parse(line)
    const labels = new Set(findings.map(({ label }) => label))
    return {
      film: join(examples, 'films', film),
      name: basename(film).replace(/\.\w+$/, ''),
      findings,
      truthOf: (label) => labels.has(label),
    }
  })
}

/** A film of which nothing is known. */
function ownStudy(film) {
  return { film, name: basename(film).replace(/\.\w+$/, ''), findings: [] }
}

function promptFor(label) {
  return promptSet(model.promptSet).find((one) => one.label === label).positive[0]
}

function rectangle([x, y, width, height]) {
  return { x, y, width, height }
}

function letter(i) {
  return String.fromCharCode(65 + i)
}

function nameWidth() {
  return Math.max(...studies.map(({ name }) => name.length)) + 1
}

function say(line) {
  clear()
  console.log(line)
}

/** One line on a terminal, rewritten; nothing elsewhere. */
function onProgress({ stage, done, total }) {
  if (process.stderr.isTTY && total)
    process.stderr.write(`\r\x1b[2K${stage}: ${Math.floor((100 * done) / total)} %`)
}

function clear() {
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[2K')
}
