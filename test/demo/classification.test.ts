import assert from 'node:assert/strict'
import { areaUnderRoc, type LabelScore, promptSet } from 'biovil'
import { cosine, mean, type Phantoms, phantoms, share, sidedFindings } from './phantoms.js'
import { reaches } from './thresholds.js'

const labels = promptSet('biovil-demo').map(({ label }) => label)

describe('the demonstration model tells what is in phantoms', function () {
  this.timeout(120_000)
  let all: Phantoms
  let scores: (readonly LabelScore[])[]
  before(async () => {
    all = await phantoms()
    scores = []
    for await (const { scores: found, error } of all.model.classify(all.studies.map(({ film }) => film))) {
      scores.push(found ?? assert.fail(error))
    }
  })

  /** Zero-shot AUROC of a label, by margin. */
  const auroc = (label: string) =>
    areaUnderRoc(
      scores.map((found) => found.find((one) => one.label === label)?.margin ?? assert.fail(label)),
      all.studies.map(({ findings }) => findings.some((finding) => finding.label === label)),
    )

  for (const label of labels) {
    it(`zero-shot: ${label}`, () => reaches(`auroc.${label}`, auroc(label)))
  }

  it('zero-shot, on average', () => reaches('auroc', mean(labels.map(auroc)), all.studies.length))

  it('on which side it is', async () => {
    const sided = sidedFindings(all)
    const texts = await all.model.embedText(sided.flatMap(({ phrase, swapped }) => [phrase, swapped]))
    const right = sided.map(({ study }, i) => {
      const encoding = all.encodings[study] ?? assert.fail()
      return cosine(encoding, texts, 2 * i) > cosine(encoding, texts, 2 * i + 1)
    })
    reaches('leftRight', share(right), right.length)
  })
})
