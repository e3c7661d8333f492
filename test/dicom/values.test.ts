import assert from 'node:assert/strict'
import { dicomFile, type Form, film, type Item } from './build.js'
import { decodeDicom } from './internals.js'

const stored = Array.from({ length: 12 }, (_, i) => i * 20)

async function shown(items: readonly Item[], form: Form = 'explicit') {
  const { data, applied, warnings } = await decodeDicom(dicomFile(film(...items), { form }), {
    mode: 'display',
  })
  return { data: [...data], applied: applied.slice(1), codes: warnings.map(({ code }) => code), warnings }
}

const window = (centre: string, width: string, shape = ''): Item[] => [
  [0x0028, 0x1050, 'DS', centre],
  [0x0028, 0x1051, 'DS', width],
  [0x0028, 0x1056, 'CS', shape],
]
const rescale = (slope: string, intercept: string): Item[] => [
  [0x0028, 0x1052, 'DS', intercept],
  [0x0028, 0x1053, 'DS', slope],
]
/** Pixels of 16 bits. */
const words = (values: readonly number[], signed = false, bits = 16): Item[] => [
  [0x0028, 0x0100, 'US', 16],
  [0x0028, 0x0101, 'US', bits],
  [0x0028, 0x0102, 'US', bits - 1],
  [0x0028, 0x0103, 'US', signed ? 1 : 0],
  [0x7fe0, 0x0010, 'OW', values],
]

describe('odd values of a DICOM file', () => {
  describe('windows', () => {
    // [centre, width, what is applied; function]. The authority for commas is that a decimal string has no other use for
    // them; for text behind a number, DCMTK.
    const read: [string, string, string, string?][] = [
      ['127,5', '100,0', 'window centre 127.5 width 100 LINEAR'],
      ['127,5\\3', '100,0\\7', 'window centre 127.5 width 100 LINEAR (first of 2)'],
      ['100', '90HU', 'window centre 100 width 90 LINEAR'],
      ['100 HU', '90 HU', 'window centre 100 width 90 LINEAR'],
      [',5e2', '1,5E2', 'window centre 50 width 150 LINEAR'],
      ['100', '90', 'window centre 100 width 90 LINEAR', 'CURVED'],
    ]
    for (const [centre, width, applied, shape] of read) {
      it(`${centre} and ${width}${shape ? ` ${shape}` : ''}: read, with a warning`, async () => {
        const odd = await shown(window(centre, width, shape))
        assert.deepEqual(odd.applied, [applied])
        assert.ok(odd.codes.length > 0 && odd.codes.every((code) => code === 'WARN_WINDOW'), `${odd.codes}`)
        const [, c = '', w = ''] = /centre (\S+) width (\S+)/.exec(applied) ?? []
        assert.deepEqual(odd.data, (await shown(window(c, w))).data)
      })
    }
    for (const [centre, width] of [
      ['+127.50', '0100'],
      ['1e2', '9.0E1'],
      ['-5', '.5e3'],
      ['100.', ' 90 '],
    ] as const) {
      it(`${centre} and ${width}: read, without`, async () => {
        const { applied, codes } = await shown(window(centre, width))
        assert.deepEqual(applied, [`window centre ${Number(centre)} width ${Number(width)} LINEAR`])
        assert.deepEqual(codes, [])
      })
    }
    const leftOut: [string, string, string?][] = [
      ['abc', '100'],
      ['100', 'x'],
      ['100', '0'],
      ['100', '-5'],
      ['100', '0.5'],
      ['100', '0', 'LINEAR_EXACT'],
      ['100', '-1', 'SIGMOID'],
      ['', '100'],
      ['100', ''],
      ['1.000,5', '100'],
      ['1,000,5', '100'],
      ['100', '1 500'],
      ['1e999', '100'],
    ]
    for (const [centre, width, shape] of leftOut) {
      it(`${centre || 'none'} and ${width || 'none'} ${shape ?? ''}: left out, with a warning`, async () => {
        const { data, applied, codes } = await shown(window(centre, width, shape))
        assert.deepEqual([data, applied, codes], [stored, [], ['WARN_WINDOW']])
      })
    }
    it('a width under 1 is one for LINEAR_EXACT and SIGMOID', async () => {
      for (const shape of ['LINEAR_EXACT', 'SIGMOID']) {
        assert.deepEqual((await shown(window('100', '0.5', shape))).codes, [])
      }
    })
    it('is not asked for where there is a VOI LUT', async () => {
      const table: Item = [0x0028, 0x3010, 'SQ', [[...lut([256, 0, 16], ramp(256))]]]
      assert.deepEqual((await shown([table, ...window('abc', '0')])).codes, [])
    })
  })

  describe('rescale', () => {
    it('a decimal comma and a unit: read, with a warning', async () => {
      const { data, applied, codes } = await shown(rescale('-0,5HU', '10,25'))
      assert.deepEqual(applied, ['rescale slope -0.5 intercept 10.25'])
      assert.deepEqual(codes, ['WARN_RESCALE', 'WARN_RESCALE'])
      assert.deepEqual(
        data,
        stored.map((value) => 10.25 - value / 2),
      )
    })
    it('binary numbers: read, with a warning', async () => {
      const numbers = {
        FL: (value: number) => Buffer.from(Float32Array.of(value).buffer),
        FD: (value: number) => Buffer.from(Float64Array.of(value).buffer),
      }
      for (const [vr, number] of Object.entries(numbers)) {
        const { data, applied, codes } = await shown([
          [0x0028, 0x1052, vr, number(255)],
          [0x0028, 0x1053, vr, number(-1)],
        ])
        assert.deepEqual(applied, ['rescale slope -1 intercept 255'])
        assert.deepEqual(
          [data, codes],
          [stored.map((value) => 255 - value), ['WARN_RESCALE', 'WARN_RESCALE']],
        )
      }
    })
    for (const [slope, intercept] of [
      ['none', '0'],
      ['none', ''],
      ['2', 'none'],
      ['0', '0'],
      ['0', '-1024'],
      ['2', ''],
      ['', '-5'],
    ] as const) {
      it(`slope ${slope || 'absent'}, intercept ${intercept || 'absent'}: left out, with a warning`, async () => {
        const { data, applied, codes } = await shown(rescale(slope, intercept))
        assert.deepEqual([data, applied, codes], [stored, [], ['WARN_RESCALE']])
      })
    }
    it('half of an identity says nothing', async () => {
      assert.deepEqual((await shown(rescale('1', ''))).codes, [])
      assert.deepEqual((await shown(rescale('', '0'))).codes, [])
    })
  })

  it('a modality LUT and a rescale contradict each other, unless the rescale is an identity', async () => {
    const table: Item = [0x0028, 0x3000, 'SQ', [[...lut([256, 0, 16], ramp(256))]]]
    assert.deepEqual((await shown([table, ...rescale('2', '0')])).codes, ['WARN_CONTRADICTION'])
    assert.deepEqual((await shown([table, ...rescale('1', '0')])).codes, [])
  })

  describe('tables', () => {
    const kinds = { 'VOI LUT': [0x3010, 'WARN_WINDOW'], 'modality LUT': [0x3000, 'WARN_RESCALE'] } as const
    for (const [name, [element, code]] of Object.entries(kinds)) {
      const sequence = (items: Item[]): Item => [0x0028, element, 'SQ', [items]]
      const full = ramp(256)
      for (const bits of [0, 17, 32, 255, 65535]) {
        it(`${name} of ${bits} bits: 16 are taken, with a warning`, async () => {
          const { data, codes } = await shown([sequence(lut([256, 0, bits], full))])
          assert.deepEqual([data, codes], [stored.map((value) => value * 200), [code]])
        })
      }
      for (const held of [255, 250, 200, 1]) {
        it(`${name} with ${held} of its 256 entries: the last one goes on, with a warning`, async () => {
          const { data, codes } = await shown([sequence(lut([256, 0, 16], full.slice(0, held)))])
          assert.deepEqual([data, codes], [stored.map((value) => Math.min(value, held - 1) * 200), [code]])
        })
      }
      it(`${name} without descriptor, data or items: left out, with a warning for what is there`, async () => {
        const [descriptor, data] = lut([256, 0, 16], full)
        for (const items of [[descriptor], [data], [[0x0028, 0x3002, 'US', [256, 0]] as Item, data]]) {
          const { data: values, codes } = await shown([sequence(items as Item[])])
          assert.deepEqual([values, codes], [stored, [code]])
        }
        assert.deepEqual((await shown([[0x0028, element, 'SQ', []]])).codes, [])
      })
      it(`${name} that cannot be read: what else there is, is applied`, async () => {
        const [, data] = lut([256, 0, 16], full)
        const odd = sequence([data as Item])
        const instead = element === 0x3010 ? window('100', '90') : rescale('2', '7')
        assert.deepEqual((await shown([odd, ...instead])).data, (await shown(instead)).data)
      })
      // As DCMTK: the data say how many there are.
      for (const declared of [1, 101, 128, 255]) {
        it(`${name} with 256 entries that declares ${declared}: all are taken, with a warning`, async () => {
          const { data, codes } = await shown([sequence(lut([declared, 0, 16], full))])
          assert.deepEqual([data, codes], [stored.map((value) => value * 200), [code]])
        })
      }
      it(`${name} with entries of more bits than it declares: kept, with a warning`, async () => {
        const { data, codes } = await shown([sequence(lut([256, 0, 10], full))])
        assert.deepEqual([data, codes], [stored.map((value) => value * 200), [code]])
      })
      it(`${name} of a byte an entry, also in a big-endian file, where pairs are swapped`, async () => {
        const bytes = Array.from({ length: 256 }, (_, i) => 255 - i)
        const pairs = Array.from(
          { length: 128 },
          (_, i) => (bytes[2 * i] as number) + (bytes[2 * i + 1] as number) * 256,
        )
        for (const form of ['explicit', 'implicit', 'big'] as const) {
          const { data, codes } = await shown([sequence(lut([256, 0, 8], pairs))], form)
          assert.deepEqual([data, codes], [stored.map((value) => 255 - value), []], form)
        }
      })
    }
  })

  // PS3.3 C.11.1.1, C.11.2.1.1: the sign of the first value mapped is that of the values that come in.
  describe('the first value that a table maps', () => {
    interface Signed {
      readonly pixels: Item[]
      readonly before: Item[]
      readonly tables: 'modality' | 'voi'
      readonly first: number
    }
    const low = Array.from({ length: 12 }, (_, i) => i * 100)
    const high = low.map((value) => 40000 + value)
    const negative = low.map((value) => value - 20000)
    const to = (first: number): Item => [0x0028, 0x3000, 'SQ', [lut([2000, first, 16], ramp(2000, 1, 40000))]]
    const cases: Record<string, Signed> = {
      'unsigned, moved below 0': {
        pixels: words(low, false, 12),
        before: rescale('1', '-1024'),
        tables: 'voi',
        first: -1024,
      },
      'unsigned, turned below 0': {
        pixels: words(low, false, 12),
        before: rescale('-1', '0'),
        tables: 'voi',
        first: -1100,
      },
      unsigned: { pixels: words(high), before: [], tables: 'voi', first: 40000 },
      signed: { pixels: words(negative, true), before: [], tables: 'voi', first: -20000 },
      'signed, moved above 32767': {
        pixels: words(negative, true),
        before: rescale('1', '60000'),
        tables: 'voi',
        first: 40000,
      },
      // The rule alone would say -26536, a table that lies 65,536 below every pixel.
      'unsigned, some of which could be moved below 0': {
        pixels: words(high),
        before: rescale('1', '-1000'),
        tables: 'voi',
        first: 39000,
      },
      'signed, through a modality LUT': {
        pixels: words(negative, true),
        before: [to(-20000)],
        tables: 'voi',
        first: 40000,
      },
      'unsigned, through a modality LUT': {
        pixels: words(low),
        before: [to(0)],
        tables: 'voi',
        first: 40000,
      },
      // Read as -536 the table would map more of what a modality LUT may give, but that is unsigned.
      'unsigned, at the end of what a modality LUT gives': {
        pixels: words(low.map((value) => value / 4)),
        before: [[0x0028, 0x3000, 'SQ', [lut([400, 0, 16], ramp(400, 1, 65000))]]],
        tables: 'voi',
        first: 65000,
      },
      'modality, unsigned': { pixels: words(high), before: [], tables: 'modality', first: 40000 },
      'modality, signed': { pixels: words(negative, true), before: [], tables: 'modality', first: -20000 },
    }
    for (const [name, { pixels, before, tables, first }] of Object.entries(cases)) {
      it(`${name}: ${first}, whatever its VR`, async () => {
        const element = tables === 'voi' ? 0x3010 : 0x3000
        for (const form of ['explicit', 'implicit', 'big'] as const) {
          for (const vr of ['US', 'SS']) {
            const table: Item = [0x0028, element, 'SQ', [lut([2000, first, 16], ramp(2000, 5), vr)]]
            const { data, applied, codes } = await shown([...pixels, ...before, table], form)
            const rises = data.map((value) => value - Math.min(...data)).sort((a, b) => a - b)
            assert.ok(applied.at(-1)?.includes(`2000 entries from ${first},`), `${form} ${vr}: ${applied}`)
            assert.ok(
              rises.slice(1).every((value, i) => value > (rises[i] as number)),
              `${form} ${vr}: ${data}`,
            )
            assert.deepEqual(codes, [])
          }
        }
      })
    }
    it('follows the rule where neither sign meets any value', async () => {
      const table: Item = [0x0028, 0x3010, 'SQ', [lut([10, 0x8000, 16], ramp(10))]]
      for (const [signed, first] of [
        [0, 32768],
        [1, -32768],
      ] as const) {
        const { applied } = await shown([[0x0028, 0x0103, 'US', signed], table])
        assert.ok(applied.at(-1)?.includes(`from ${first},`), `${applied}`)
      }
    })
  })

  describe('padding', () => {
    const cases: [string, number, boolean, number][] = [
      ['SS', -1, false, 65535],
      ['US', 65535, false, 65535],
      ['SS', -32000, false, 33536],
      ['US', 33536, true, -32000],
      ['SS', -32000, true, -32000],
      ['US', 63536, true, -2000],
    ]
    for (const [vr, written, signed, value] of cases) {
      it(`${vr} ${written} of ${signed ? 'signed' : 'unsigned'} pixels is ${value}`, async () => {
        const values = [value, 10, 20, 30, value, 10, 20, 30, value, 10, 20, 30]
        const darkest = values.map((each) => (each === value ? 10 : each))
        for (const form of ['explicit', 'implicit', 'big'] as const) {
          const padded = await shown([...words(values, signed), [0x0028, 0x0120, vr, written]], form)
          assert.deepEqual(padded.data, darkest)
          const range: Item[] = [
            [0x0028, 0x0120, vr, written],
            [0x0028, 0x0121, vr, written < 0 ? written - 5 : written + 5],
          ]
          if (value + 5 <= 65535)
            assert.deepEqual((await shown([...words(values, signed), ...range], form)).data, darkest)
        }
      })
    }
  })

  describe('the number of frames', () => {
    for (const frames of ['0', '-3', 'x', '1.5']) {
      it(`${frames} is 1, with a warning`, async () => {
        const { data, codes } = await shown([[0x0028, 0x0008, 'IS', frames]])
        assert.deepEqual([data, codes], [stored, ['WARN_FRAMES']])
      })
    }
    it('text behind it: the number, with a warning', async () => {
      const pixels: Item = [0x7fe0, 0x0010, 'OB', Uint8Array.from([...stored, ...stored])]
      const { codes } = await shown([[0x0028, 0x0008, 'IS', '2A'], pixels])
      assert.deepEqual(codes, ['WARN_FRAMES', 'WARN_FRAMES'])
    })
    for (const frames of ['1', ' 1', '01', '']) {
      it(`${JSON.stringify(frames)} is 1`, async () => {
        assert.deepEqual((await shown([[0x0028, 0x0008, 'IS', frames]])).codes, [])
      })
    }
  })

  describe('warnings', () => {
    it('WARN_FOR_PROCESSING', async () => {
      assert.deepEqual((await shown([[0x0008, 0x0068, 'CS', 'FOR PROCESSING']])).codes, [
        'WARN_FOR_PROCESSING',
      ])
      assert.deepEqual((await shown([[0x0008, 0x0068, 'CS', 'FOR PRESENTATION']])).codes, [])
    })

    const ratio = (value: string): Item => [0x0028, 0x0034, 'IS', value]
    const spacing = (value: string): Item => [0x0028, 0x0030, 'DS', value]
    const imager = (value: string): Item => [0x0018, 0x1164, 'DS', value]
    it('WARN_ASPECT for pixels that are not square', async () => {
      for (const item of [
        ratio('2\\1'),
        ratio('1\\2'),
        spacing('0.2\\0.1'),
        imager('0.143\\0.15'),
        imager('0,2\\0,1'),
      ]) {
        assert.deepEqual((await shown([item])).codes, ['WARN_ASPECT'])
      }
      const { warnings } = await shown([ratio('2\\1')])
      assert.match(warnings[0]?.message ?? '', /height 2, width 1/)
    })
    it('none for pixels that are, or of which nothing is known', async () => {
      for (const item of [
        ratio('1\\1'),
        ratio('3\\3'),
        spacing('0.2\\0.2'),
        imager('0.143\\0.1431'),
        ratio('0\\0'),
        ratio('2'),
        spacing('x\\1'),
      ]) {
        assert.deepEqual((await shown([item])).codes, [])
      }
    })
    it('WARN_ASPECT where the file says both', async () => {
      for (const item of [imager('0.4\\0.2'), ratio('2\\1')]) {
        assert.deepEqual((await shown([spacing('0.2\\0.2'), item])).codes, ['WARN_ASPECT'])
      }
    })

    it('WARN_CONTRADICTION for inversions', async () => {
      const both = (photometric: string, shape: string) =>
        shown([
          [0x0028, 0x0004, 'CS', photometric],
          [0x2050, 0x0020, 'CS', shape],
        ])
      assert.deepEqual((await both('MONOCHROME1', 'IDENTITY')).codes, ['WARN_CONTRADICTION'])
      assert.deepEqual((await both('MONOCHROME2', 'INVERSE')).codes, ['WARN_CONTRADICTION'])
      assert.deepEqual((await both('MONOCHROME1', 'INVERSE')).codes, [])
      assert.deepEqual((await both('MONOCHROME2', 'IDENTITY')).codes, [])
    })

    const colours = (photometric: string, bytes: number): Item[] => [
      [0x0028, 0x0002, 'US', 3],
      [0x0028, 0x0004, 'CS', photometric],
      [0x0028, 0x0006, 'US', 0],
      [0x7fe0, 0x0010, 'OB', Uint8Array.from({ length: bytes }, (_, i) => (i * 37) % 256)],
    ]
    it('WARN_CONTRADICTION for YBR_FULL_422 with the bytes of YBR_FULL, which are read so', async () => {
      const named = await shown(colours('YBR_FULL_422', 36))
      assert.deepEqual(named.codes, ['WARN_CONTRADICTION'])
      assert.deepEqual(named.data, (await shown(colours('YBR_FULL', 36))).data)
      assert.deepEqual((await shown(colours('YBR_FULL_422', 24))).codes, [])
      // An odd number of columns needs no pairs then.
      const odd: Item[] = [
        [0x0028, 0x0011, 'US', 3],
        [0x0028, 0x0010, 'US', 4],
      ]
      assert.deepEqual((await shown([...colours('YBR_FULL_422', 36), ...odd])).data.length, 36)
    })
    it('WARN_CONTRADICTION for more pixel data than the header declares', async () => {
      const twice: Item = [0x7fe0, 0x0010, 'OB', Uint8Array.from([...stored, ...stored])]
      assert.deepEqual((await shown([twice])).codes, ['WARN_CONTRADICTION'])
      assert.deepEqual((await shown([twice, [0x0028, 0x0008, 'IS', '2']])).codes, ['WARN_FRAMES'])
      const padded: Item = [0x7fe0, 0x0010, 'OB', Uint8Array.from([...stored, 0, 0])]
      assert.deepEqual((await shown([padded])).codes, [])
    })
  })

  it('are not needed by the reference mode', async () => {
    const broken: Item[] = [
      ...rescale('none', '1.2.3'),
      ...window('a', 'b', 'C'),
      [0x0028, 0x3000, 'SQ', [[[0x0028, 0x3002, 'US', [256, 0, 99]]]]],
      [0x0028, 0x3010, 'UN', Uint8Array.from([0xfe, 0xff, 0x00, 0xe0, 0xff, 0, 0, 0, 1])],
      [0x0028, 0x0120, 'US', Uint8Array.of(1)],
      [0x0028, 0x0034, 'IS', 'x'],
      [0x0054, 0x0220, 'SQ', Uint8Array.of(1, 2, 3)],
      [0x2050, 0x0020, 'CS', 'NONE'],
    ]
    const bytes = dicomFile(film(...broken))
    assert.deepEqual([...(await decodeDicom(bytes, { mode: 'reference' })).data], stored)
    assert.deepEqual([...(await decodeDicom(bytes, { mode: 'display' })).data], stored)
  })
})

/** Descriptor and data of a table. */
function lut(descriptor: readonly number[], entries: readonly number[], vr = 'US'): Item[] {
  return [
    [0x0028, 0x3002, vr, descriptor],
    [0x0028, 0x3006, 'OW', entries],
  ]
}

function ramp(length: number, by = 200, from = 0): number[] {
  return Array.from({ length }, (_, i) => Math.min(65535, from + i * by))
}
