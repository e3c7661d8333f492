import type { Attributes } from './attributes.js'

/** Spacing of rows and columns, in the order in which viewers look: of the patient, of the detector, of a scanner. */
const spacings = ['x00280030', 'x00181164', 'x00182010']
/** Heights and widths this close are equal: spacings are rounded. */
const tolerance = 0.01

/** Height of a pixel to its width, where anything in the file says that they differ. */
export function pixelAspect(attributes: Attributes): readonly [height: number, width: number] | undefined {
  // A spacing is that between rows, then that between columns; the aspect ratio has the same order.
  for (const tag of [...spacings, 'x00280034']) {
    const [height, width] = [attributes.number(tag, 0), attributes.number(tag, 1)]
    if (height === undefined || width === undefined || !(height > 0 && width > 0)) continue
    if (Math.abs(height / width - 1) > tolerance) return [height, width]
  }
  return undefined
}
