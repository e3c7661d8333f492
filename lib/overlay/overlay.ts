import { argumentError, wrongType } from '../errors.js'
import { readBoxes } from '../grounding/boxes.js'
import { Grounding, type Interpolation, type Rectangle } from '../grounding/index.js'
import {
  type Check,
  finite,
  integer,
  oneOf,
  optional,
  own,
  readOptions,
  string,
  withDefault,
} from '../options.js'
import { type ColormapName, colormap, colormapNames } from './colormap.js'
import { type Layout, layOut, NOTICE } from './layout.js'
import {
  boxMarks,
  captionMarks,
  colourBar,
  GROUND,
  isolines,
  type LabelledBox,
  levelsOf,
  peakMark,
} from './marks.js'
import { heatColours, loadSharp, paintCanvas, pngUri, shownFilm } from './raster.js'
import { Typesetter } from './text.js'

export interface OverlayOptions {
  /** The film as 8-bit grey, [height, width] of the grounding's film. */
  readonly film: Uint8Array
  readonly grounding: Grounding
  /** Default: the grounding's own phrase. Characters beyond ASCII are drawn as their base letter, or as `?`. */
  readonly phrase?: string
  /** Boxes that were found; their scores are written at them. Default: the three best of `grounding.boxes()`. */
  readonly boxes?: readonly LabelledBox[]
  /** Boxes of the truth, drawn dashed. */
  readonly truth?: readonly Rectangle[]
  /** A further line below the phrase. */
  readonly caption?: string
  /** Default `'viridis'`. */
  readonly colormap?: ColormapName
  /** Similarities of the darkest and the brightest colour (default: the grid's own range). */
  readonly range?: readonly [min: number, max: number]
  /** Of the heat, from 0 to 1 (default 0.4). */
  readonly opacity?: number
  /** Default `'bilinear'`. */
  readonly interpolation?: Interpolation
  /** Longest side of the film in the picture, in pixels (default 1600); small films are enlarged to 512. */
  readonly maxSize?: number
}

/** A picture of a grounding. */
export interface Overlay {
  /** A PNG file, RGB. */
  png(): Promise<Buffer>
  /** An SVG document with the film and the heat inside, and lines, boxes and text as paths. */
  svg(): Promise<string>
}

type Drawing = Required<
  Pick<OverlayOptions, 'film' | 'grounding' | 'opacity' | 'interpolation' | 'colormap'>
> & {
  readonly layout: Layout
  readonly range: readonly [number, number]
  readonly definitions: string
  readonly marks: string
  readonly title: string
}

const LEAST_SIZE = 256
const MOST_SIZE = 8192

/**
 * A picture of where in a film a phrase is: the film with the heat, isolines, boxes, a colour bar over the real range of
 * similarities, the phrase and the notice that it is for research. Nothing depends on the machine's fonts.
 *
 * @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE when the film has another size than the grounding's,
 *   ERR_OUT_OF_RANGE, ERR_UNKNOWN_OPTION
 */
export function renderOverlay(options: OverlayOptions): Overlay {
  const drawing = draw(options)
  return { png: () => toPng(drawing), svg: () => toSvg(drawing) }
}

const grounding: Check<Grounding> = (value, name) => {
  if (!(value instanceof Grounding)) throw wrongType(name, 'a Grounding', value)
  return value
}

const bytes: Check<Uint8Array> = (value, name) => {
  if (!(value instanceof Uint8Array)) throw wrongType(name, 'a Uint8Array', value)
  return value
}

const share: Check<number> = (value, name) => {
  if (typeof value !== 'number') throw wrongType(name, 'a number', value)
  if (value >= 0 && value <= 1) return value
  throw argumentError('ERR_OUT_OF_RANGE', `Expected a number from 0 to 1 for ${name} but received ${value}`)
}

const bounds: Check<readonly [number, number]> = (value, name) => {
  const isPair = Array.isArray(value) && value.length === 2 && value.every((one) => typeof one === 'number')
  if (!isPair) throw wrongType(name, 'a pair of numbers', value)
  const [min, max] = value as [number, number]
  if (Number.isFinite(min) && Number.isFinite(max) && min < max) return [min, max]
  const message = `Expected finite numbers, the first one smaller, for ${name} but received ${min} and ${max}`
  throw argumentError('ERR_INVALID_ARG_VALUE', message)
}

const boxList: Check<readonly LabelledBox[]> = (value, name) => {
  return readBoxes(value, name).map((box, i) => {
    const { x, y, width, height } = box
    return { x, y, width, height, score: optional(finite())(own(box, 'score'), `${name}[${i}].score`) }
  })
}

function draw(options: OverlayOptions): Drawing {
  const read = readOptions(options, {
    film: bytes,
    grounding,
    phrase: optional(string),
    boxes: optional(boxList),
    truth: withDefault(boxList, []),
    caption: optional(string),
    colormap: withDefault(oneOf(...colormapNames), 'viridis'),
    range: optional(bounds),
    opacity: withDefault(share, 0.4),
    interpolation: withDefault(oneOf('nearest', 'bilinear'), 'bilinear'),
    maxSize: withDefault(integer(LEAST_SIZE, MOST_SIZE), 1600),
  })
  const { width, height } = read.grounding.film
  if (read.film.length !== width * height) {
    const expected = `Expected ${width} x ${height} grey values for option 'film'`
    throw argumentError('ERR_INVALID_ARG_VALUE', `${expected} but received ${read.film.length}`)
  }
  const boxes = read.boxes ?? read.grounding.boxes({ top: 3 })
  const range = read.range ?? read.grounding.range
  const phrase = read.phrase ?? read.grounding.phrase
  const layout = layOut({
    grounding: read.grounding,
    phrase: phrase === undefined ? undefined : `"${phrase}"`,
    caption: read.caption,
    hasBoxes: boxes.length > 0,
    hasTruth: read.truth.length > 0,
    maxSize: read.maxSize,
  })
  const levels = levelsOf(range)
  const text = new Typesetter()
  const bar = colourBar(text, layout, read.colormap, range, levels)
  const marks = [
    isolines(read.grounding, layout, levels),
    boxMarks(text, layout, boxes, read.truth),
    peakMark(read.grounding, layout),
    bar.marks,
    captionMarks(text, layout.caption, layout.unit),
  ].join('')
  return {
    ...read,
    layout,
    range,
    definitions: bar.definitions + text.definitions(),
    marks,
    title: `${phrase === undefined ? '' : `${phrase}. `}${NOTICE}`,
  }
}

async function toPng(drawing: Drawing): Promise<Buffer> {
  const sharp = await loadSharp()
  const { layout } = drawing
  const film = await shownFilm(drawing.film, drawing.grounding, layout)
  const ground = [1, 3, 5].map((i) => Number.parseInt(GROUND.slice(i, i + 2), 16)) as [number, number, number]
  const canvas = paintCanvas(layout, film, heatOf(drawing), drawing.opacity, ground)
  const marks = Buffer.from(document(drawing, ''))
  return sharp(canvas, {
    raw: { width: layout.width, height: layout.height, channels: 3 },
    limitInputPixels: false,
  })
    .composite([{ input: marks, unlimited: true, limitInputPixels: false }])
    .removeAlpha()
    .png()
    .toBuffer()
}

async function toSvg(drawing: Drawing): Promise<string> {
  const { layout, opacity } = drawing
  const film = await shownFilm(drawing.film, drawing.grounding, layout)
  const [filmUri, heatUri] = await Promise.all([
    pngUri(film, layout.film.width, layout.film.height, 1),
    pngUri(heatOf(drawing), layout.heat.width, layout.heat.height, 3),
  ])
  const image = (uri: string, { x, y, width, height }: Rectangle, more = '') =>
    `<image x="${x}" y="${y}" width="${width}" height="${height}" preserveAspectRatio="none"${more} href="${uri}"/>`
  return document(
    drawing,
    `<rect width="100%" height="100%" fill="${GROUND}"/>` +
      image(filmUri, layout.film) +
      image(heatUri, layout.heat, ` opacity="${opacity}"`),
  )
}

function heatOf(drawing: Drawing): Uint8Array {
  const { grounding, layout, range, interpolation } = drawing
  return heatColours(grounding, layout, { colours: colormap(drawing.colormap), range, interpolation })
}

function document({ layout, definitions, marks, title }: Drawing, under: string): string {
  const { width, height } = layout
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">` +
    `<title>${escapeXml(title)}</title><defs>${definitions}</defs>${under}${marks}</svg>\n`
  )
}

/** Text for XML: markup escaped, characters that XML 1.0 cannot hold replaced. */
function escapeXml(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
}
