import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { withTestData } from '../support/test-data.js'
import { decodeDicom } from './internals.js'
import { differences, type Modes, readFixture, readRecords } from './records.js'

describe('DICOM pixels against pydicom', () => {
  const records = readRecords<Modes[]>('expected.json')
  const groups = new Map<string, string[]>()
  for (const name of Object.keys(records)) {
    const group = name.split('-')[0] as string
    groups.set(group, [...(groups.get(group) ?? []), name])
  }

  it('covers every transfer syntax', async () => {
    const syntaxes = new Set<string | undefined>()
    for (const name of Object.keys(records)) {
      syntaxes.add((await decodeDicom(readFixture(name), { mode: 'reference' })).transferSyntax)
    }
    const suffixes = '|.1|.1.99|.2|.5|.4.50|.4.51|.4.57|.4.70|.4.80|.4.81|.4.90|.4.91|.4.201|.4.202|.4.203'
    assert.deepEqual(
      [...syntaxes].sort(),
      suffixes
        .split('|')
        .map((end) => `1.2.840.10008.1.2${end}`)
        .sort(),
    )
  })

  for (const [group, names] of groups) {
    it(`${group}: ${names.length} files`, async () => {
      const found: string[] = []
      for (const name of names) {
        for (const [frame, modes] of (records[name] ?? []).entries()) {
          found.push(...(await differences(name, readFixture(name), modes, frame)))
        }
      }
      assert.deepEqual(found, [])
    })
  }
})

withTestData('published DICOM files', (folder) => {
  const records = readRecords<Modes>('published.json')

  for (const [file, modes] of Object.entries(records)) {
    it(`${file} equals pydicom`, async () => {
      assert.deepEqual(await differences(file, readFileSync(join(folder, 'dicom', file)), modes), [])
    })
  }

  it('shows RG1 as a positive, and as a negative in reference mode with a warning', async () => {
    const bytes = readFileSync(join(folder, 'dicom/RG1_J2KI.dcm'))
    const shown = await decodeDicom(bytes, { mode: 'display' })
    const raw = await decodeDicom(bytes, { mode: 'reference' })
    // A viewer, which does not stretch, shows 193.
    assert.equal(Math.round(meanGrey(shown.data)), 189)
    assert.equal(Math.round(meanGrey(raw.data)), 65)
    assert.deepEqual(shown.applied, [
      'decoded JPEG 2000: 15 of 16 bits, unsigned',
      'window centre 15000 width 30000 LINEAR',
      'inverted: MONOCHROME1',
    ])
    assert.deepEqual(shown.warnings, [])
    assert.deepEqual(
      raw.warnings.map(({ code }) => code),
      ['WARN_POLARITY'],
    )
    assert.deepEqual([shown.bitsStored, shown.photometric], [15, 'MONOCHROME1'])
  })

  it('warns that RG3 is no chest film', async () => {
    const image = await decodeDicom(readFileSync(join(folder, 'dicom/RG3_J2KI.dcm')), { mode: 'display' })
    assert.deepEqual(image.warnings, [
      { code: 'WARN_BODY_PART', message: 'The body part EXTREMITY is not the chest' },
    ])
  })
})

/** The mean of the 8-bit film: least to greatest value over 0 to 255, cut off. */
function meanGrey(values: ArrayLike<number>): number {
  let [low, high, sum] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0]
  for (let i = 0; i < values.length; i++) {
    low = Math.min(low, values[i] as number)
    high = Math.max(high, values[i] as number)
  }
  for (let i = 0; i < values.length; i++)
    sum += Math.trunc((((values[i] as number) - low) / (high - low)) * 255)
  return sum / values.length
}
