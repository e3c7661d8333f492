import type { ImageWarning, WarningCode } from '../warnings.js'
import { pixelAspect } from './aspect.js'
import type { Attributes } from './attributes.js'
import { contradictions } from './contradictions.js'
import { applySteps, greyTransform } from './grey.js'
import { type Layout, numberOfFrames } from './layout.js'
import type { ParsedFile } from './parse.js'
import { storedRange } from './range.js'
import { shownTerm } from './terms.js'

const radiographs = new Set(['CR', 'DX', 'DR', 'RG'])
const chest = /CHEST|THORA|LUNG|CXR/
const lateral = new Set(['LL', 'RL', 'LATERAL', 'LAT', 'LLAT', 'RLAT', 'L LAT', 'R LAT'])
/** SNOMED codes (CT and RT) of lateral views: either side, left to right and right to left. */
const lateralCodes = new Set(['399067008', '399198007', '399173006', 'R-10236', 'R-10232'])

/** Warnings that hold in every mode. They name what is not identifying only, and values only from known terms. */
export function notesOn(file: ParsedFile, layout: Layout, frame: number): ImageWarning[] {
  const { attributes } = file
  const warnings: ImageWarning[] = []
  const warn = (code: WarningCode, message: string) => warnings.push({ code, message })
  const modality = attributes.text('x00080060')
  if (modality && !radiographs.has(modality)) {
    warn('WARN_MODALITY', `The modality ${shownTerm(modality)} is not a radiograph (CR or DX)`)
  }
  const part = attributes.text('x00180015')
  if (part && !chest.test(part)) warn('WARN_BODY_PART', `The body part ${shownTerm(part)} is not the chest`)
  if (isLateral(attributes)) {
    warn('WARN_LATERAL', 'The view is lateral; the models were trained on frontal films')
  }
  if (attributes.text('x00280301') === 'YES') {
    warn(
      'WARN_BURNED_IN',
      'The file says that annotations are burned into the pixels; they may identify the patient',
    )
  }
  if (attributes.text('x00080068') === 'FOR PROCESSING') {
    warn(
      'WARN_FOR_PROCESSING',
      "The film is meant for processing, not for presentation: its contrast is the detector's",
    )
  }
  const aspect = pixelAspect(attributes)
  if (aspect)
    warn(
      'WARN_ASPECT',
      `The pixels are not square (height ${aspect[0]}, width ${aspect[1]}); they were taken as square`,
    )
  if (layout.frames > 1) warn('WARN_FRAMES', `Frame ${frame} of 0 to ${layout.frames - 1} was taken`)
  const frames = attributes.decimal('x00280008')
  if (frames && (!frames.proper || numberOfFrames(attributes) === undefined)) {
    warn('WARN_FRAMES', `Number of Frames is not a whole number from 1 up; it was taken as ${layout.frames}`)
  }
  return [...warnings, ...contradictions(file, layout)]
}

/** The warning of the reference mode: what a viewer would apply and the raw pixels leave out. */
export function notesOnRaw(attributes: Attributes, layout: Layout): ImageWarning[] {
  if (layout.samples !== 1) return []
  if (layout.photometric === 'PALETTE COLOR') return [leftOut(['a colour palette'], false)]
  const transform = greyTransform(attributes, layout)
  const { low, high } = storedRange(layout)
  const ends = Float64Array.of(low, high)
  const ignored = transform.steps.filter((step) => step.apply(ends) !== ends).map(({ name }) => name)
  if (transform.inversion) ignored.push('an inversion')
  if (ignored.length === 0) return []
  const [first = 0, last = 0] = applySteps(transform, ends)
  return [leftOut(ignored, last < first !== (transform.inversion !== undefined))]
}

function leftOut(names: readonly string[], isNegative: boolean): ImageWarning {
  const negative = isNegative ? 'The film is a negative here. ' : ''
  const message = `${negative}Raw stored values were taken; a viewer would apply ${names.join(', ')}`
  return { code: 'WARN_POLARITY', message }
}

function isLateral(attributes: Attributes): boolean {
  const position = attributes.text('x00185101')
  if (position) return lateral.has(position)
  const code = attributes.item('x00540220')?.text('x00080100')
  return code !== undefined && lateralCodes.has(code)
}
