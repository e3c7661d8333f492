import { loadModel } from 'biovil'
import { fullModelDirectory } from '../../support/models.js'
import { floats, maxDifference, readState, type TextState, textsOf } from '../../support/parity.js'
import type { Context } from '../context.js'
import { encodeFilms, encoders } from '../encode.js'

export async function run({ record, device, until }: Context): Promise<void> {
  const state = readState<TextState>('cxr-bert-seed7.json')
  for (const dtype of ['float16', 'bfloat16'] as const) {
    const model = await loadModel(await fullModelDirectory(), { device: device as 'cpu', dtype })
    let worst = 0
    // A CPU has few instructions for such numbers: two texts of 512 tokens alone would take its time.
    const cases = device === 'cpu' ? state.cases.slice(0, 12) : state.cases
    for (const example of cases) {
      const { normalized } = example.expected
      if (normalized === undefined) continue
      const difference = maxDifference((await model.embedText(textsOf(example))).data, floats(normalized))
      worst = difference <= worst ? worst : difference
    }
    await model.close()
    // Twice what the reference itself moves by, over more texts than it was measured with.
    record.atMost(`texts, ${dtype}`, worst, 3 * state.spread[dtype].normalized)
  }
  for (const part of encoders) {
    for (const [dtype, bound] of [
      ['float16', 5e-3],
      ['bfloat16', 4e-2],
    ] as const) {
      // 30 s a film on a CPU.
      if (device === 'cpu' && dtype === 'float16') continue
      if (performance.now() > until / 2) return record.leaveOut('no time for the rest')
      const { state, encodings } = await encodeFilms(part, device, dtype)
      const found = encodings.flatMap((list) => list.flatMap(({ global }) => unit(global)))
      const expected = state.cases.flatMap((example) => {
        const { dims, data } = example.expected.global
        const width = dims[1] as number
        const all = floats({ data })
        return Array.from({ length: dims[0] as number }, (_, i) =>
          unit(all.subarray(i * width, (i + 1) * width)),
        ).flat()
      })
      record.atMost(`${part}, ${dtype}, at length 1`, maxDifference(found, expected), bound)
    }
  }
}

function unit(row: Float32Array): number[] {
  const length = Math.hypot(...row)
  return Array.from(row, (value) => value / length)
}
