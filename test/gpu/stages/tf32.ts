import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { maxDifference } from '../../support/parity.js'
import type { Context } from '../context.js'
import { encodeFilms, encoders } from '../encode.js'

/**
 * The films once more with NVIDIA_TF32_OVERRIDE=0, which forbids TF32 below libtorch. TF32 keeps 10 bits of a mantissa, so
 * where the engine had left it on, the values differ by 1e-4 and more.
 */
export async function run({ record, device, work }: Context): Promise<void> {
  const values: number[] = []
  for (const part of encoders) {
    const { encodings } = await encodeFilms(part, device, 'float32')
    for (const found of encodings)
      for (const result of ['global', 'pooled'] as const)
        values.push(...found.flatMap((one) => [...one[result]]))
  }
  const before = JSON.parse(readFileSync(join(work, 'films.json'), 'utf8')) as number[]
  record.atMost('films with and without', maxDifference(values, before), 2e-6)
}
