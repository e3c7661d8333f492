import assert from 'node:assert/strict'
import { dicomFile, type Form, film, type Item } from './build.js'
import { decodeDicom } from './internals.js'

/** A way to do one step, and whether the standard's formula for it turns dark and bright round (-1). */
interface Way {
  readonly items: readonly Item[]
  readonly sign: 1 | -1
}

const stored = Array.from({ length: 48 }, (_, i) => (i * 89 + 7) % 256)
const rescaled = (slope: string, intercept: string): Item[] => [
  [0x0028, 0x1052, 'DS', intercept],
  [0x0028, 0x1053, 'DS', slope],
]
/** A table of 256 entries that is no straight line, for values from `first` up. */
const table = (element: number, first: number, falls = false): Item => {
  const entries = Array.from({ length: 256 }, (_, i) =>
    Math.round(((falls ? 255 - i : i) / 255) ** 1.7 * 65535),
  )
  return [
    0x0028,
    element,
    'SQ',
    [[[0x0028, 0x3002, 'US', [256, first, 16]], [0x0028, 0x3006, 'OW', entries] as Item]],
  ]
}
const modalityTable = (first: number, falls = false) => table(0x3000, first, falls)

/** Steps for values from `low` to `low + 255`. */
function modalities(low: number): Record<string, Way & { readonly from: number; readonly to: number }> {
  const high = low + 255
  const tabled = { from: 0, to: 65535 }
  return {
    none: { items: [], sign: 1, from: low, to: high },
    'slope 1': { items: rescaled('1', '0'), sign: 1, from: low, to: high },
    'slope 2': { items: rescaled('2', '-300'), sign: 1, from: low * 2 - 300, to: high * 2 - 300 },
    'slope -1': { items: rescaled('-1', '255'), sign: -1, from: 255 - high, to: 255 - low },
    'slope -0.25': { items: rescaled('-0.25', '10'), sign: -1, from: 10 - high / 4, to: 10 - low / 4 },
    'slope 0, which is left out': { items: rescaled('0', '9'), sign: 1, from: low, to: high },
    'rising table': { items: [modalityTable(low)], sign: 1, ...tabled },
    'falling table': { items: [modalityTable(low, true)], sign: -1, ...tabled },
    'rising table beside slope -1': {
      items: [modalityTable(low), ...rescaled('-1', '255')],
      sign: 1,
      ...tabled,
    },
    'falling table beside slope 0': {
      items: [modalityTable(low, true), ...rescaled('0', '0')],
      sign: -1,
      ...tabled,
    },
  }
}

/** Windows and tables for values from `from` to `to`. */
function vois(from: number, to: number): Record<string, Way> {
  const window = (shape?: string): Way => {
    const items: Item[] = [
      [0x0028, 0x1050, 'DS', `${(from + to) / 2}`],
      [0x0028, 0x1051, 'DS', `${(to - from) * 0.75}`],
    ]
    return { items: shape ? [...items, [0x0028, 0x1056, 'CS', shape]] : items, sign: 1 }
  }
  return {
    none: { items: [], sign: 1 },
    window: window(),
    LINEAR: window('LINEAR'),
    LINEAR_EXACT: window('LINEAR_EXACT'),
    SIGMOID: window('SIGMOID'),
    'rising table': { items: [table(0x3010, Math.round(from))], sign: 1 },
    'falling table': { items: [table(0x3010, Math.round(from), true)], sign: -1 },
  }
}

const shown: Record<string, Way> = {
  MONOCHROME2: { items: [], sign: 1 },
  'MONOCHROME2 IDENTITY': { items: [[0x2050, 0x0020, 'CS', 'IDENTITY']], sign: 1 },
  'MONOCHROME2 INVERSE': { items: [[0x2050, 0x0020, 'CS', 'INVERSE']], sign: -1 },
  MONOCHROME1: { items: [[0x0028, 0x0004, 'CS', 'MONOCHROME1']], sign: -1 },
  'MONOCHROME1 IDENTITY': {
    items: [
      [0x0028, 0x0004, 'CS', 'MONOCHROME1'],
      [0x2050, 0x0020, 'CS', 'IDENTITY'],
    ],
    sign: -1,
  },
  'MONOCHROME1 INVERSE': {
    items: [
      [0x0028, 0x0004, 'CS', 'MONOCHROME1'],
      [0x2050, 0x0020, 'CS', 'INVERSE'],
    ],
    sign: -1,
  },
}

const pixels = (values: readonly number[], signed: boolean): Item[] => [
  [0x0028, 0x0010, 'US', 6],
  [0x0028, 0x0011, 'US', 8],
  [0x0028, 0x0103, 'US', signed ? 1 : 0],
  [0x7fe0, 0x0010, 'OB', Uint8Array.from(values)],
]

async function decode(items: readonly Item[], form: Form = 'explicit') {
  return (await decodeDicom(dicomFile(film(...items), { form }), { mode: 'display' })).data
}

/** Whether shown values never fall (1) or never rise (-1) with the stored ones; 0 where they do both, or neither. */
function polarity(values: ArrayLike<number>, of: readonly number[]): number {
  const order = of.map((_, i) => i).sort((a, b) => (of[a] as number) - (of[b] as number))
  const signs = new Set(
    order.slice(1).map((at, i) => Math.sign((values[at] as number) - (values[order[i] as number] as number))),
  )
  signs.delete(0)
  return signs.size === 1 ? ([...signs][0] as number) : 0
}

/** Every combination of the steps, as lists of elements. */
function* combinations(low: number) {
  for (const [modality, first] of Object.entries(modalities(low))) {
    for (const [voi, second] of Object.entries(vois(first.from, first.to))) {
      for (const [shape, third] of Object.entries(shown)) {
        const items = [...first.items, ...second.items, ...third.items]
        const sign = first.sign * second.sign * third.sign
        yield { name: `${modality} | ${voi} | ${shape}`, items, sign }
      }
    }
  }
}

describe('polarity of a DICOM film', () => {
  for (const signed of [false, true]) {
    const low = signed ? -128 : 0
    const words = stored.map((value) => value + low)
    for (const form of ['explicit', 'implicit', 'big'] as const) {
      it(`follows the standard in every combination: ${signed ? 'signed' : 'unsigned'}, ${form}`, async function () {
        this.timeout(60_000)
        const wrong: string[] = []
        let tried = 0
        for (const { name, items, sign } of combinations(low)) {
          tried++
          const values = await decode([...pixels(words, signed), ...items], form)
          if (polarity(values, stored) !== sign) wrong.push(`${name}: ${polarity(values, stored)}`)
        }
        assert.deepEqual(wrong, [])
        assert.equal(tried, 10 * 7 * 6)
      })
    }
  }

  const inverted = stored.map((value) => 255 - value)

  it('is the same for slope -1 of inverted pixels as for the pixels', async () => {
    for (const [voi, { items }] of Object.entries(vois(0, 255))) {
      for (const [shape, { items: last }] of Object.entries(shown)) {
        const plain = await decode([...pixels(stored, false), ...rescaled('1', '0'), ...items, ...last])
        const turned = await decode([...pixels(inverted, false), ...rescaled('-1', '255'), ...items, ...last])
        assert.deepEqual(Float64Array.from(turned), Float64Array.from(plain), `${voi} | ${shape}`)
      }
    }
  })

  it('is the same for signed pixels as for unsigned ones moved down by the rescale', async () => {
    const moved = stored.map((value) => value - 128)
    for (const [voi, { items }] of Object.entries(vois(-128, 127))) {
      const unsigned = await decode([...pixels(stored, false), ...rescaled('1', '-128'), ...items])
      const signed = await decode([...pixels(moved, true), ...items])
      assert.deepEqual(Float64Array.from(signed), Float64Array.from(unsigned), voi)
    }
  })

  it('knows no rescale beside a modality LUT', async () => {
    for (const [voi, { items }] of Object.entries(vois(0, 65535))) {
      const alone = await decode([...pixels(stored, false), modalityTable(0), ...items])
      for (const slope of ['-1', '0', '0.01', '-250', 'x']) {
        const beside = await decode([
          ...pixels(stored, false),
          modalityTable(0),
          ...rescaled(slope, '4095'),
          ...items,
        ])
        assert.deepEqual(beside, alone, `${voi} | slope ${slope}`)
      }
    }
  })

  it('is turned round by MONOCHROME1, and the range stays', async () => {
    for (const [modality, { items, from, to }] of Object.entries(modalities(0))) {
      for (const [voi, { items: more }] of Object.entries(vois(from, to))) {
        const all = [...pixels(stored, false), ...items, ...more]
        const positive = Float64Array.from(await decode(all))
        const negative = await decode([...all, [0x0028, 0x0004, 'CS', 'MONOCHROME1']])
        const sum = Math.min(...positive) + Math.max(...positive)
        const turned = positive.map((value) => sum - value)
        assert.deepEqual(Float64Array.from(negative), turned, `${modality} | ${voi}`)
      }
    }
  })

  it('is told by the reference mode', async () => {
    for (const { name, items, sign } of combinations(0)) {
      const bytes = dicomFile(film(...pixels(stored, false), ...items))
      const { warnings } = await decodeDicom(bytes, { mode: 'reference' })
      const negative = warnings.some(({ message }) => /is a negative here/.test(message))
      assert.equal(negative, sign < 0, name)
    }
  })
})
