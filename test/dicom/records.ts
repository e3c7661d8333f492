import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../support/root.js'
import { decodeDicom } from './internals.js'

export const fixtures = join(root, 'test/fixtures/dicom')

/** What pydicom makes of one frame; a hash where it must be the same, else values and how far off they may be. */
export interface Expected {
  readonly type: keyof typeof types
  readonly channels: number
  readonly sha256?: string
  readonly tolerance?: number
  readonly values?: string
}

export type Modes = Readonly<Partial<Record<'reference' | 'display', Expected>>>

const types = {
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  uint32: Uint32Array,
  float64: Float64Array,
}

export function readRecords<T>(name: string): Record<string, T> {
  return JSON.parse(readFileSync(join(fixtures, name), 'utf8')) as Record<string, T>
}

export function readFixture(name: string): Uint8Array {
  return readFileSync(join(fixtures, `${name}.dcm`))
}

/** Decodes a frame in both modes; says in words where it is not what is expected. */
export async function differences(
  name: string,
  bytes: Uint8Array,
  modes: Modes,
  frame = 0,
): Promise<string[]> {
  const found: string[] = []
  for (const [mode, expected] of Object.entries(modes) as ['reference' | 'display', Expected][]) {
    const image = await decodeDicom(bytes, { mode, frame })
    const where = `${name} frame ${frame} ${mode}`
    if (image.channels !== expected.channels) found.push(`${where}: ${image.channels} channels`)
    // An identity is not computed, so the type may be narrower than pydicom's; the values are the same.
    const values = types[expected.type].from(image.data)
    const difference = compare(values, expected)
    if (difference) found.push(`${where}: ${difference}`)
  }
  return found
}

type Values = InstanceType<(typeof types)[keyof typeof types]>

function compare(values: Values, { type, sha256, tolerance = 0, values: encoded = '' }: Expected) {
  const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength)
  if (sha256) {
    return createHash('sha256').update(bytes).digest('hex') === sha256
      ? undefined
      : 'other values than pydicom'
  }
  const decoded = new Uint8Array(Buffer.from(encoded, 'base64'))
  const wanted = new types[type](decoded.buffer)
  if (wanted.length !== values.length) return `${values.length} of ${wanted.length} values`
  let greatest = 0
  for (let i = 0; i < wanted.length; i++) {
    greatest = Math.max(greatest, Math.abs((wanted[i] as number) - (values[i] as number)))
  }
  return greatest <= tolerance ? undefined : `off by ${greatest}`
}
