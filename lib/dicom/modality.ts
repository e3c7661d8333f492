import type { ImageWarning } from '../warnings.js'
import type { Attributes } from './attributes.js'
import type { Layout } from './layout.js'
import { mapLut, oddities, readLut } from './lut.js'
import { type Range, storedRange, unsignedRange } from './range.js'
import type { Step, Values } from './steps.js'

/** From stored to modality values (PS3.3 C.11.1). */
export interface Modality {
  readonly step: Step | undefined
  /** The values that it gives. */
  readonly range: Range
  readonly warnings: readonly ImageWarning[]
}

const tags = { name: 'Modality LUT', descriptor: 'x00283002', data: 'x00283006' }
const intercept = { tag: 'x00281052', name: 'Rescale Intercept' }
const slope = { tag: 'x00281053', name: 'Rescale Slope' }

/** The first Modality LUT; without one, Rescale Slope and Intercept. */
export function readModality(attributes: Attributes, layout: Layout): Modality {
  const stored = storedRange(layout)
  const item = attributes.item('x00283000')
  if (!item) return readRescale(attributes, stored)
  const lut = readLut(item, tags, stored)
  if (!lut) {
    const warning = odd('The modality LUT of the file cannot be read; it was not applied')
    const instead = readRescale(attributes, stored)
    return { ...instead, warnings: [warning, ...instead.warnings] }
  }
  const warnings = oddities(lut).map((oddity) => odd(`The modality LUT declares ${oddity}`))
  if (!isIdentity(attributes)) {
    const message = 'The file has a modality LUT and a rescale, which exclude each other; the LUT was applied'
    warnings.push({ code: 'WARN_CONTRADICTION', message })
  }
  return {
    step: {
      apply: (values) => mapLut(values, lut),
      applied: `modality LUT ${lut.entries.length} entries from ${lut.first}, ${lut.bits} bits`,
      name: 'a modality LUT',
    },
    range: unsignedRange(lut.bits),
    warnings,
  }
}

function readRescale(attributes: Attributes, stored: Range): Modality {
  const leftOut = (...messages: string[]): Modality => ({
    step: undefined,
    range: stored,
    warnings: messages.map(odd),
  })
  const [a, b] = [attributes.decimal(slope.tag), attributes.decimal(intercept.tag)]
  const both = [
    { ...slope, ...a },
    { ...intercept, ...b },
  ]
  const unreadable = both.filter(({ value }) => Number.isNaN(value)).map(({ name }) => name)
  if (unreadable.length > 0) return leftOut(`${unreadable.join(' and ')}: no number; no rescale was applied`)
  if (a === undefined || b === undefined) {
    if (isIdentity(attributes)) return leftOut()
    return leftOut(`${(a ? intercept : slope).name} is missing; no rescale was applied`)
  }
  if (a.value === 0) {
    return leftOut('Rescale Slope is 0, which would make all pixels equal; no rescale was applied')
  }
  const ends = [stored.low * a.value + b.value, stored.high * a.value + b.value]
  return {
    step: {
      apply: (values) => rescale(values, a.value, b.value),
      applied: `rescale slope ${a.value} intercept ${b.value}`,
      name: `a rescale (slope ${a.value} intercept ${b.value})`,
    },
    range: { low: Math.min(...ends), high: Math.max(...ends) },
    warnings: both
      .filter(({ proper }) => !proper)
      .map(({ name, value }) => odd(`${name} is not written as a decimal string; it was read as ${value}`)),
  }
}

function isIdentity(attributes: Attributes): boolean {
  return (attributes.number(slope.tag) ?? 1) === 1 && (attributes.number(intercept.tag) ?? 0) === 0
}

function rescale(values: Values, by: number, plus: number): Values {
  if (by === 1 && plus === 0) return values
  const result = new Float64Array(values.length)
  for (let i = 0; i < result.length; i++) result[i] = (values[i] as number) * by + plus
  return result
}

function odd(message: string): ImageWarning {
  return { code: 'WARN_RESCALE', message }
}
