// Builds build/Release/{biovil.node,libbiovil_engine.so} with cmake-js, unless they are up to date. The engine needs a
// libtorch with headers: LIBTORCH, else the one that `biovil libtorch install --cpu --headers` puts into the cache.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism, freemem } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findHeaders } from './libtorch-headers.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const release = join(root, 'build', 'Release')
const stamp = join(root, 'build', 'native-stamp')

async function main() {
  const libtorch = headers()
  const wanted = fingerprint(libtorch)
  if (isUpToDate(wanted)) return say('the native build is up to date')
  checkTools()
  await compile(libtorch)
  writeFileSync(stamp, wanted)
}

function headers() {
  try {
    return findHeaders()
  } catch (error) {
    return fail(error.message)
  }
}

function fingerprint(libtorch) {
  const hash = createHash('sha256').update(libtorch)
  const sources = readdirSync(join(root, 'native'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
  for (const path of [join(root, 'CMakeLists.txt'), join(root, 'package.json'), ...sources.sort()]) {
    hash.update(path).update('\0').update(readFileSync(path))
  }
  return hash.digest('hex')
}

function isUpToDate(wanted) {
  const built = ['biovil.node', 'libbiovil_engine.so'].every((name) => existsSync(join(release, name)))
  return built && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted
}

function checkTools() {
  for (const tool of ['cmake', process.env.CXX || 'c++']) {
    if (spawnSync(tool, ['--version']).error) {
      fail(`${tool} was not found. On Debian or Ubuntu: apt-get install cmake g++ ninja-build`)
    }
  }
}

async function compile(libtorch) {
  // A file that includes libtorch's headers takes up to 1 GB.
  const jobs = Math.max(1, Math.min(availableParallelism(), Math.floor(freemem() / 1.5e9)))
  // Configured each time: CMake would keep the libtorch of an earlier build.
  await cmakeJs('configure', `--CDLIBTORCH=${libtorch}`)
  await cmakeJs('build', '--parallel', String(jobs))
}

function cmakeJs(command, ...options) {
  const child = spawn(
    process.execPath,
    [join(root, 'node_modules/cmake-js/bin/cmake-js'), command, '--out', 'build', ...options],
    { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  const output = []
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8')
    stream.on('data', (text) => {
      output.push(text)
      for (const [, done, what] of text.matchAll(/^\[ *(\d+(?:\/\d+|%))\] (?:Build|Link)ing .* (\S+)$/gm)) {
        say(`${done} ${what.replace(/^.*\.dir\/|\.o$/g, '')}`)
      }
    })
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code) => {
      if (code === 0) return resolve()
      process.stderr.write(output.join(''))
      fail('the native build failed; what the tools said is above')
    })
  })
}

function say(text) {
  process.stderr.write(`build-native: ${text}\n`)
}

function fail(text) {
  process.stderr.write(`build-native: ${text}\n`)
  process.exit(1)
}

await main()
