// Checks native/: the format of the C++ sources, and that binding.d.ts and native/ say the same.
// `--write` formats and generates instead of complaining.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compareContract, generated, knownCodes } from './native-contract.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const native = join(root, 'native')
const declaration = readFileSync(join(root, 'binding.d.ts'), 'utf8')
const write = process.argv.includes('--write')

function sources() {
  return readdirSync(native, { recursive: true })
    .filter((path) => /\.(cc|h)$/.test(path))
    .sort()
}

function format() {
  const mode = write ? ['-i'] : ['--dry-run', '-Werror']
  const tool = join(root, 'node_modules/clang-format/index.js')
  const { status } = spawnSync(process.execPath, [tool, ...mode, '--style=file', ...sources()], {
    cwd: native,
    stdio: 'inherit',
  })
  if (status !== 0) complain('the C++ sources are not formatted: run npm run format')
}

function contract() {
  if (write) {
    for (const [path, text] of generated(declaration)) writeFileSync(join(native, path), text)
  }
  const files = sources().map((path) => ({ path, text: readFileSync(join(native, path), 'utf8') }))
  const codes = knownCodes(readFileSync(join(root, 'lib/errors.ts'), 'utf8'))
  for (const problem of compareContract(declaration, files, codes)) complain(problem)
}

function complain(text) {
  process.stderr.write(`check-native: ${text}\n`)
  process.exitCode = 1
}

contract()
format()
