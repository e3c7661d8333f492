import { createHash } from 'node:crypto'
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Pinned, Pins } from '../../dist/libtorch/pins.js'
import { makeZip, type ZipFile } from '../support/zip.js'

/** A temporary directory for each test of the suite. */
export function temporaryDirectory(): { readonly path: string } {
  const place = { path: '' }
  beforeEach(async () => {
    place.path = await mkdtemp(join(tmpdir(), 'biovil-libtorch-'))
  })
  afterEach(async () => {
    await rm(place.path, { recursive: true, force: true })
  })
  return place
}

export async function write(path: string, content: string | Uint8Array = ''): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, content)
}

export interface FakeLibtorch {
  readonly version?: string | undefined
  readonly cuda?: boolean
  readonly headers?: boolean
}

/** An unpacked official zip: `root/{lib,build-version}`. */
export async function fakeZipRoot(
  root: string,
  { version = '2.11.0+cpu', cuda, headers }: FakeLibtorch = {},
): Promise<string> {
  await fakeLibraries(join(root, 'lib'), cuda)
  await write(join(root, 'build-version'), `${version}\n`)
  if (headers) await write(join(root, 'include/ATen/ATen.h'))
  return root
}

/** An installed wheel: `packages/torch/{lib,version.py}`; returns the torch package. */
export async function fakePackage(
  packages: string,
  { version = '2.11.0+cu130', cuda, headers }: FakeLibtorch = {},
): Promise<string> {
  const root = join(packages, 'torch')
  await fakeLibraries(join(root, 'lib'), cuda)
  await write(join(root, 'version.py'), versionFile(version))
  if (headers) await write(join(root, 'include/ATen/ATen.h'))
  return root
}

export function versionFile(version: string): string {
  return `from typing import Optional\n__all__ = ['__version__']\n__version__ = '${version}'\ndebug = False\n`
}

async function fakeLibraries(lib: string, cuda = false): Promise<void> {
  const names = ['libc10.so', 'libtorch_cpu.so', 'libtorch.so']
  if (cuda) names.push('libc10_cuda.so', 'libtorch_cuda.so')
  for (const name of names) await write(join(lib, name), name)
}

/** Bytes that do not compress, so that a partial download is visible; the same for the same length. */
export function noise(length: number): Buffer {
  const bytes = Buffer.alloc(length)
  let state = 1
  for (let i = 0; i < length; i++) {
    state = (state * 1_103_515_245 + 12_345) & 0x7fff_ffff
    bytes[i] = state >> 16
  }
  return bytes
}

export const torchFiles: readonly ZipFile[] = [
  { name: 'torch/version.py', content: versionFile('2.11.0+cu130') },
  { name: 'torch/lib/libc10.so', content: 'c10', deflated: true },
  { name: 'torch/lib/libgomp.so.1', content: 'gomp' },
  { name: 'torch/lib/libtorch_cpu.so', content: noise(3_000_000), deflated: true },
  { name: 'torch/lib/libtorch_cuda.so', content: 'cuda' },
  { name: 'torch/lib/libc10_cuda.so', content: 'cuda' },
  { name: 'torch/lib/libtorch_python.so', content: 'python' },
  { name: 'torch/include/ATen/ATen.h', content: '#pragma once\n', deflated: true },
  { name: 'torch/include/c10/core/Device.h', content: '#pragma once\n' },
  { name: 'torch/nn/functional.py', content: 'pass' },
]
const runtimeFiles: readonly ZipFile[] = [
  { name: 'nvidia/cu13/lib/libcudart.so.13', content: 'cudart' },
  { name: 'nvidia/cu13/lib/libcudart_static.a', content: 'static' },
]
const cuptiFiles: readonly ZipFile[] = [
  { name: 'nvidia/cu13/lib/libcupti.so.13', content: 'cupti' },
  { name: 'nvidia/cu13/include/cupti.h', content: '' },
]
const cublasFiles: readonly ZipFile[] = [
  { name: 'nvidia/cu13/lib/libcublas.so.13', content: 'cublas' },
  { name: 'nvidia/cu13/lib/libcublasLt.so.13', content: 'cublasLt' },
]

/** What a CPU tree made of the fake wheels holds. */
export const cpuPaths = [
  '.ok',
  'nvidia/cu13/lib/libcudart.so.13',
  'nvidia/cu13/lib/libcupti.so.13',
  'torch/lib/libc10.so',
  'torch/lib/libgomp.so.1',
  'torch/lib/libtorch_cpu.so',
  'torch/version.py',
]

const wheelContents = {
  torch: { file: 'torch-2.11.0-cp312-cp312-manylinux_2_28_x86_64.whl', bytes: makeZip(torchFiles) },
  runtime: { file: 'nvidia_cuda_runtime-13.0.96-py3-none-any.whl', bytes: makeZip(runtimeFiles) },
  cupti: { file: 'nvidia_cuda_cupti-13.0.85-py3-none-any.whl', bytes: makeZip(cuptiFiles) },
  cublas: { file: 'nvidia_cublas-13.1.0.3-py3-none-any.whl', bytes: makeZip(cublasFiles) },
} as const

export const torchWheel = wheelContents.torch.file

/** The official zip for a CPU, which has other libraries than the wheel. */
export const zipBytes = makeZip([
  { name: 'libtorch/build-version', content: '2.11.0+cpu\n' },
  { name: 'libtorch/lib/libc10.so', content: 'c10' },
  { name: 'libtorch/lib/libgomp-98b21ff3.so.1', content: 'gomp' },
  { name: 'libtorch/lib/libtorch_cpu.so', content: noise(2_000_000) },
  { name: 'libtorch/lib/libtorch_python.so', content: 'python' },
  { name: 'libtorch/include/ATen/ATen.h', content: '#pragma once\n' },
])

export function pinnedTo(bytes: Uint8Array): Pinned {
  return { size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }
}

function wheel({ file, bytes }: { file: string; bytes: Buffer }) {
  const [name = '', version] = file.split('-')
  return { requirement: `${name.replaceAll('_', '-')}==${version}`, file, ...pinnedTo(bytes) }
}

/** Pins of the fake wheels; `zip` is the URL of the zip server. */
export function fakePins(
  zip = 'http://127.0.0.1:9/libtorch-shared-with-deps-2.11.0%2Bcpu.zip',
  pinned?: Pinned,
): Pins {
  const at = pinned ? { url: zip, pinned } : { url: zip }
  const files = [...torchFiles, ...runtimeFiles, ...cuptiFiles].filter(({ name }) => cpuPaths.includes(name))
  return {
    version: '2.11.0',
    zips: { cpu: at, cuda: at },
    wheels: {
      torch: wheel(wheelContents.torch),
      cpu: [wheel(wheelContents.runtime), wheel(wheelContents.cupti)],
      cuda: [wheel(wheelContents.cublas)],
    },
    cpuFiles: files.map(({ name, content }) => ({ path: name, ...pinnedTo(Buffer.from(content)) })),
  }
}

/** A folder with all fake wheels. */
export async function fakeWheels(directory: string): Promise<string> {
  for (const { file, bytes } of Object.values(wheelContents)) await write(join(directory, file), bytes)
  return directory
}

/**
 * A `pip` that serves wheels out of a folder, in a directory to be put on PATH. It writes through TMPDIR as pip does,
 * logs its calls to `calls.log`, and obeys FAKE_PIP: `fail`, `full`, `hang` (after the first half of torch), `truncate`.
 */
export async function fakePip(bin: string, wheels: string): Promise<string> {
  const script = `#!${process.execPath}
const { appendFileSync, copyFileSync, readdirSync, readFileSync, renameSync, writeFileSync } = require('node:fs')
const { join } = require('node:path')
const args = process.argv.slice(2)
if (args.includes('--version')) process.exit(0)
appendFileSync(${JSON.stringify(join(bin, 'calls.log'))}, JSON.stringify(args) + '\\n')
const mode = process.env.FAKE_PIP
if (mode === 'fail') { console.error('WARNING: Retrying\\nERROR: No matching distribution found for torch==2.11.0'); process.exit(1) }
if (mode === 'full') { console.error('ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device'); process.exit(1) }
const target = args[args.indexOf('-d') + 1]
const wanted = args.filter((arg) => arg.includes('==')).map((arg) => arg.replaceAll('-', '_').replace('==', '-') + '-')
for (const name of readdirSync(${JSON.stringify(wheels)})) {
  if (!wanted.some((prefix) => name.startsWith(prefix))) continue
  const bytes = readFileSync(join(${JSON.stringify(wheels)}, name))
  const torch = name.startsWith('torch')
  const end = torch && (mode === 'hang' || mode === 'truncate') ? bytes.length / 2 : bytes.length
  writeFileSync(join(process.env.TMPDIR, name), bytes.subarray(0, end))
  if (torch && mode === 'hang') { setTimeout(() => {}, 20_000); break }
  renameSync(join(process.env.TMPDIR, name), join(target, name))
}
`
  await write(join(bin, 'pip'), script)
  await chmod(join(bin, 'pip'), 0o755)
  return bin
}

/** Relative paths of all files below a directory, sorted. */
export async function listFiles(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .sort()
}

/** The error that a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<Error & { code?: string }> {
  try {
    await promise
  } catch (error) {
    return error as Error
  }
  throw new Error('Expected a rejection')
}
