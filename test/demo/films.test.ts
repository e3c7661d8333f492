import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ImageEncoding, LabelScore, RawPixels } from 'biovil'
import { dicomFile, film as dicomItems } from '../dicom/build.js'
import { temporaryDirectory } from '../support/temp.js'
import { cosine, mean, type Phantoms, phantoms, share, sidedFindings } from './phantoms.js'
import { reaches } from './thresholds.js'

/** What a wrong polarity, a lost flip or a shifted grid would change without any error. */
describe('the demonstration model notices', function () {
  this.timeout(120_000)
  const directory = temporaryDirectory()
  let all: Phantoms
  before(async () => {
    all = await phantoms()
  })

  const pixelsOf = ({ film: { film, width, height } }: ImageEncoding): RawPixels => ({
    pixels: film ?? assert.fail(),
    width,
    height,
  })

  async function scoresOf(images: readonly (string | RawPixels)[]): Promise<LabelScore[][]> {
    const found: LabelScore[][] = []
    for await (const { scores, error } of all.model.classify(images))
      found.push([...(scores ?? assert.fail(error))])
    return found
  }

  /** Margin of the labels that are in each of the films. */
  const presentMargins = (scores: readonly (readonly LabelScore[])[]) =>
    scores.flatMap((found, i) => {
      const labels = all.studies[i]?.findings.map(({ label }) => label) ?? []
      return found.filter(({ label }) => labels.includes(label)).map(({ margin }) => margin)
    })

  it('no difference between DICOM twins: MONOCHROME2, and MONOCHROME1 of the negative', async () => {
    const encoding = all.encodings.find((_, i) => (all.studies[i]?.findings.length ?? 0) > 0) ?? assert.fail()
    const { pixels, width, height } = pixelsOf(encoding)
    const twins = (['MONOCHROME2', 'MONOCHROME1'] as const).map((photometric) => {
      const stored = photometric === 'MONOCHROME2' ? pixels : pixels.map((value) => 255 - value)
      const path = join(directory(), `${photometric}.dcm`)
      const file = dicomFile(
        dicomItems(
          [0x0028, 0x0004, 'CS', photometric],
          [0x0028, 0x0010, 'US', height],
          [0x0028, 0x0011, 'US', width],
          [0x7fe0, 0x0010, 'OB', Uint8Array.from(stored)],
        ),
      )
      writeFileSync(path, file)
      return path
    })
    const [plain, two, one] = await scoresOf([pixelsOf(encoding), ...twins])
    assert.deepEqual(one, two)
    for (const [i, { label, margin }] of (plain ?? []).entries()) {
      assert.ok(Math.abs(margin - (two?.[i]?.margin ?? Number.NaN)) < 1e-5, label)
    }
  })

  it('a film that is inverted', async () => {
    const some = all.encodings.slice(0, 40)
    const upright = presentMargins(await scoresOf(some.map(pixelsOf)))
    const inverted = presentMargins(
      await scoresOf(
        some.map((encoding) => {
          const { pixels, ...size } = pixelsOf(encoding)
          return { ...size, pixels: (pixels as Uint8Array).map((value) => 255 - value) }
        }),
      ),
    )
    assert.ok(mean(inverted) < mean(upright) - 0.05, `${mean(upright)} upright, ${mean(inverted)} inverted`)
  })

  it('a film that is flipped: left becomes right', async () => {
    const sided = sidedFindings(all)
    const texts = await all.model.embedText(sided.flatMap(({ phrase, swapped }) => [phrase, swapped]))
    const changed: boolean[] = []
    for (const [i, { study }] of sided.entries()) {
      const { pixels, width, height } = pixelsOf(all.encodings[study] ?? assert.fail())
      const flipped = Uint8Array.from(pixels, (_, at) => {
        const column = at % width
        return pixels[at - column + width - 1 - column] as number
      })
      const encoding = await all.model.encodeImage({ pixels: flipped, width, height })
      changed.push(cosine(encoding, texts, 2 * i + 1) > cosine(encoding, texts, 2 * i))
    }
    reaches('leftRight', share(changed), changed.length)
  })
})
