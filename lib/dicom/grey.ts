import type { ImageWarning } from '../warnings.js'
import type { Attributes } from './attributes.js'
import type { Layout } from './layout.js'
import { type Lut, mapLut, readLut } from './lut.js'
import type { SampleArray } from './samples.js'
import { applyWindow, outputRange, readWindow } from './window.js'

/** Values on their way from stored to shown. */
export type Values = SampleArray | Float64Array

/** The grey transformation of a file: what it does to a value, whatever the pixel. */
export interface GreyTransform {
  apply(values: Values): Values
  readonly inverts: boolean
  readonly applied: readonly string[]
  /** Why the film is inverted. */
  readonly inversion: string | undefined
  readonly warnings: readonly ImageWarning[]
}

const modalityTags = { name: 'Modality LUT', descriptor: 'x00283002', data: 'x00283006' }
const voiTags = { ...modalityTags, name: 'VOI LUT' }

/**
 * The steps of the standard's order: modality table or rescale, then VOI table or window. The inversion, which comes
 * after them, is only named here.
 */
export function greyTransform(attributes: Attributes, layout: Layout): GreyTransform {
  const steps: ((values: Values) => Values)[] = []
  const applied: string[] = []
  const warnings: ImageWarning[] = []
  const modality = readModality(attributes, layout)
  if (modality.lut) {
    const { lut } = modality
    steps.push((values) => mapLut(values, lut))
    applied.push(`modality LUT ${lut.entries.length} entries from ${lut.first}, ${lut.bits} bits`)
  } else if (modality.rescaled) {
    const { slope, intercept } = modality
    if (slope !== 1 || intercept !== 0) steps.push((values) => rescale(values, slope, intercept))
    applied.push(`rescale slope ${slope} intercept ${intercept}`)
  }
  const voi = readVoi(attributes, layout)
  const window = voi ? undefined : readWindow(attributes)
  if (voi) {
    steps.push((values) => mapLut(values, voi))
    applied.push(
      `VOI LUT ${voi.entries.length} entries from ${voi.first}, ${voi.bits} bits${ofSeveral(attributes)}`,
    )
  } else if (window === 'invalid') {
    warnings.push({
      code: 'WARN_WINDOW',
      message: 'The window of the file has no valid width or an unknown function; it was not applied',
    })
  } else if (window) {
    const range = outputRange(layout, modality.lut?.bits, modality.slope, modality.intercept)
    steps.push((values) => applyWindow(values, window, range))
    const several = window.count > 1 ? ` (first of ${window.count})` : ''
    applied.push(`window centre ${window.centre} width ${window.width} ${window.shape}${several}`)
  }
  const inversion = inversionOf(attributes, layout)
  return {
    apply: (values) => steps.reduce((result, step) => step(result), values),
    inverts: inversion !== undefined,
    inversion,
    applied,
    warnings,
  }
}

function readModality(attributes: Attributes, layout: Layout) {
  const item = attributes.item('x00283000')
  const lut = item && readLut(item, modalityTags, layout.signed)
  const slope = attributes.number('x00281053')
  const intercept = attributes.number('x00281052')
  const rescaled = slope !== undefined && intercept !== undefined
  return { lut, rescaled, slope: rescaled ? slope : 1, intercept: rescaled ? intercept : 0 }
}

function readVoi(attributes: Attributes, layout: Layout): Lut | undefined {
  const item = attributes.item('x00283010')
  return item && readLut(item, voiTags, layout.signed)
}

function ofSeveral(attributes: Attributes): string {
  const count = attributes.element('x00283010')?.items?.length ?? 1
  return count > 1 ? ` (first of ${count})` : ''
}

function inversionOf(attributes: Attributes, layout: Layout): string | undefined {
  if (layout.photometric === 'MONOCHROME1') return 'MONOCHROME1'
  return attributes.text('x20500020') === 'INVERSE' ? 'Presentation LUT Shape INVERSE' : undefined
}

function rescale(values: Values, slope: number, intercept: number): Float64Array {
  const result = new Float64Array(values.length)
  for (let i = 0; i < result.length; i++) result[i] = (values[i] as number) * slope + intercept
  return result
}
