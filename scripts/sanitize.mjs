// `npm run test:sanitize`: the native suites on libraries that are built with AddressSanitizer and
// UndefinedBehaviorSanitizer, and on an addon with ThreadSanitizer; node and libtorch are as they are. A failed test fails
// it, and so does a report in whatever process. Then each is built again with a fault in it, which must be found, so that
// silence means something. `--plant overflow` and `--plant race` run the suites on such a build, and fail.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { build, root } from './sanitize/build.mjs'
import { setup } from './setup.mjs'

const suites = ['hazard/program', 'hazard/boundary', 'hazard/lifecycle', 'image/hazard', 'image/parity']

/** What means nothing here: memory and time are the sanitizer's own, and it ends a process that it has no memory for. */
const unfit = [
  'memory bounded',
  'gives memory back',
  'event loop and file reads',
  'memory for a copy',
  'names failures inside libtorch',
  'damaged copies',
  'known in advance',
]

const sanitizers = {
  address: {
    library: 'libasan.so',
    plant: 'overflow',
    options: { ASAN_OPTIONS: 'detect_leaks=0:detect_odr_violation=0', UBSAN_OPTIONS: 'print_stacktrace=1' },
  },
  thread: {
    library: 'libtsan.so',
    plant: 'race',
    options: {
      TSAN_OPTIONS: `ignore_noninstrumented_modules=1:suppressions=${join(root, 'scripts/sanitize/thread.supp')}`,
    },
  },
}

/** What is wrong with a build, as a text, or nothing. */
function test(name, plant = 'none') {
  process.stderr.write(`sanitize: ${name}, planted: ${plant}\n`)
  const folder = build(name, plant)
  const reports = join(folder, 'reports')
  rmSync(reports, { recursive: true, force: true })
  mkdirSync(reports)
  const status = mocha(plant === 'none' ? suites : suites.slice(-1), environment(name, folder, reports))
  const texts = readdirSync(reports).map((file) => readFileSync(join(reports, file), 'utf8'))
  if (texts.length > 0) return texts.join('\n').slice(0, 8000)
  return status === 0 ? undefined : `the suites ended with ${status}`
}

function environment(name, folder, reports) {
  const { library, options } = sanitizers[name]
  const path = (file) => spawnSync('c++', [`-print-file-name=${file}`], { encoding: 'utf8' }).stdout.trim()
  const env = { ...process.env, BIOVIL_PREBUILD: folder }
  env.LD_PRELOAD = `${path(library)} ${path('libstdc++.so.6')}`
  for (const [key, value] of Object.entries(options))
    env[key] = `${value}:log_path=${join(reports, 'report')}`
  return env
}

function mocha(names, env) {
  const files = names.map((suite) => join('build/test', `${suite}.test.js`))
  const args = ['node_modules/mocha/bin/mocha.js', ...files, '--invert', '--grep', unfit.join('|')]
  // Without random addresses, of which older versions of ThreadSanitizer know few.
  return spawnSync('setarch', ['x86_64', '-R', process.execPath, ...args], {
    cwd: root,
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  }).status
}

function main(plant) {
  if (plant !== undefined) {
    const [name] = Object.entries(sanitizers).find(([, known]) => known.plant === plant) ?? []
    if (name === undefined) throw new Error('expected --plant overflow or --plant race')
    throw new Error(test(name, plant) ?? `the planted ${plant} was not found`)
  }
  for (const name of Object.keys(sanitizers)) {
    const wrong = test(name)
    if (wrong !== undefined) throw new Error(`${name}: ${wrong}`)
  }
  for (const [name, { plant }] of Object.entries(sanitizers)) {
    if (!/(Address|Thread)Sanitizer/.test(test(name, plant) ?? ''))
      throw new Error(`the planted ${plant} was not found`)
  }
  process.stderr.write('sanitize: nothing found, and both planted faults found\n')
}

try {
  await setup()
  spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'test/tsconfig.json'], { cwd: root })
  const at = process.argv.indexOf('--plant')
  main(at < 0 ? undefined : (process.argv[at + 1] ?? ''))
} catch (error) {
  process.stderr.write(`sanitize: ${error.message}\n`)
  process.exitCode = 1
}
