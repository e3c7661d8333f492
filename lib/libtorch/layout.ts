import { access, readFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'

/** A libtorch as it lies on the disk, not yet judged. */
export interface Layout {
  /** The directory that holds `lib/`, or `/usr` for a distribution's libtorch. */
  readonly root: string
  readonly lib: string
  /** Directory of the C++ headers, where they are there. */
  readonly include?: string
  /** E.g. `2.11.0+cu130`; absent when nothing on the disk tells. */
  readonly version?: string
  /** Whether `libtorch_cuda.so` is there. */
  readonly cuda: boolean
}

/** Present in every libtorch since 1.5, and what the engine links against. */
const required = ['libtorch_cpu.so', 'libc10.so']

/** Where `lib` may lie relative to a directory that someone calls libtorch. */
const libPlaces = ['lib', 'torch/lib', 'libtorch/lib', '.', 'lib/x86_64-linux-gnu', 'lib64']

/**
 * Looks at a directory and returns the libtorch in it: a root, its `lib/`, a `torch` package, a directory that holds
 * such a package (`site-packages`), or an unpacked zip. Returns a verdict in words when there is none.
 */
export async function readLayout(path: string): Promise<Layout | string> {
  const directory = resolve(path)
  if (!(await exists(directory))) return 'does not exist'
  for (const place of libPlaces) {
    const lib = join(directory, place)
    if (!(await exists(join(lib, 'libtorch_cpu.so')))) continue
    for (const name of required) {
      if (!(await exists(join(lib, name)))) return `is incomplete: ${join(lib, name)} is missing`
    }
    return describe(lib)
  }
  return 'holds no lib/libtorch_cpu.so'
}

async function describe(lib: string): Promise<Layout> {
  const parent = dirname(lib)
  const root = basename(lib) === 'x86_64-linux-gnu' ? dirname(parent) : parent
  const include = join(root, 'include')
  const headers = await exists(join(include, 'ATen/ATen.h'))
  const version = await readVersion(root)
  return {
    root,
    lib,
    cuda: await exists(join(lib, 'libtorch_cuda.so')),
    ...(headers ? { include } : {}),
    ...(version === undefined ? {} : { version }),
  }
}

/** Reads the version from what zips, wheels and header packages carry; never runs or imports anything. */
async function readVersion(root: string): Promise<string | undefined> {
  const zip = await readText(join(root, 'build-version'))
  if (zip !== undefined && zip.trim() !== '') return zip.trim()
  const wheel = await readText(join(root, 'version.py'))
  const match = wheel?.match(/^__version__\s*(?::[^=]*)?=\s*['"]([^'"]+)['"]/m)
  if (match?.[1] !== undefined) return match[1]
  for (const header of [
    'include/torch/headeronly/version.h',
    'include/torch/csrc/api/include/torch/version.h',
  ]) {
    const text = await readText(join(root, header))
    const parts = ['MAJOR', 'MINOR', 'PATCH'].map(
      (part) => text?.match(new RegExp(`#define TORCH_VERSION_${part} (\\d+)`))?.[1],
    )
    if (parts.every((part) => part !== undefined)) return parts.join('.')
  }
  return undefined
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch {
    return undefined
  }
}

export async function exists(path: string): Promise<boolean> {
  try {
    await access(path)
    return true
  } catch {
    return false
  }
}
