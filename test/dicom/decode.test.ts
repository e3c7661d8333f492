import assert from 'node:assert/strict'
import { dicomFile, film, type Item } from './build.js'
import { decodeDicom, isDicom } from './internals.js'
import { readFixture } from './records.js'

const display = (bytes: Uint8Array) => decodeDicom(bytes, { mode: 'display' })
const reference = (bytes: Uint8Array) => decodeDicom(bytes, { mode: 'reference' })
const pixels = (...values: number[]): Item => [0x7fe0, 0x0010, 'OB', Uint8Array.from(values)]
const stored = [0, 20, 40, 60, 80, 100, 120, 140, 160, 180, 200, 220]

describe('decodeDicom', () => {
  it('reads a file without preamble, without meta information, and with an implicit data set', async () => {
    for (const build of [
      { preamble: false },
      { preamble: false, meta: false },
      { syntax: '1.2.840.10008.1.2' },
    ]) {
      const bytes = dicomFile(film(), build)
      assert.ok(isDicom(bytes))
      assert.deepEqual([...(await display(bytes)).data], stored)
    }
  })

  it('does not take other files for DICOM', () => {
    const starts = [
      '\x89PNG\r\n\x1a\n',
      '\xff\xd8\xff\xe0',
      'II*\0',
      'RIFF',
      '\x5c\x01\0\0',
      '\x1f\x8b',
      'DICM',
      '',
    ]
    for (const start of starts) {
      const bytes = Buffer.alloc(512)
      bytes.write(start, 'latin1')
      assert.equal(isDicom(bytes), false)
    }
  })

  it('does not change the bytes that it is given', async () => {
    for (const name of [
      'rescale-1',
      'padding-1',
      'big-u12',
      'explicit-dirty-s12',
      'explicit-ybr',
      'j2k-s8',
    ]) {
      const bytes = readFixture(name)
      const copy = Uint8Array.from(bytes)
      await display(bytes)
      assert.deepEqual(Uint8Array.from(bytes), copy)
    }
  })

  it('reads from the middle of a larger buffer', async () => {
    const bytes = readFixture('explicit-u12')
    for (const offset of [1, 2, 3]) {
      const larger = new Uint8Array(bytes.length + 8)
      larger.set(bytes, offset)
      const { data } = await reference(larger.subarray(offset, offset + bytes.length))
      assert.deepEqual(data, (await reference(bytes)).data)
    }
  })

  it('tells each step with its numbers', async () => {
    const applied = async (name: string) => (await display(readFixture(name))).applied.slice(1)
    assert.deepEqual(await applied('linear-rescale-1'), [
      'rescale slope 1.5 intercept -1024',
      'window centre 2000 width 3000 LINEAR',
      'inverted: MONOCHROME1',
    ])
    assert.deepEqual(await applied('linear-several-2'), ['window centre 1000 width 1500 LINEAR (first of 2)'])
    assert.deepEqual(await applied('modality-voi-2'), [
      'modality LUT 512 entries from 0, 16 bits',
      'VOI LUT 900 entries from 0, 16 bits',
    ])
    assert.deepEqual(await applied('inverse-2'), [
      'window centre 2000 width 3000 LINEAR',
      'inverted: Presentation LUT Shape INVERSE',
    ])
    const [padding] = (await applied('padding-range-2')).slice(-1)
    assert.match(padding ?? '', /^pixel padding 3800 to 4095: \d+ pixels set to the darkest value$/)
  })

  it('applies High Bit in display mode only', async () => {
    const items: Item[] = [
      [0x0028, 0x0101, 'US', 6],
      [0x0028, 0x0102, 'US', 7],
    ]
    const bytes = dicomFile(film(...items, pixels(...stored)))
    assert.deepEqual(
      [...(await display(bytes)).data],
      stored.map((value) => value >> 2),
    )
    assert.deepEqual(
      [...(await reference(bytes)).data],
      stored.map((value) => value & 63),
    )
  })

  it('keeps padding out of the range, also when inverted, and leaves an image of padding alone', async () => {
    const padded: Item[] = [
      [0x0028, 0x0120, 'US', 255],
      pixels(255, 20, 30, 40, 255, 20, 30, 40, 255, 20, 30, 40),
    ]
    const plain = await display(dicomFile(film(...padded)))
    assert.deepEqual([...plain.data].slice(0, 4), [20, 20, 30, 40])
    const negative = await display(dicomFile(film([0x0028, 0x0004, 'CS', 'MONOCHROME1'], ...padded)))
    assert.deepEqual([...negative.data].slice(0, 4), [20, 40, 30, 20])
    const empty = await display(
      dicomFile(film([0x0028, 0x0120, 'US', 7], pixels(...Array<number>(12).fill(7)))),
    )
    assert.deepEqual([...empty.data], Array<number>(12).fill(7))
    assert.equal(empty.applied.length, 1)
  })

  it('warns of a window that cannot be applied, and leaves it out', async () => {
    const items: Item[] = [
      [0x0028, 0x1050, 'DS', '100'],
      [0x0028, 0x1051, 'DS', '0'],
    ]
    const { data, warnings } = await display(dicomFile(film(...items)))
    assert.deepEqual([...data], stored)
    assert.deepEqual(
      warnings.map(({ code }) => code),
      ['WARN_WINDOW'],
    )
  })

  describe('warnings', () => {
    const codes = async (...items: Item[]) =>
      (await display(dicomFile(film(...items)))).warnings.map(({ code }) => code)

    it('none for a frontal chest film', async () => {
      assert.deepEqual(await codes([0x0018, 0x5101, 'CS', 'PA']), [])
      assert.deepEqual(await codes([0x0018, 0x5101, 'CS', 'LLD']), []) // lying on the side, seen from the front
      assert.deepEqual(await codes([0x0018, 0x0015, 'CS', '']), [])
    })
    it('lateral views, by position or by code', async () => {
      for (const view of ['LL', 'RL', 'LATERAL']) {
        assert.deepEqual(await codes([0x0018, 0x5101, 'CS', view]), ['WARN_LATERAL'])
      }
      const code: Item = [0x0054, 0x0220, 'SQ', [[[0x0008, 0x0100, 'SH', '399198007']]]]
      assert.deepEqual(await codes(code), ['WARN_LATERAL'])
    })
    it('other body parts and modalities', async () => {
      assert.deepEqual(await codes([0x0018, 0x0015, 'CS', 'KNEE']), ['WARN_BODY_PART'])
      for (const modality of ['CT', 'RF', 'MR']) {
        assert.deepEqual(await codes([0x0008, 0x0060, 'CS', modality]), ['WARN_MODALITY'])
      }
    })
    it('burned-in annotation', async () => {
      assert.deepEqual(await codes([0x0028, 0x0301, 'CS', 'YES']), ['WARN_BURNED_IN'])
    })
    it('which frame was taken', async () => {
      const { warnings } = await decodeDicom(readFixture('frames-native'), { mode: 'display', frame: 2 })
      assert.deepEqual(warnings, [{ code: 'WARN_FRAMES', message: 'Frame 2 of 0 to 2 was taken' }])
    })
    it('what the reference mode leaves out', async () => {
      const message = async (name: string) => {
        const { warnings } = await reference(readFixture(name))
        const polarity = warnings.filter(({ code }) => code === 'WARN_POLARITY')
        assert.equal(polarity.length, 1, name)
        return polarity[0]?.message ?? ''
      }
      assert.match(await message('linear-1'), /^The film is a negative here.* a window, an inversion$/)
      assert.match(await message('inverse-2'), /negative/)
      assert.match(await message('voi12-2'), /apply a VOI LUT$/)
      assert.match(await message('modality16-2'), /apply a modality LUT$/)
      assert.match(await message('rescale-negative-2'), /apply a rescale \(slope -0.684 intercept 4095\)$/)
      assert.match(await message('explicit-palette8'), /a colour palette$/)
      assert.deepEqual((await reference(readFixture('rescale-identity-2'))).warnings, [])
      assert.deepEqual((await reference(readFixture('explicit-rgb-planar'))).warnings, [])
    })
  })

  it('tells nothing that identifies a patient', async () => {
    const secret = 'DOE^JANE'
    const bytes = dicomFile(
      film(
        [0x0008, 0x0050, 'SH', secret],
        [0x0008, 0x0080, 'LO', secret],
        [0x0008, 0x103e, 'LO', secret],
        [0x0010, 0x0010, 'PN', secret],
        [0x0010, 0x0020, 'LO', secret],
        [0x0018, 0x0015, 'CS', secret],
        [0x0008, 0x0060, 'CS', secret],
        [0x0018, 0x5101, 'CS', secret],
        [0x0020, 0x000d, 'UI', '1.2.3.456789'],
        [0x0028, 0x0301, 'CS', 'YES'],
      ),
    )
    for (const mode of ['display', 'reference'] as const) {
      const { data, ...facts } = await decodeDicom(bytes, { mode })
      assert.equal(data.length, 12)
      assert.doesNotMatch(JSON.stringify(facts), /DOE|JANE|456789/)
    }
    for (const tag of [0x0004, 0x0008, 0x1052, 0x1053]) {
      const items: Item[] = [
        [0x0028, 0x1052, 'DS', '0'],
        [0x0028, 0x1053, 'DS', '1'],
        [0x0028, tag, 'LO', secret],
      ]
      const told = await display(dicomFile(film(...items))).then(
        ({ applied, warnings }) => JSON.stringify([applied, warnings]),
        (error) => `${error.code} ${error.message} ${error.cause}`,
      )
      assert.match(told, /ERR_|WARN_/)
      assert.doesNotMatch(told, /DOE|JANE/)
    }
  })

  it('tells nothing that identifies a patient, wherever it was put', async () => {
    const odd = (name: string): Item[] => [
      [0x0008, 0x0060, 'CS', name],
      [0x0008, 0x0068, 'CS', name],
      [0x0018, 0x0015, 'CS', name],
      [0x0028, 0x0008, 'IS', name],
      [0x0028, 0x0034, 'IS', name],
      [0x0028, 0x1050, 'DS', name],
      [0x0028, 0x1051, 'DS', name],
      [0x0028, 0x1052, 'DS', name],
      [0x0028, 0x1053, 'DS', name],
      [0x0028, 0x1056, 'CS', name],
      [0x0028, 0x3000, 'SQ', Buffer.from(name)],
      [0x0028, 0x3010, 'SQ', [[[0x0028, 0x3002, 'US', Buffer.from(name)]]]],
      [0x2050, 0x0020, 'CS', name],
    ]
    const whole = dicomFile(film(...odd('JANEDOES')))
    for (const mode of ['display', 'reference'] as const) {
      const { data, ...facts } = await decodeDicom(whole, { mode })
      assert.equal(data.length, 12)
      assert.ok(facts.warnings.length >= 3)
      assert.doesNotMatch(JSON.stringify(facts), /JANE/)
    }
    // Where the header runs off into names, neither their letters nor their codes come out.
    const letters = Buffer.from('JANEDOES'.repeat(20))
    const codes = /JANE|DOES|4a41|4e45|0x4|444f|4553|1701736522|1397051204/i
    for (let at = 300; at < whole.length; at++) {
      const bytes = Uint8Array.from([...whole.subarray(0, at), ...letters, ...whole.subarray(at)])
      const told = await display(bytes).then(
        ({ data, ...facts }) => JSON.stringify([data.length, facts]),
        (error) => `${error.code} ${error.message} ${error.cause}`,
      )
      assert.doesNotMatch(told, codes, `at ${at}`)
    }
  })

  it('decodes many films at once, in few threads', async () => {
    const names = ['j2k-u12', 'htj2k-u12', 'jls-u12', 'sv1-u12', 'lossy-jpeg-u8', 'rle-u12']
    const one = await Promise.all(names.map((name) => reference(readFixture(name))))
    const many = await Promise.all(
      Array.from({ length: 60 }, (_, i) => reference(readFixture(names[i % 6] ?? ''))),
    )
    many.forEach((image, i) => {
      assert.deepEqual(image.data, one[i % 6]?.data)
    })
  })
})
