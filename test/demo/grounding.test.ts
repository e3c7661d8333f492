import assert from 'node:assert/strict'
import { contrastToNoise, type Grounding, type GroundOptions, meanIoU, pointsInside } from 'biovil'
import { type Finding, mean, type Phantoms, phantoms, placedFindings, share } from './phantoms.js'
import { reaches } from './thresholds.js'

describe('the demonstration model grounds phrases in phantoms', function () {
  this.timeout(120_000)
  let all: Phantoms
  before(async () => {
    all = await phantoms()
  })

  /** Grounds a text of every finding that has a place. */
  async function groundAll(
    textOf: (finding: Finding) => string,
    options?: GroundOptions,
  ): Promise<{ grounding: Grounding; finding: Finding }[]> {
    const found = []
    for (const { study, finding } of placedFindings(all)) {
      const encoding = all.encodings[study]
      if (!encoding) continue
      found.push({ finding, grounding: await all.model.ground(encoding, textOf(finding), options) })
    }
    return found
  }

  const pointing = (found: { grounding: Grounding; finding: Finding }[]) =>
    share(found.map(({ grounding: { peak }, finding }) => pointsInside(peak, finding.boxes)))

  it('with the peak inside the true box, for phrases with side and zone', async () => {
    const found = await groundAll(({ phrase }) => phrase)
    reaches('pointing', pointing(found), found.length)
  })

  it('with the smoothing that the weights ask for', async () => {
    const encoding = all.encodings[0] ?? assert.fail()
    const sigma = all.model.facts.image?.sigma ?? assert.fail()
    const [own, same, other] = await Promise.all(
      [undefined, { smoothing: { sigma } }, { smoothing: { sigma: 0.8 } }].map((options) =>
        all.model.ground(encoding, 'Pleural effusion', options),
      ),
    )
    assert.deepEqual(own?.grid, same?.grid)
    assert.notDeepEqual(own?.grid, other?.grid)
  })

  it('for phrases that name no place, which only the film can answer', async () => {
    const found = await groundAll(({ plainPhrase }) => plainPhrase)
    reaches('pointingPlain', pointing(found), found.length)
  })

  it('and better at the border with zero padding', async () => {
    const options = { smoothing: { padding: 'zero' } } as const
    reaches('pointingPlain.zero', pointing(await groundAll(({ plainPhrase }) => plainPhrase, options)))
  })

  it('with more heat inside the box than outside', async () => {
    const found = await groundAll(({ phrase }) => phrase)
    const maps = found.map(({ grounding, finding }) => ({
      map: { data: grounding.heatmap(), ...grounding.film },
      boxes: finding.boxes,
    }))
    reaches('cnr', mean(maps.map(({ map, boxes }) => contrastToNoise(map, boxes).signed)))
    reaches('miou', mean(maps.map(({ map, boxes }) => meanIoU(map, boxes))))
  })
})
