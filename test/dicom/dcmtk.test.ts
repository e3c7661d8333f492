import assert from 'node:assert/strict'
import type { DecodedImage } from 'biovil'
import { decodeDicom } from './internals.js'
import { readFixture, readRecords } from './records.js'

/** What DCMTK shows of a frame: see scripts/export/dicom_display.py. */
interface Shown {
  /** uint8: the film stretched over its image, or its colours. */
  readonly values: string
  /** uint8: 1 for padding. */
  readonly padding?: string
}

/** Grey levels of 255. DCMTK rounds to 16 bits, and knows no LINEAR_EXACT, which lies half a value off LINEAR. */
const tolerance = 3

/** Where DCMTK shows the negative of what we do, and why that is right; see test/fixtures/dicom/README.md. */
const negatives = new Set(['identity-1'])

const bytesOf = (encoded: string) => new Uint8Array(Buffer.from(encoded, 'base64'))

/** 8 bits, stretched over the pixels that are no padding; colours by their upper bits. */
function stretched({ data, channels }: DecodedImage, padding: Uint8Array): Uint8Array {
  if (channels === 3) return Uint8Array.from(data, (value) => value >> (8 * (data.BYTES_PER_ELEMENT - 1)))
  const image = Array.from(data).filter((_, i) => !padding[i])
  const [low, high] = [Math.min(...image), Math.max(...image)]
  const scaled = (value: number) => Math.floor(((value - low) / (high - low || 1)) * 255)
  return Uint8Array.from(data, (value) => Math.max(0, Math.min(255, scaled(value))))
}

describe('DICOM films against DCMTK', () => {
  const { films } = readRecords('dcmtk.json') as unknown as { films: Record<string, Shown[]> }

  it('has all fixtures', () => {
    assert.deepEqual(Object.keys(films), Object.keys(readRecords('expected.json')))
  })

  it(`shows every frame within ${tolerance} grey levels`, async () => {
    const found: string[] = []
    for (const [name, frames] of Object.entries(films)) {
      for (const [frame, { values, padding: padded = '' }] of frames.entries()) {
        const padding = bytesOf(padded)
        const image = await decodeDicom(readFixture(name), { mode: 'display', frame })
        const [ours, theirs] = [stretched(image, padding), bytesOf(values)]
        assert.equal(ours.length, theirs.length, name)
        const differences = Array.from(ours, (value, i) => {
          const wanted = theirs[i] as number
          return padding[i] ? 0 : Math.abs(value - (negatives.has(name) ? 255 - wanted : wanted))
        })
        const furthest = Math.max(...differences)
        if (furthest > tolerance) found.push(`${name} frame ${frame}: off by ${furthest}`)
      }
    }
    assert.deepEqual(found, [])
  })
})
