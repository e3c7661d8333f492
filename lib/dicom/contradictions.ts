import type { ImageWarning } from '../warnings.js'
import type { Layout } from './layout.js'
import { holdsAllSamples, holdsMoreFrames } from './native-pixels.js'
import type { ParsedFile } from './parse.js'

/** Warnings of what a file says twice, and differently; each says what was believed. */
export function contradictions({ attributes, syntax }: ParsedFile, layout: Layout): ImageWarning[] {
  const messages: string[] = []
  const shape = attributes.text('x20500020')
  if (layout.photometric === 'MONOCHROME1' && shape === 'IDENTITY') {
    messages.push(
      'MONOCHROME1 asks for an inversion and Presentation LUT Shape IDENTITY for none: MONOCHROME1 holds',
    )
  }
  if (layout.photometric === 'MONOCHROME2' && shape === 'INVERSE') {
    messages.push(
      'MONOCHROME2 asks for no inversion and Presentation LUT Shape INVERSE for one: INVERSE holds',
    )
  }
  const pixels = attributes.element('x7fe00010')
  if (pixels && syntax.coding === 'native' && !pixels.hadUndefinedLength) {
    if (layout.photometric === 'YBR_FULL_422' && holdsAllSamples(pixels, layout)) {
      messages.push('YBR_FULL_422 is named, but the pixel data have the size of YBR_FULL: they were read so')
    }
    if (holdsMoreFrames(pixels, layout)) {
      messages.push('The pixel data hold more than the size and frames that the header declares')
    }
  }
  return messages.map((message) => ({ code: 'WARN_CONTRADICTION', message }))
}
