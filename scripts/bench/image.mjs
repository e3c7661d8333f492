// Films from file to crop: biovil beside the reference's way (hi-ml's load_image, Resize, CenterCrop), in turn, on the
// same machine and files; and the resampling alone beside Pillow's. The crops are compared too.
//
//   node scripts/bench/image.mjs --python PYTHON [--films 12] [--rounds 3] [--width 2544] [--height 3056]
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { prepareFilm } from '../../dist/image/prepare.js'
import { loadBinding } from '../../dist/native/binding.js'

const { values } = parseArgs({
  options: {
    python: { type: 'string' },
    films: { type: 'string', default: '12' },
    rounds: { type: 'string', default: '3' },
    width: { type: 'string', default: '2544' },
    height: { type: 'string', default: '3056' },
  },
})
const root = new URL('../../', import.meta.url).pathname
const folder = join(root, 'build/bench')
const [films, rounds, width, height] = ['films', 'rounds', 'width', 'height'].map((key) =>
  Number(values[key]),
)
const processors = cpus().length
mkdirSync(folder, { recursive: true })

/** Two dark lungs in a bright body, ribs across, grain: it compresses about as a film does. */
function drawFilm(levels) {
  const data = levels > 256 ? new Uint16Array(width * height) : new Uint8Array(width * height)
  let state = 1
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const [u, v] = [x / width - 0.5, y / height - 0.5]
      const lung = Math.exp(-(((Math.abs(u) - 0.22) / 0.13) ** 2) - ((v + 0.05) / 0.28) ** 2)
      const rib = 0.06 * Math.max(0, Math.cos((v - 0.4 * u * u) * 60))
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      const grain = ((state >>> 20) / 4096 - 0.5) * 0.03
      const value = 0.75 - 0.5 * lung + rib - 1.2 * u * u * u * u + grain
      data[i] = Math.max(0, Math.min(levels - 1, Math.round(value * (levels - 1))))
    }
  }
  return data
}

async function writeFilms() {
  const { default: sharp } = await import('sharp')
  const raw = { width, height, channels: 1 }
  const grey = sharp(drawFilm(256), { raw }).toColourspace('b-w')
  const deep = sharp(drawFilm(4096), { raw }).toColourspace('grey16')
  const files = {
    'PNG 8 bits': ['film8.png', await grey.clone().png().toBuffer()],
    'JPEG quality 90': ['film8.jpg', await grey.clone().jpeg({ quality: 90 }).toBuffer()],
    'PNG 16 bits': ['film16.png', await deep.png().toBuffer()],
  }
  return Object.entries(files).map(([title, [name, bytes]]) => {
    const path = join(folder, name)
    writeFileSync(path, bytes)
    return { title, path, megabytes: bytes.length / 1e6 }
  })
}

async function time(work, count) {
  const began = performance.now()
  await work()
  return (performance.now() - began) / count
}

/** `count` films with `parallel` of them under way. */
async function prepareMany(path, count, parallel) {
  let left = count
  await Promise.all(
    Array.from({ length: parallel }, async () => {
      while (left-- > 0) await prepareFilm(path)
    }),
  )
}

function reference(path, processes) {
  const script = join(root, 'scripts/bench/image_reference.py')
  const options = ['--films', String(films), '--processes', String(processes)]
  const text = execFileSync(values.python, [script, path, ...options], {
    stdio: ['ignore', 'pipe', 'ignore'],
    encoding: 'utf8',
  })
  return JSON.parse(text)
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)]
const ms = (numbers) => `${median(numbers).toFixed(1)} ms`
const ratio = (theirs, ours) => `${(median(theirs) / median(ours)).toFixed(2)} times as fast`

console.log(`${cpus()[0].model}, ${processors} processors, Node ${process.versions.node}; ${width}x${height}`)
for (const { title, path, megabytes } of await writeFilms()) {
  const ours = { one: [], many: [] }
  const theirs = { one: [], many: [], resample: [] }
  const crop = (await prepareFilm(path)).crop
  const sum = crop.reduce((total, value) => total + value, 0)
  for (let round = 0; round < rounds; round++) {
    ours.one.push(await time(() => prepareMany(path, films, 1), films))
    const one = reference(path, 1)
    if (one.sum !== sum) throw new Error(`the crops differ: ${sum} and ${one.sum}`)
    theirs.one.push(one.each)
    theirs.resample.push(one.resample)
    ours.many.push(await time(() => prepareMany(path, films * 2, processors * 2), films * 2))
    theirs.many.push(reference(path, processors).each)
  }
  console.log(`${title}, ${megabytes.toFixed(1)} MB`)
  console.log(
    `  one after the other  ${ms(ours.one)} a film, reference ${ms(theirs.one)}: ${ratio(theirs.one, ours.one)}`,
  )
  console.log(
    `  all processors       ${ms(ours.many)} a film, reference ${ms(theirs.many)}: ${ratio(theirs.many, ours.many)}`,
  )
  await resamplingAlone(path, theirs.resample)
}

/** Remap, resize and crop of decoded samples, beside Pillow's resize and crop of a film that is remapped already. */
async function resamplingAlone(path, theirs) {
  const { binding } = loadBinding()
  const samples = drawFilm(path.includes('16') ? 4096 : 256)
  const percentiles = Float64Array.of(0, 100)
  const options = { width, height, channels: 1, resize: 512, crop: 480, film: false, percentiles }
  const ours = []
  for (const _ of theirs) {
    // The best of five, as in image_reference.py.
    const each = []
    for (let i = 0; i < 5; i++) each.push(await time(() => binding.prepareFilm(samples, options), 1))
    ours.push(Math.min(...each))
  }
  console.log(
    `  without decoding     ${ms(ours)} with the grey stretch, Pillow ${ms(theirs)} without: ${ratio(theirs, ours)}`,
  )
}
