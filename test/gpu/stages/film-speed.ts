import { loadModel } from 'biovil'
import { film } from '../../support/films.js'
import { imageModelDirectory } from '../../support/models.js'
import type { Context } from '../context.js'
import { rate } from '../speed.js'

export async function run({ record, device, until }: Context): Promise<void> {
  const films = Array.from({ length: 8 }, (_, seed) => ({
    pixels: film(seed, 512, 512),
    width: 512,
    height: 512,
  }))
  record.figure(
    'films',
    'pixels of 512 x 512 in memory; stretched, cropped and encoded, global embedding back',
  )
  for (const part of ['image', 'image-t'] as const) {
    for (const dtype of device === 'cpu'
      ? (['float32'] as const)
      : (['float32', 'float16', 'bfloat16'] as const)) {
      const model = await loadModel(await imageModelDirectory(part), { device: device as 'cpu', dtype })
      for (const count of device === 'cpu' ? [1, 4] : [1, 8, 32, 256]) {
        if (performance.now() > 0.5 * until) return record.leaveOut('no time for the rest')
        const some = Array.from({ length: count }, (_, i) => films[i % films.length] as (typeof films)[0])
        const speed = await rate(count, () => model.embedImage(some))
        record.figure(`${part}, ${dtype}, ${count} at once: films/s`, speed)
      }
      await model.close()
    }
  }
}
