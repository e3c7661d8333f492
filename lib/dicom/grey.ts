import type { ImageWarning } from '../warnings.js'
import type { Attributes } from './attributes.js'
import type { Layout } from './layout.js'
import { readModality } from './modality.js'
import type { Step, Values } from './steps.js'
import { readVoi } from './voi.js'

/** The grey transformation of a file: what it does to a value, whatever the pixel. */
export interface GreyTransform {
  readonly steps: readonly Step[]
  /** Why the film is inverted after them, where it is. */
  readonly inversion: string | undefined
  readonly warnings: readonly ImageWarning[]
}

/**
 * The steps of the standard's order: modality table or rescale, then VOI table or window. The inversion, which comes
 * after them, is only named here.
 */
export function greyTransform(attributes: Attributes, layout: Layout): GreyTransform {
  const modality = readModality(attributes, layout)
  const voi = readVoi(attributes, modality.range)
  const steps = [modality.step, voi.step].filter((step) => step !== undefined)
  const inversion = inversionOf(attributes, layout)
  return {
    steps,
    inversion,
    warnings: [...modality.warnings, ...voi.warnings],
  }
}

export function applySteps({ steps }: GreyTransform, values: Values): Values {
  return steps.reduce((result, step) => step.apply(result), values)
}

function inversionOf(attributes: Attributes, layout: Layout): string | undefined {
  if (layout.photometric === 'MONOCHROME1') return 'MONOCHROME1'
  return attributes.text('x20500020') === 'INVERSE' ? 'Presentation LUT Shape INVERSE' : undefined
}
