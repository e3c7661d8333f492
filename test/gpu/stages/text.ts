import { loadModel } from 'biovil'
import { fullModelDirectory } from '../../support/models.js'
import { floats, maxDifference, readState, type TextState, textsOf } from '../../support/parity.js'
import type { Context } from '../context.js'

export async function run({ record, device }: Context): Promise<void> {
  const state = readState<TextState>('cxr-bert-seed7.json')
  const options = { device: device as 'cpu', dtype: 'float32' } as const
  const model = await loadModel(await fullModelDirectory(), options)
  const headless = await loadModel(await fullModelDirectory(7, null), options)
  const worst = new Map<string, number>()
  const compare = (what: string, found: ArrayLike<number>, expected: ArrayLike<number>) => {
    const difference = maxDifference(found, expected)
    // NaN stays: no comparison with it is true.
    if (!(difference <= (worst.get(what) ?? 0)) || !worst.has(what)) worst.set(what, difference)
  }
  let sameTops = 0
  let masks = 0

  for (const example of state.cases) {
    const { normalized, similarity, cls, hidden, mlm } = example.expected
    const texts = textsOf(example)
    if (normalized) compare('normalised', (await model.embedText(texts)).data, floats(normalized))
    if (similarity) compare('similarity', (await model.similarity(texts)).scores.flat(), floats(similarity))
    if (cls) {
      const { data } = await headless.embedText(texts, { normalize: false })
      compare('[CLS] without head', data, floats(cls))
    }
    if (hidden && texts.length === 1) {
      const [states] = await model.hiddenStates(texts)
      compare('hidden states', states?.data as Float32Array, floats(hidden))
    }
    if (mlm) {
      const filled = await model.fillMask(texts as string[], { topK: 10 })
      const found = filled.flatMap((text) => text.masks.map(({ predictions }) => predictions))
      compare(
        'probabilities',
        found.flatMap((list) => list.map(({ probability }) => probability)),
        floats(mlm.probabilities),
      )
      masks += found.length
      sameTops += found.filter((list, i) => list.every(({ id }, k) => id === mlm.ids[i]?.[k])).length
    }
  }
  const bounds: Record<string, number> = { '[CLS] without head': 1e-4, 'hidden states': 1e-4 }
  for (const [what, difference] of worst) record.atMost(what, difference, bounds[what] ?? 1e-5)
  record.equal('masks with the same ten ids', sameTops, masks)

  const mixed = state.cases.find(({ name }) => name === 'mixed lengths')
  if (mixed !== undefined) {
    const texts = textsOf(mixed)
    const [first, second] = [await model.embedText(texts), await model.embedText(texts)]
    record.atMost('a second time', maxDifference(first.data, second.data), 1e-6)
  }
  await model.close()
  await headless.close()
}
