// Writes prebuilds/linux-x64/{biovil.glibc.node,libbiovil_engine.so,build.json}: what the npm package carries. Build it
// on the oldest glibc that is to be served; build.json says what the binaries ask for.
import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import prebuildify from 'prebuildify'
import { findHeaders } from './libtorch-headers.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const target = join(root, 'prebuilds', `${process.platform}-${process.arch}`)
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

// In a copy: prebuildify strips and moves what it finds, and a process may be running the build of this checkout.
const stage = mkdtempSync(join(tmpdir(), 'biovil-prebuild-'))
run(process.execPath, [join(root, 'scripts/build-native.mjs')])
cpSync(join(root, 'build/Release'), join(stage, 'build/Release'), { recursive: true })
copyFileSync(join(root, 'package.json'), join(stage, 'package.json'))
rmSync(join(root, 'prebuilds'), { recursive: true, force: true })
await promisify(prebuildify)({
  cwd: stage,
  out: root,
  name: 'biovil',
  napi: true,
  strip: true,
  tagLibc: true,
  targets: [process.versions.node],
  // It knows only node-gyp; the build is done, and one build serves every version of Node.js.
  nodeGyp: 'true',
})
rmSync(stage, { recursive: true, force: true })
output('strip', ['--strip-unneeded', join(target, 'libbiovil_engine.so')])

const binaries = ['biovil.glibc.node', 'libbiovil_engine.so']
const facts = {
  version,
  libtorch: libtorchVersion(),
  compiler: output(process.env.CXX || 'c++', ['--version']).split('\n')[0],
  needs: Object.fromEntries(binaries.map((name) => [name, needs(join(target, name))])),
}
for (const name of binaries) checkPaths(name)
writeFileSync(join(target, 'build.json'), `${JSON.stringify(facts, null, 2)}\n`)
process.stderr.write(`prebuild: ${target}: ${readdirSync(target).join(', ')}\n`)

function libtorchVersion() {
  const headers = ['torch/headeronly/version.h', 'torch/csrc/api/include/torch/version.h']
  const path = headers.map((name) => join(findHeaders(), 'include', name)).find((name) => existsSync(name))
  return /TORCH_VERSION \\?\s*"([\d.]+)"/.exec(readFileSync(path, 'utf8'))[1]
}

/** The newest version of each symbol family that a binary asks of the system: `{ GLIBC: '2.34', … }`. */
function needs(path) {
  const newest = {}
  for (const [, family, found] of output('objdump', ['-T', path]).matchAll(
    /\((GLIBC|GLIBCXX|CXXABI)_([\d.]+)\)/g,
  )) {
    if (newest[family] === undefined || compare(found, newest[family]) > 0) newest[family] = found
  }
  return newest
}

function compare(a, b) {
  return a.localeCompare(b, 'en', { numeric: true })
}

/** A binary that names directories of the machine it was built on would load whatever lies there elsewhere. */
function checkPaths(name) {
  const path = join(target, name)
  if (/\b(RPATH|RUNPATH)\b/.test(output('readelf', ['-d', path]))) throw new Error(`${name} has a run path`)
  if (readFileSync(path).includes(root)) throw new Error(`${name} contains ${root}`)
}

function run(command, args) {
  const { status } = spawnSync(command, args, { stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}

function output(command, args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 28 })
  if (status !== 0) throw new Error(`${command} failed: ${error?.message ?? stderr}`)
  return stdout
}
