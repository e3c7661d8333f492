// Writes the sizes and SHA-256 of the demonstration model's files into its manifest, which loadModel('biovil-demo') holds
// them to, and its figures into README.md: run after every training. node scripts/demo-manifest.mjs [--check]
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const directory = join(dirname(dirname(fileURLToPath(import.meta.url))), 'models/biovil-demo')
/** Files that the model is made of, and the part that needs each; of the weights of text one format is enough. */
const parts = {
  'config.json': 'text',
  'vocab.txt': 'text',
  'tokenizer_config.json': 'text',
  'special_tokens_map.json': 'text',
  'model.safetensors': 'text',
  'pytorch_model.bin': 'text',
  'biovil_image_resnet50_proj_size_128.pt': 'image',
}
const weights = ['model.safetensors', 'pytorch_model.bin']
const most = 12_000_000

const here = Object.keys(parts).filter((name) => existsSync(join(directory, name)))
const lacking = Object.keys(parts).filter((name) => !here.includes(name) && !weights.includes(name))
const formats = weights.filter((name) => here.includes(name))
if (lacking.length > 0) stop(`${directory} lacks ${lacking.join(', ')}`)
if (formats.length !== 1)
  stop(`Expected one of ${weights.join(', ')} in ${directory} but found ${formats.length}`)

const files = here.map((path) => {
  const bytes = readFileSync(join(directory, path))
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  return { path, part: parts[path], size: bytes.length, sha256 }
})
const total = files.reduce((sum, { size }) => sum + size, 0)
if (total > most) stop(`The files have ${total} bytes, more than the ${most} that the package has room for`)

const path = join(directory, 'manifest.json')
const before = readFileSync(path, 'utf8')
const manifest = { ...JSON.parse(before), files }
// Short lists on one line, as biome writes them.
const text = JSON.stringify(manifest, null, 2).replace(
  /\[\n\s+("[^{}\]]+")\n\s+\]/g,
  (_, list) => `[${list.replace(/\s+/g, ' ')}]`,
)
if (!process.argv.includes('--check')) writeFileSync(path, `${text}\n`)
else if (before !== `${text}\n`) stop(`${path} is not of the files beside it: node scripts/demo-manifest.mjs`)
process.stderr.write(`${path}: ${files.length} files, ${(total / 1e6).toFixed(1)} MB\n`)

await import('./demo-figures.mjs')

function stop(message) {
  process.stderr.write(`demo-manifest: ${message}\n`)
  process.exit(1)
}
