import type { ImageWarning, WarningCode } from '../warnings.js'
import { pixelAspect } from './aspect.js'
import type { Attributes } from './attributes.js'
import { contradictions } from './contradictions.js'
import { type Layout, numberOfFrames } from './layout.js'
import type { ParsedFile } from './parse.js'

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
    warn('WARN_MODALITY', `The modality ${term(modality)} is not a radiograph (CR or DX)`)
  }
  const part = attributes.text('x00180015')
  if (part && !chest.test(part)) warn('WARN_BODY_PART', `The body part ${term(part)} is not the chest`)
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
  if (attributes.has('x00280008') && numberOfFrames(attributes) === undefined) {
    warn('WARN_FRAMES', 'Number of Frames is not a number from 1 up; it was taken as 1')
  }
  return [...warnings, ...contradictions(file, layout)]
}

/** The warning of the reference mode: what a viewer would apply and the raw pixels leave out. */
export function notesOnRaw(attributes: Attributes, layout: Layout): ImageWarning[] {
  const ignored: string[] = []
  const inverse = layout.photometric === 'MONOCHROME1' || attributes.text('x20500020') === 'INVERSE'
  if (layout.photometric === 'PALETTE COLOR') ignored.push('a colour palette')
  if (layout.samples === 1 && layout.photometric !== 'PALETTE COLOR') {
    if (attributes.has('x00283000')) ignored.push('a modality LUT')
    const slope = attributes.number('x00281053') ?? 1
    const intercept = attributes.number('x00281052') ?? 0
    if (slope !== 1 || intercept !== 0) ignored.push(`a rescale (slope ${slope} intercept ${intercept})`)
    if (attributes.has('x00283010')) ignored.push('a VOI LUT')
    else if (attributes.has('x00281050')) ignored.push('a window')
    if (inverse) ignored.push('an inversion')
  }
  if (ignored.length === 0) return []
  const negative = inverse ? 'The film is a negative here. ' : ''
  const message = `${negative}Raw stored values were taken; a viewer would apply ${ignored.join(', ')}`
  return [{ code: 'WARN_POLARITY', message }]
}

function isLateral(attributes: Attributes): boolean {
  const position = attributes.text('x00185101')
  if (position) return lateral.has(position)
  const code = attributes.items('x00540220')[0]?.text('x00080100')
  return code !== undefined && lateralCodes.has(code)
}

/** A coded term as it is; anything longer could be free text, which may identify someone. */
function term(value: string): string {
  return /^[A-Z][A-Z0-9_]{0,15}$/.test(value) ? value : 'of the file'
}
