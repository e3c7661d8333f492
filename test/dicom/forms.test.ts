import assert from 'node:assert/strict'
import { sniffFormat } from '../image/internals.js'
import {
  type Build,
  delimiter,
  dicomFile,
  type Form,
  film,
  fragment,
  type Item,
  numbers,
  writeElement,
} from './build.js'
import { decodeDicom, isDicom } from './internals.js'

const stored = Array.from({ length: 12 }, (_, i) => i * 20)
const forms: readonly Form[] = ['explicit', 'implicit', 'big']
const uid = (form: Form) => `1.2.840.10008.1.2${{ explicit: '.1', implicit: '', big: '.2' }[form]}`

/** Sniffed as DICOM, and read in both modes. */
async function reads(bytes: Uint8Array, name: string): Promise<void> {
  assert.equal(sniffFormat(bytes), 'dicom', name)
  assert.ok(isDicom(bytes), name)
  for (const mode of ['display', 'reference'] as const) {
    const { data, warnings } = await decodeDicom(bytes, { mode }).catch((error) => {
      throw new Error(`${name}: ${error.message}`)
    })
    assert.deepEqual([...data], stored, name)
    assert.deepEqual(warnings, [], name)
  }
}

/** An element of group 0009, of a VR that is given as bytes. */
const odd = (...parts: (string | readonly number[])[]): Item => [
  0x0009,
  0x1001,
  '',
  Buffer.concat([
    numbers('explicit', [0x0009, 0x1001]),
    ...parts.map((part) =>
      typeof part === 'string' ? Buffer.from(part, 'latin1') : numbers('explicit', part),
    ),
  ]),
]

describe('forms of a DICOM file', () => {
  it('meta information with or without VR, group length and preamble, before any data set', async () => {
    for (const metaForm of ['explicit', 'implicit'] as const) {
      for (const form of forms) {
        for (const groupLength of [true, false]) {
          for (const preamble of [true, false]) {
            const build: Build = { metaForm, form, groupLength, preamble }
            await reads(dicomFile(film(), build), JSON.stringify(build))
          }
        }
      }
    }
  })

  it('a data set without VR that the file names explicit, and the reverse', async () => {
    for (const metaForm of ['explicit', 'implicit'] as const) {
      await reads(dicomFile(film(), { metaForm, form: 'implicit', syntax: uid('explicit') }), metaForm)
      await reads(dicomFile(film(), { metaForm, form: 'explicit', syntax: uid('implicit') }), metaForm)
    }
  })

  it('a data set in another byte order than the one that the file names', async () => {
    for (const form of ['explicit', 'implicit'] as const) {
      await reads(dicomFile(film(), { form: 'big', syntax: uid(form) }), `big, named ${form}`)
      await reads(dicomFile(film(), { form, syntax: uid('big') }), `${form}, named big`)
    }
  })

  it('no meta information: the data set alone, or after a preamble', async () => {
    for (const form of forms) {
      for (const preamble of [true, false]) {
        await reads(dicomFile(film(), { form, preamble, meta: false }), `${form} ${preamble}`)
      }
      const group: Item = [0x0008, 0x0000, 'UL', form === 'big' ? [0, 20] : [20, 0]]
      await reads(dicomFile(film(group), { form, preamble: false, meta: false }), `${form}, group length`)
    }
  })

  it('a preamble that is the beginning of another format', async () => {
    const starts = [
      'II*\0',
      'MM\0*',
      'II+\0',
      '\xff\xd8\xff\xe0',
      '\x89PNG\r\n\x1a\n',
      'RIFF\0\0\0\0WEBP',
      '\x1f\x8b\x08',
    ]
    for (const start of [...starts, '\x1c\x02\0\0n+2\0', '%PDF-1.4', 'PK\x03\x04', '\x02\0\0\0']) {
      const preamble = new Uint8Array(128)
      preamble.set(Buffer.from(start, 'latin1'))
      await reads(dicomFile(film(), { preamble }), start)
    }
  })

  describe('elements in the other form', () => {
    const value = 'abcdef'
    const cases: Record<string, Item> = {
      'no VR': odd([6, 0], value),
      'no VR and no value': odd([0, 0]),
      'an unknown VR with a long length': odd('OX\0\0', [6, 0], value),
      'an unknown VR with a short length': odd('ZZ', [6], value),
      'a long VR with a short length': odd('OB', [6], value),
      'no letters for a VR, with a short length': odd('??', [6], value),
      'blanks for a VR': odd('  ', [6], value),
      'zeros for a VR': odd('\0\0', [6], value),
      'small letters for a VR': odd('lo', [6], value),
      'a VR of 64-bit numbers': odd('OV\0\0', [8, 0], `${value}gh`),
    }
    for (const [name, item] of Object.entries(cases)) {
      it(`explicit, ${name}`, () => reads(dicomFile(film([0x0009, 0x0010, 'LO', 'MADE UP'], item)), name))
    }
    it('implicit, an element with VR', () => {
      const explicit = writeElement([0x0009, 0x1001, 'LO', value])
      return reads(dicomFile(film([0x0009, 0x1001, '', explicit]), { form: 'implicit' }), 'with VR')
    })
    it('explicit, pixel data without VR', () => {
      const pixels = writeElement([0x7fe0, 0x0010, 'OB', Uint8Array.from(stored)], 'implicit')
      return reads(dicomFile(film([0x7fe0, 0x0010, '', pixels])), 'pixels')
    })
    it('an element out of order', async () => {
      const items = film()
      await reads(dicomFile([...items.slice(1, 5), ...items.slice(0, 1), ...items.slice(5)]), 'order')
    })

    const itemEnd = Uint8Array.from([0xfe, 0xff, 0x0d, 0xe0, 0, 0, 0, 0])
    const open = Uint8Array.from([0xfe, 0xff, 0x00, 0xe0, 0xff, 0xff, 0xff, 0xff])
    const nested = (form: Form, vr: string, undefinedLength: boolean, depth: number): Uint8Array => {
      const inner: Item[] = [
        [0x0008, 0x0100, 'SH', 'CODE'],
        [0x0008, 0x0104, 'LO', 'meaning'],
      ]
      const parts = inner.map((item) => writeElement(item, form))
      if (depth > 0) {
        const below = nested(form, vr, undefinedLength, depth - 1)
        parts.push(writeElement([0x0008, 0x1140, vr, below], form, undefinedLength))
      }
      const content = Buffer.concat(parts)
      const one = undefinedLength ? Buffer.concat([open, content, itemEnd]) : fragment(content)
      return Buffer.concat([one, one, ...(undefinedLength ? [delimiter] : [])])
    }
    for (const form of forms.slice(0, 2)) {
      for (const content of forms.slice(0, 2)) {
        it(`${form}, sequences whose items are ${content}`, async () => {
          for (const vr of ['SQ', 'UN']) {
            for (const undefinedLength of [true, false]) {
              for (const depth of [0, 1, 3]) {
                for (const group of [0x0008, 0x0009]) {
                  const bytes = nested(content, vr, undefinedLength, depth)
                  const sequence = writeElement([group, 0x1140, vr, bytes], form, undefinedLength)
                  const name = `${vr} ${undefinedLength} ${depth} ${group}`
                  await reads(dicomFile(film([group, 0x1140, '', sequence]), { form }), name)
                }
              }
            }
          }
        })
      }
    }
    it('a table in items of either form, in a sequence with or without VR', async () => {
      const entries = Array.from({ length: 256 }, (_, i) => i * 3)
      const table: Item[] = [
        [0x0028, 0x3002, 'US', [256, 0, 10]],
        [0x0028, 0x3006, 'US', entries],
      ]
      for (const content of ['explicit', 'implicit'] as const) {
        const item = Buffer.concat(table.map((element) => writeElement(element, content)))
        for (const vr of ['SQ', 'UN']) {
          const sequence: Item = [0x0028, 0x3010, vr, fragment(item)]
          const { data } = await decodeDicom(dicomFile(film(sequence)), { mode: 'display' })
          assert.deepEqual(
            [...data],
            stored.map((value) => value * 3),
            `${vr} ${content}`,
          )
        }
      }
    })
  })

  describe('VRs that pixel data should not have', () => {
    for (const vr of ['OX', 'UN', 'ZZ', 'OW']) {
      it(vr, () => {
        const pixels = Buffer.concat([
          numbers('explicit', [0x7fe0, 0x0010]),
          Buffer.from(`${vr}\0\0`),
          numbers('explicit', [12, 0]),
          Uint8Array.from(stored),
        ])
        return reads(dicomFile(film([0x7fe0, 0x0010, '', pixels])), vr)
      })
    }
    it('OX, encapsulated', async () => {
      // One segment at byte 64, of one run of 12 literal bytes.
      const header = new Uint8Array(64)
      header.set([1, 0, 0, 0, 64], 0)
      const stream = Buffer.concat([header, Uint8Array.of(11, ...stored)])
      const padded = Buffer.concat([stream, new Uint8Array(stream.length % 2)])
      const value = Buffer.concat([fragment(new Uint8Array(0)), fragment(padded), delimiter])
      const items = film([0x7fe0, 0x0010, 'OX', value])
      await reads(dicomFile(items, { syntax: `${uid('implicit')}.5`, encapsulated: true }), 'OX')
    })
  })

  describe('is refused for its real reason', () => {
    const refuses = (bytes: Uint8Array, message: RegExp) =>
      assert.rejects(decodeDicom(bytes, { mode: 'display' }), { code: 'ERR_IMAGE_DECODE', message })

    it('an element that says that it ends after the file', async () => {
      const long = odd('OB\0\0', [0xffff, 0x7fff], 'DOE^JANE')
      await refuses(
        dicomFile(film(long)),
        /^DICOM: the element at byte \d+ ends after its data set: the file is cut off/,
      )
    })
    it('a sequence without an end', async () => {
      const endless = writeElement(
        [0x0008, 0x1140, 'SQ', fragment(Buffer.from('DOE^JANE'))],
        'explicit',
        true,
      )
      await refuses(dicomFile(film([0x0008, 0x1140, '', endless])), /undefined length .* has no end/)
    })
    it('bytes that are no elements', async () => {
      const items = film().filter(([group]) => group !== 0x7fe0)
      const noise: Item = [
        0x0029,
        0,
        '',
        Buffer.from('\x10\0\x10\0LO\x04\0JANE\x08\0\x60\0CS\x04\0\0\0\0\0', 'latin1'),
      ]
      await refuses(dicomFile([...items, noise]), /out of order from byte \d+ on and no pixel data follow/)
    })
    it('more elements than any film has', async () => {
      const many = Buffer.alloc(8 * 110_000)
      for (let i = 0; i < 110_000; i++) {
        many.writeUInt16LE(0x0009 + 2 * (i >>> 16), i * 8)
        many.writeUInt16LE(i & 0xffff, i * 8 + 2)
        many.write('LO', i * 8 + 4)
      }
      await refuses(dicomFile(film([0x0009, 0, '', many])), /more than 100000 elements/)
      const same = writeElement([0x0009, 0x0001, 'LO', []])
      const repeated = Buffer.alloc(same.length * 110_000, same)
      await refuses(dicomFile(film([0x0009, 0, '', repeated])), /more than 100000 elements/)
      const inside = Buffer.alloc(same.length * 1_100_000, same)
      const sequence = writeElement([0x0009, 0x0001, 'SQ', fragment(inside)], 'explicit', true)
      const endless = Buffer.concat([sequence.subarray(0, 16), Buffer.alloc(4, 0xff), sequence.subarray(20)])
      await refuses(dicomFile(film([0x0009, 0, '', endless])), /more than 1000000 elements/)
    })
    it('sequences that are nested without end', async () => {
      let bytes: Uint8Array = new Uint8Array(0)
      for (let i = 0; i < 3000; i++) {
        bytes = Buffer.concat([writeElement([0x0008, 0x1140, 'SQ', ''], 'explicit', true), open, bytes])
      }
      await refuses(dicomFile(film([0x0008, 0x1140, '', bytes])), /nested more than 64 deep/)
    })
    const open = Uint8Array.from([0xfe, 0xff, 0x00, 0xe0, 0xff, 0xff, 0xff, 0xff])
  })
})
