// Films end to end, PNG files to embeddings: biovil beside hi-ml's own engine, in turn, on the same machine and weights.
//
//   node scripts/bench/films.mjs --python PYTHON [--films 16] [--rounds 3] [--threads 2]
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { loadModel, synthesize } from 'biovil'
import sharp from 'sharp'

const { values } = parseArgs({
  options: {
    python: { type: 'string' },
    films: { type: 'string', default: '16' },
    rounds: { type: 'string', default: '3' },
    threads: { type: 'string', default: '2' },
  },
})
const root = new URL('../../', import.meta.url).pathname
const folder = join(root, 'build/bench/films')
mkdirSync(folder, { recursive: true })

/** Smooth noise at the size of a film: what matters here is the work, not the picture. */
const [width, height] = [2048, 2500]
const files = []
for (let i = 0; i < Number(values.films); i++) {
  const small = Uint8Array.from(
    { length: 64 * 78 },
    (_, k) => (Math.imul(k + i * 7919, 2654435761) >>> 24) & 255,
  )
  const file = join(folder, `film-${i}.png`)
  const film = sharp(small, { raw: { width: 64, height: 78, channels: 1 } }).resize(width, height, {
    fit: 'fill',
  })
  writeFileSync(file, await film.toColourspace('b-w').png().toBuffer())
  files.push(file)
}
const directory = join(root, 'build/bench/image-model')
await synthesize(directory, { seed: 7, parts: ['image'] })
const model = await loadModel(directory, { device: 'cpu', threads: Number(values.threads) })
await model.embedImage(files.slice(0, 1))

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)]
const ours = []
const theirs = []
for (let round = 0; round < Number(values.rounds); round++) {
  const started = performance.now()
  await model.embedImage(files)
  ours.push((files.length * 1000) / (performance.now() - started))
  if (values.python) {
    const weights = join(directory, 'biovil_image_resnet50_proj_size_128.pt')
    const args = [
      join(root, 'scripts/bench/film_reference.py'),
      '--model',
      weights,
      '--threads',
      values.threads,
      ...files,
    ]
    const out = execFileSync(values.python, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    theirs.push(JSON.parse(out.trim().split('\n').at(-1)).filmsPerSecond)
  }
  console.log(
    `round ${round + 1}: biovil ${ours.at(-1).toFixed(2)}/s, reference ${theirs.at(-1)?.toFixed(2) ?? '-'}/s`,
  )
}
if (theirs.length > 0) console.log(`median ratio ${(median(ours) / median(theirs)).toFixed(2)}`)
await model.close()
