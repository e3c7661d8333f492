import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ImageEncoding, TextInput } from 'biovil'
import { numberedText } from './models.js'
import { root } from './root.js'

/** Parity states: what the Python reference computed, as `scripts/export` writes it to `test/fixtures/parity`. */

/** A float32 tensor, little endian, in base64. */
export interface Stored {
  readonly dims: number[]
  readonly data: string
}

export interface TextState {
  readonly seed: number
  readonly reference: string
  readonly weights: Readonly<Record<string, { shape: number[]; sha256: string }>>
  /** How far the reference itself moves with weights of these types. */
  readonly spread: Readonly<Record<'float16' | 'bfloat16', { normalized: number }>>
  readonly cases: readonly TextCase[]
}

export interface TextCase {
  readonly name: string
  readonly texts?: readonly string[]
  readonly ids: number[][]
  readonly types?: number[][]
  readonly expected: {
    readonly projected?: Stored
    readonly normalized?: Stored
    readonly similarity?: Stored
    readonly cls?: Stored
    readonly hidden?: Stored
    readonly mlm?: { positions: [row: number, column: number][]; ids: number[][]; probabilities: Stored }
  }
}

export interface ImageState {
  readonly resize: number
  readonly cases: readonly ImageCase[]
  readonly files: readonly { film: number; width: number; height: number; text: string; score: number }[]
}

export interface ImageCase {
  readonly name: string
  readonly films: number[]
  readonly priors?: number[]
  readonly expected: Readonly<Record<'global' | 'pooled', Stored>> &
    Readonly<Partial<Record<'patches' | 'static' | 'difference', StoredGrid>>>
}

/** Some patches of a grid, and the norms of all. */
export interface StoredGrid {
  readonly dims: [n: number, patches: number, width: number]
  readonly patches: number[]
  readonly values: Stored
  readonly norms: Stored
}

export function readState<State>(name: string): State {
  return JSON.parse(readFileSync(join(root, 'test/fixtures/parity', name), 'utf8')) as State
}

export function floats({ data }: { readonly data: string }): Float32Array {
  const bytes = Buffer.from(data, 'base64')
  return Float32Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(i * 4))
}

/** The largest difference; NaN where the lengths differ or a value is not finite, so that every bound fails. */
export function maxDifference(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (found.length !== expected.length) return Number.NaN
  let max = 0
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs((found[i] as number) - (expected[i] as number))
    if (!Number.isFinite(difference)) return Number.NaN
    max = Math.max(max, difference)
  }
  return max
}

/** The texts whose ids are a case's; a second segment becomes a pair. */
export function textsOf({ ids, types }: TextCase): TextInput[] {
  return ids.map((row, i) => {
    const inner = (part: number[]) => numberedText(part.filter((id) => id !== 2 && id !== 3))
    const second = types?.[i]?.indexOf(1) ?? -1
    return second < 0 ? inner(row) : ([inner(row.slice(0, second)), inner(row.slice(second))] as const)
  })
}

/** What a state holds of the grids of some films: the chosen patches and the norms of all. */
export function gridValues(
  found: readonly ImageEncoding[],
  result: 'patches' | 'static' | 'difference',
  { dims: [, patches, width], patches: chosen }: StoredGrid,
): { values: number[]; norms: number[] } {
  const grids = found.map((one) => one[result] ?? new Float32Array())
  const row = (grid: Float32Array, patch: number) => grid.subarray(patch * width, (patch + 1) * width)
  return {
    values: grids.flatMap((grid) => chosen.flatMap((patch) => [...row(grid, patch)])),
    norms: grids.flatMap((grid) =>
      Array.from({ length: patches }, (_, patch) => Math.hypot(...row(grid, patch))),
    ),
  }
}
