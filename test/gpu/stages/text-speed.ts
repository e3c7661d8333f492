import { loadModel } from 'biovil'
import { fullModelDirectory, numberedText } from '../../support/models.js'
import type { Context } from '../context.js'
import { rate } from '../speed.js'

export async function run({ record, device, until }: Context): Promise<void> {
  const texts = sentences(device === 'cpu' ? 32 : 4096)
  record.figure('tokens', '6 to 40 a sentence, 23 on average; no sentence twice')
  for (const dtype of ['float32', 'float16', 'bfloat16'] as const) {
    const model = await loadModel(await fullModelDirectory(), { device: device as 'cpu', dtype })
    for (const count of [1, 32, 256, 4096].filter((count) => count <= texts.length)) {
      if (performance.now() > 0.5 * until) return record.leaveOut('no time for the rest')
      const some = texts.slice(0, count)
      record.figure(`${dtype}, ${count} at once: sentences/s`, await rate(count, () => model.embedText(some)))
    }
    if (device !== 'cpu') {
      for (const tokenBudget of [4096, 65_536]) {
        const speed = await rate(texts.length, () => model.embedText(texts, { tokenBudget }))
        record.figure(`${dtype}, ${texts.length} at once, ${tokenBudget} tokens a batch: sentences/s`, speed)
      }
    }
    await model.close()
  }
}

/** Different sentences; their lengths spread evenly. */
function sentences(count: number): string[] {
  return Array.from({ length: count }, (_, i) => {
    const length = 4 + ((i * 13) % 35)
    return numberedText(Array.from({ length }, (_, k) => 1000 + ((i * 7919 + k * 104_729) % 29_000)))
  })
}
