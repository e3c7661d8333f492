import { type Phantoms, phantoms, readTexts, share, type Triplet } from './phantoms.js'
import { reaches } from './thresholds.js'

describe('the demonstration model understands sentences', function () {
  this.timeout(120_000)
  let all: Phantoms
  before(async () => {
    all = await phantoms()
  })

  for (const [name, what] of [
    ['side', 'left is not right'],
    ['negation', 'no is not yes'],
    ['handwritten', 'sentences that no grammar made'],
  ] as const) {
    it(`${what}: ${name} triplets`, async () => {
      const triplets = readTexts<Record<string, Triplet[]>>('triplets.json')[name] ?? []
      const texts = await all.model.embedText(triplets.flat())
      const scores = texts.similarity(texts)
      const at = (i: number, j: number) => scores[i * texts.length + j] as number
      const right = triplets.map((_, i) => at(3 * i, 3 * i + 1) > at(3 * i, 3 * i + 2))
      reaches(name, share(right), right.length)
    })
  }

  it('and what is missing in one', async () => {
    const masked = readTexts<{ text: string; answer: string[] }[]>('masked.json')
    const filled = await all.model.fillMask(
      masked.map(({ text }) => text),
      { topK: 1 },
    )
    // A text with several masks has an answer for each.
    const right = filled.flatMap(({ masks }, i) =>
      masks.map(({ predictions }, k) => predictions[0]?.token === masked[i]?.answer[k]),
    )
    reaches('maskAccuracy', share(right))
  })
})
