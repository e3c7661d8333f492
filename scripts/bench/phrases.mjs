// Grounding one phrase and fifty in one film, from its file: phrases the model knows from before, and new ones.
//
//   node scripts/bench/phrases.mjs --vocab vocab.txt [--rounds 5] [--threads 2]
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { loadModel, synthesize } from 'biovil'
import sharp from 'sharp'

const { values } = parseArgs({
  options: {
    vocab: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    threads: { type: 'string', default: '2' },
  },
})
const folder = join(new URL('../../', import.meta.url).pathname, 'build/bench/phrases')
mkdirSync(folder, { recursive: true })
const film = join(folder, 'film.png')
const [width, height] = [2048, 2500]
const pixels = Uint8Array.from({ length: width * height }, (_, i) => (i % width) / 9 + (i >> 11) / 93)
writeFileSync(
  film,
  await sharp(pixels, { raw: { width, height, channels: 1 } })
    .png()
    .toBuffer(),
)

const directory = join(folder, 'model')
await synthesize(directory, {
  seed: 7,
  parts: ['text', 'image'],
  formats: ['safetensors'],
  vocabulary: values.vocab,
})
const model = await loadModel(directory, { device: 'cpu', threads: Number(values.threads) })

/** Phrases as radiologists box them, of 3 to 17 tokens; every round has others. */
const sizes = ['small', 'large', 'new', 'unchanged', 'subtle', 'increasing', 'persistent', 'mild']
const places = ['', 'left ', 'right basilar ', 'bilateral lower lobe ', 'left retrocardiac ', 'right apical ']
const findings = [
  'opacity',
  'pleural effusion',
  'consolidation',
  'pneumothorax',
  'atelectasis',
  'edema',
  'nodule',
]
const tails = ['', ' seen', ', likely pneumonia', ' with adjacent volume loss', ' in the right mid lung zone']
const all = sizes.flatMap((size) =>
  places.flatMap((place) =>
    findings.flatMap((finding) => tails.map((tail) => `${size} ${place}${finding}${tail}`)),
  ),
)
let at = 0
/** Spread over the list by a step that has no factor in common with its length. */
const fresh = (count) => Array.from({ length: count }, () => all[(at++ * 1103) % all.length])

await model.ground(film, fresh(50))
const times = {
  'encode the film': [],
  'one known': [],
  'one new': [],
  '50 known': [],
  '50 new': [],
  '50 texts': [],
}
for (let round = 0; round < Number(values.rounds); round++) {
  const fifty = fresh(50)
  await measure('encode the film', () => model.encodeImage(film))
  await measure('50 new', () => model.ground(film, fifty))
  await measure('50 known', () => model.ground(film, fifty))
  await measure('one known', () => model.ground(film, fifty[0]))
  await measure('one new', () => model.ground(film, fresh(1)))
  await measure('50 texts', () => model.embedText(fresh(50)))
}
const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)]
const lengths = all.map((phrase) => model.tokenize(phrase).ids.length)
console.log(
  `phrases of ${Math.min(...lengths)} to ${Math.max(...lengths)} tokens, ` +
    `${(lengths.reduce((a, b) => a + b, 0) / lengths.length).toFixed(1)} on average`,
)
for (const [what, list] of Object.entries(times)) {
  const ratio = median(list) / median(times['one known'])
  console.log(
    `${what.padEnd(16)} ${median(list).toFixed(0).padStart(5)} ms  ${ratio.toFixed(2)} times one known phrase`,
  )
}
await model.close()

async function measure(what, work) {
  const started = performance.now()
  await work()
  times[what].push(performance.now() - started)
}
