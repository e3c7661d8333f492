import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspectImage, type WarningCode } from 'biovil'
import sharp from 'sharp'
import { root } from '../support/root.js'

const folder = join(root, 'test/fixtures/faults/dicom')
const expected = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as Record<string, string>
const files = Object.keys(expected)
const tolerance = 3

/** What each film that is read as before must warn of. */
const warnings: Readonly<Record<string, WarningCode>> = {
  '16-MONOCHROME1-IDENTITY.dcm': 'WARN_CONTRADICTION',
  '54-for-processing.dcm': 'WARN_FOR_PROCESSING',
  '55-pixel-aspect-ratio-2-1.dcm': 'WARN_ASPECT',
  '62c-ybr-422-named-but-444-data.dcm': 'WARN_CONTRADICTION',
}

const inspect = (file: string) => inspectImage(join(folder, file))

async function picture(file: string): Promise<Uint8Array> {
  return sharp(join(folder, file)).toColourspace('b-w').raw().toBuffer()
}

function furthest(film: Uint8Array, wanted: Uint8Array): number {
  assert.equal(film.length, wanted.length)
  return film.reduce((most, value, i) => Math.max(most, Math.abs(value - (wanted[i] as number))), 0)
}

describe('DICOM films that break rules', () => {
  it('are all expected to be something', () => {
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.endsWith('.dcm')),
      [...files].sort(),
    )
  })

  for (const [file, what] of Object.entries(expected)) {
    it(`${file}: ${what}`, async () => {
      const { film, inspection } = await inspect(file)
      if (what === 'equal') {
        const difference = furthest(film, await picture(file.replace('.dcm', '.png')))
        assert.ok(difference <= tolerance, `off by ${difference} grey levels`)
      } else if (what === 'read') {
        assert.deepEqual(film, (await inspect('02-window-decimal-comma.dcm')).film)
      } else if (what === 'warn') {
        const codes = inspection.warnings.map(({ code }) => code)
        assert.ok(warnings[file] && codes.includes(warnings[file]), `${codes}`)
      } else {
        const [, number] = /^same-as-(\w+)$/.exec(what) ?? []
        const other = files.find((name) => number && name.startsWith(`${number}-`))
        assert.ok(other, what)
        assert.deepEqual(film, (await inspect(other)).film)
      }
    })
  }
})
