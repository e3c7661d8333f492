// Checks native/: the format of the C++ sources, and that binding.d.ts and native/addon say the same.
// `--write` formats instead of complaining.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compareContract } from './native-contract.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const sources = readdirSync(join(root, 'native'), { recursive: true })
  .filter((path) => /\.(cc|h)$/.test(path))
  .map((path) => join('native', path))
  .sort()

function format(write) {
  const mode = write ? ['-i'] : ['--dry-run', '-Werror']
  const tool = join(root, 'node_modules/clang-format/index.js')
  const { status } = spawnSync(process.execPath, [tool, ...mode, '--style=file', ...sources], {
    cwd: root,
    stdio: 'inherit',
  })
  if (status !== 0) complain('the C++ sources are not formatted: run npm run format')
}

function contract() {
  const addon = sources.filter((path) => path.startsWith(join('native', 'addon')) && path.endsWith('.cc'))
  const problems = compareContract(
    readFileSync(join(root, 'binding.d.ts'), 'utf8'),
    addon.map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') })),
  )
  for (const problem of problems) complain(problem)
}

function complain(text) {
  process.stderr.write(`check-native: ${text}\n`)
  process.exitCode = 1
}

format(process.argv.includes('--write'))
contract()
