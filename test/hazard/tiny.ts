// The native part below the public API, on a graph of a few kB: test/fixtures/tiny-graph.pt of scripts/export/tiny.py.
import { existsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findLibtorch } from 'biovil'
import type { EngineOptions, ParameterRow, Program, ProgramOptions, Tensor } from '../../binding.d.ts'
import { root } from '../support/root.js'

const internal = new URL('native/binding.js', import.meta.resolve('biovil')).href
export const { loadBinding } = (await import(internal)) as typeof import('../../dist/native/binding.js')

/** What loads the engine of this checkout on the CPU. */
export async function engineOptions(): Promise<EngineOptions> {
  const { libraries, companions } = await findLibtorch({ cuda: false })
  return { libraries, companions, engine: loadBinding().engine, anyVersion: false }
}

/** words [16, 8], head.weight [4, 8], head.bias [4], decoder.weight [16, 8]: sin(0), sin(1), … */
export const weights = Float32Array.from({ length: 16 * 8 + 4 * 8 + 4 + 16 * 8 }, (_, i) => Math.sin(i))

export const rows: readonly ParameterRow[] = [
  { name: 'words.weight', file: 0, type: 'float32', shape: [16, 8], offset: 0 },
  { name: 'head.weight', file: 0, type: 'float32', shape: [4, 8], offset: 512 },
  { name: 'head.bias', file: 0, type: 'float32', shape: [4], offset: 640 },
  { name: 'decoder.weight', file: 0, type: 'float32', shape: [16, 8], offset: 656 },
]

/** Options of a program over `weights`, which are written to a file in `directory`. */
export function programOptions(
  directory: string = tmpdir(),
  more: Partial<ProgramOptions> = {},
): ProgramOptions {
  const file = join(directory, `tiny-${process.pid}.bin`)
  // Once: a file that is mapped must not be truncated.
  if (!existsSync(file)) writeFileSync(file, weights)
  return {
    graph: join(root, 'test/fixtures/tiny-graph.pt'),
    methods: ['embed', 'decode', 'echo', 'work', 'fail', 'allocate'],
    files: [{ path: file }],
    parameters: rows,
    device: 'cpu',
    precision: 'float32',
    allowNonFinite: false,
    threads: 0,
    ...more,
  }
}

export const ids = (...values: number[]): Tensor => ({
  type: 'int32',
  dims: [1, values.length],
  data: Int32Array.from(values),
})

/** What `embed` gives for one row of ids, computed here. */
export function expectedEmbedding(row: readonly number[]): number[] {
  const mean = Array.from(
    { length: 8 },
    (_, k) => row.reduce((sum, id) => sum + (weights[id * 8 + k] as number), 0) / row.length,
  )
  return Array.from({ length: 4 }, (_, i) =>
    mean.reduce((sum, x, k) => sum + x * (weights[128 + i * 8 + k] as number), weights[160 + i] as number),
  )
}

/** Keeps the device's thread busy: products of 256 x 256 matrices, about 0.5 ms each. */
export function work(program: Program, rounds: number): Promise<Tensor[]> {
  const values: Tensor = { type: 'float32', dims: [256, 256], data: new Float32Array(65536).fill(0.01) }
  return program.run('work', [values, { type: 'int32', dims: [1], data: Int32Array.of(rounds) }])
}
