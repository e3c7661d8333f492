import type { ImageWarning } from '../warnings.js'
import type { Attributes } from './attributes.js'
import { mapLut, oddities, readLut } from './lut.js'
import type { Range } from './range.js'
import type { Step } from './steps.js'
import { applyWindow, readWindow } from './window.js'

const sequence = 'x00283010'
const tags = { name: 'VOI LUT', descriptor: 'x00283002', data: 'x00283006' }

/**
 * The values of interest (PS3.3 C.11.2): the first VOI LUT; without one, the first window.
 * @param range The values that come in.
 */
export function readVoi(
  attributes: Attributes,
  range: Range,
): { step: Step | undefined; warnings: readonly ImageWarning[] } {
  const item = attributes.item(sequence)
  const lut = item && readLut(item, tags, range)
  if (lut) {
    const step = {
      apply: (values: ArrayLike<number>) => mapLut(values, lut),
      applied: `VOI LUT ${lut.entries.length} entries from ${lut.first}, ${lut.bits} bits${ofSeveral(attributes.itemCount(sequence))}`,
      name: 'a VOI LUT',
    }
    return {
      step,
      warnings: oddities(lut).map((oddity) => odd(`The VOI LUT declares ${oddity}`)),
    }
  }
  const { window, problems } = readWindow(attributes)
  const warnings = problems.map(odd)
  if (item) warnings.unshift(odd('The VOI LUT of the file cannot be read; it was not applied'))
  if (!window) return { step: undefined, warnings }
  const { centre, width, shape, count } = window
  const step = {
    apply: (values: ArrayLike<number>) => applyWindow(values, window, range),
    applied: `window centre ${centre} width ${width} ${shape}${ofSeveral(count)}`,
    name: 'a window',
  }
  return { step, warnings }
}

function ofSeveral(count: number): string {
  return count > 1 ? ` (first of ${count})` : ''
}

function odd(message: string): ImageWarning {
  return { code: 'WARN_WINDOW', message }
}
