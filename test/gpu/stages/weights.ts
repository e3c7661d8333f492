import { fullModelDirectory, imageModelDirectory } from '../../support/models.js'
import type { Context } from '../context.js'

export async function run({ record }: Context): Promise<void> {
  for (const [what, make] of [
    ['text', () => fullModelDirectory(7)],
    ['text without head', () => fullModelDirectory(7, null)],
    ['image', () => imageModelDirectory('image')],
    ['image-t', () => imageModelDirectory('image-t')],
  ] as const) {
    const began = performance.now()
    await make()
    record.figure(`seconds for ${what}`, (performance.now() - began) / 1000)
  }
}
