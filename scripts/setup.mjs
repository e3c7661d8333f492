// Brings a clone to where it can run: npm packages, TypeScript, libtorch with headers, native build. Each step is
// skipped when it is up to date. Uses only what Node itself has, because nothing else may be there yet.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** Runs a program with the terminal of this one; rejects with its exit code. */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 2, 2], ...options })
    child.on('error', reject)
    child.on('exit', (code, signal) => {
      if (code === 0) resolve()
      else
        reject(
          Object.assign(new Error(`${command} ${args.join(' ')} ended with ${signal ?? code}`), {
            exitCode: code,
          }),
        )
    })
  })
}

export async function setup() {
  checkNode()
  const steps = [
    ['npm packages', 'about 15 s', installPackages],
    [
      'TypeScript',
      'about 2 s',
      () => run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.json']),
    ],
    ['libtorch', 'about 540 MB, once a machine', installLibtorch],
    ['native build', 'about 2 min, once', () => run(process.execPath, ['scripts/build-native.mjs'])],
  ]
  for (const [i, [what, cost, step]] of steps.entries()) {
    const started = Date.now()
    process.stderr.write(`[${i + 1}/${steps.length}] ${what} (${cost}) …\n`)
    await step()
    process.stderr.write(
      `[${i + 1}/${steps.length}] ${what}: done in ${Math.round((Date.now() - started) / 1000)} s\n`,
    )
  }
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19)) return
  process.stderr.write(`biovil needs Node.js >= 20.19 or >= 22.12; this is ${process.versions.node}\n`)
  process.exit(1)
}

async function installPackages() {
  const stamp = join(root, 'node_modules/.biovil-lock')
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'])
  writeFileSync(stamp, wanted)
}

async function installLibtorch() {
  await run(process.execPath, ['dist/cli/main.js', 'libtorch', 'install', '--cpu', '--headers'])
}
