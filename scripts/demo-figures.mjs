// Writes the demonstration model's figures into README.md, from the file that its evaluation wrote: `demo-manifest.mjs` runs it
// after every training. node scripts/demo-figures.mjs [--check]
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const { films, measured } = JSON.parse(readFileSync(join(root, 'models/biovil-demo/metrics.json'), 'utf8'))

/** Rounded, as figures of 0 to 1 are printed: .975. */
const figure = (name, digits) => measured[name].toFixed(digits).replace(/^0/, '')

const text = `on ${films} held-out ones a mean zero-shot AUROC of ${figure('auroc', 3)}, the
right side in ${figure('leftRight', 3)}, the peak inside the true box in ${figure('pointing', 2)} (${figure('pointing.zero', 2)} with zero padding)`

const path = join(root, 'README.md')
const before = readFileSync(path, 'utf8')
const place = /(<!-- figures -->)[\s\S]*?(<!-- \/figures -->)/
const after = before.replace(place, (_, open, close) => `${open}${text}${close}`)
if (!place.test(before)) stop(`${path} has no <!-- figures --> … <!-- /figures -->`)
if (!process.argv.includes('--check')) writeFileSync(path, after)
else if (before !== after) stop(`${path} has other figures than metrics.json: node scripts/demo-figures.mjs`)

function stop(message) {
  process.stderr.write(`demo-figures: ${message}\n`)
  process.exit(1)
}
