import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ImageEncoding } from 'biovil'
import { floats, gridValues, type ImageCase, maxDifference } from '../../support/parity.js'
import type { Context } from '../context.js'
import { encodeFilms, encoders } from '../encode.js'

export async function run({ record, device, work }: Context): Promise<void> {
  const kept: number[] = []
  for (const part of encoders) {
    const { state, encodings } = await encodeFilms(part, device, 'float32')
    for (const [i, found] of encodings.entries()) {
      const example = state.cases[i] as ImageCase
      for (const result of ['global', 'pooled'] as const) {
        const values = found.flatMap((one) => [...one[result]])
        kept.push(...values)
        const difference = maxDifference(values, floats(example.expected[result]))
        record.atMost(`${part}, ${example.name}: ${result}`, difference, 1e-5)
      }
      compareGrids(`${part}, ${example.name}`, found, example, record)
    }
  }
  writeFileSync(join(work, 'films.json'), JSON.stringify(kept))
}

function compareGrids(
  name: string,
  found: readonly ImageEncoding[],
  { expected }: ImageCase,
  record: Context['record'],
): void {
  for (const result of ['patches', 'static', 'difference'] as const) {
    const stored = expected[result]
    if (stored === undefined) continue
    const { values, norms } = gridValues(found, result, stored)
    record.atMost(`${name}: ${result}`, maxDifference(values, floats(stored.values)), 1e-5)
    record.atMost(`${name}: norms of ${result}`, maxDifference(norms, floats(stored.norms)), 1e-5)
  }
}
