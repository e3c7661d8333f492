import { areaOf, contoursOf } from '../grounding/contours.js'
import type { Grounding, Point, Rectangle } from '../grounding/index.js'
import { type ColormapName, colormapStops } from './colormap.js'
import type { CaptionLine, Layout } from './layout.js'
import { round, type Typesetter, textWidth } from './text.js'
import { decimals, fixed, ticks } from './ticks.js'

export const GROUND = '#101418'
const INK = '#eceff1'
const QUIET = '#a9b4bc'
const ALERT = '#ffb74d'
const HALO = '#000000'
const FOUND = '#ffffff'
const TRUTH = '#ff8fc8'

/** A box to draw, in pixels of the original film, and what to write at it. */
export interface LabelledBox extends Rectangle {
  readonly score?: number | undefined
}

/** Levels of the isolines, which are also the ticks of the colour bar. */
export function levelsOf(range: readonly [number, number]): number[] {
  return ticks(range, 6)
}

/** Isolines of the map: white with a dark rim. */
export function isolines(grounding: Grounding, layout: Layout, levels: readonly number[]): string {
  const d = levels
    .flatMap((level) => contoursOf(grounding.grid, grounding.crop, level))
    .flatMap(({ outline, holes }) => [outline, ...holes])
    .filter((ring) => Math.abs(areaOf(ring)) * layout.scale ** 2 > layout.unit ** 2)
    .map((ring) => linePath(ring, grounding, layout))
    .join('')
  if (d === '') return ''
  const line = (stroke: string, width: number, opacity: number) =>
    `<path d="${d}" fill="none" stroke="${stroke}" stroke-width="${round(width * layout.unit)}" ` +
    `stroke-opacity="${opacity}" stroke-linejoin="round" stroke-linecap="round"/>`
  return line(HALO, 0.5, 0.35) + line(FOUND, 0.2, 0.7)
}

/** A ring without the parts that only follow the edge of the crop: those are no isolines. */
function linePath(ring: readonly Point[], { crop }: Grounding, { film, scale }: Layout): string {
  const [right, bottom] = [crop.left + crop.side, crop.top + crop.side]
  const isEdge = ([x0, y0]: Point, [x1, y1]: Point) =>
    (x0 === x1 && (x0 === crop.left || x0 === right)) || (y0 === y1 && (y0 === crop.top || y0 === bottom))
  const start = ring.findIndex((point, i) => isEdge(ring.at(i - 1) as Point, point))
  // A line that meets the edge starts behind it, so that it is not closed across.
  const points = start < 0 ? [...ring, ring[0] as Point] : [...ring.slice(start), ...ring.slice(0, start + 1)]
  return points
    .map((point, i) => {
      const isMove = i === 0 || isEdge(points[i - 1] as Point, point)
      return `${isMove ? 'M' : 'L'}${round(film.x + point[0] * scale, 1)} ${round(film.y + point[1] * scale, 1)}`
    })
    .join('')
}

/** The patch that fits best: a ring with a point. */
export function peakMark({ peak }: Grounding, { film, scale, unit }: Layout): string {
  const place = `cx="${round(film.x + (peak.x + 0.5) * scale)}" cy="${round(film.y + (peak.y + 0.5) * scale)}"`
  const ring = (stroke: string, width: number) =>
    `<circle ${place} r="${round(1.1 * unit)}" fill="none" stroke="${stroke}" stroke-width="${round(width * unit)}"/>`
  return (
    `${ring(HALO, 0.9)}${ring(FOUND, 0.35)}<circle ${place} r="${round(0.55 * unit)}" fill="${HALO}"/>` +
    `<circle ${place} r="${round(0.3 * unit)}" fill="${FOUND}"/>`
  )
}

/** Boxes that were found, with their scores, and boxes of the truth, dashed. */
export function boxMarks(
  text: Typesetter,
  layout: Layout,
  found: readonly LabelledBox[],
  truth: readonly Rectangle[],
): string {
  const taken: Rectangle[] = []
  const size = 1.6 * layout.unit
  const shapes = [
    ...truth.map((box) => frame(shownBox(box, layout), layout.unit, true)),
    ...found.map((box) => frame(shownBox(box, layout), layout.unit, false)),
  ]
  const labels = found.map((box) => {
    if (box.score === undefined) return ''
    const label = fixed(box.score, 2)
    const place = labelPlace(shownBox(box, layout), layout, { size, width: textWidth(label, size) }, taken)
    taken.push(place)
    return text.line(label, place.x, place.y + size, { size, colour: FOUND, halo: HALO })
  })
  return shapes.join('') + labels.join('')
}

/** A box in the picture, cut at the film's edge. */
function shownBox(box: Rectangle, { film, scale }: Layout): Rectangle {
  const clamp = (value: number, size: number) => Math.min(Math.max(value * scale, 0), size)
  const [x0, x1] = [clamp(box.x, film.width), clamp(box.x + box.width, film.width)]
  const [y0, y1] = [clamp(box.y, film.height), clamp(box.y + box.height, film.height)]
  return { x: film.x + x0, y: film.y + y0, width: x1 - x0, height: y1 - y0 }
}

function frame({ x, y, width, height }: Rectangle, unit: number, isTruth: boolean): string {
  const at = `x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" fill="none"`
  const dash = isTruth ? ` stroke-dasharray="${round(1.6 * unit)} ${round(unit)}"` : ''
  const line = (stroke: string, thick: number) =>
    `<rect ${at} stroke="${stroke}" stroke-width="${round(thick * unit)}" stroke-linejoin="round"${dash}/>`
  return line(HALO, 0.8) + line(isTruth ? TRUTH : FOUND, 0.38)
}

/** The first place at a box where its label is inside the film and on no other label. */
function labelPlace(
  box: Rectangle,
  { film, unit }: Layout,
  label: { readonly size: number; readonly width: number },
  taken: readonly Rectangle[],
): Rectangle {
  const { size, width } = label
  const gap = 0.9 * unit
  const left = box.x + 0.2 * unit
  const right = box.x + box.width - width
  const places = [
    [left, box.y - gap - size],
    [left, box.y + box.height + gap],
    [right, box.y - gap - size],
    [right, box.y + box.height + gap],
    [left + gap, box.y + gap],
    [right - gap, box.y + box.height - gap - size],
  ].map(([x, y]) => ({
    x: Math.min(Math.max(x as number, film.x + gap), film.x + film.width - width - gap),
    y: y as number,
    width,
    height: size,
  }))
  const inFilm = ({ y }: Rectangle) => y >= film.y + gap && y + size <= film.y + film.height - gap
  const isFree = (place: Rectangle) => !taken.some((other) => overlap(place, other))
  return (places.find((place) => inFilm(place) && isFree(place)) ??
    places.find(inFilm) ??
    places[4]) as Rectangle
}

function overlap(a: Rectangle, b: Rectangle): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
}

/** The colour bar over the real range of similarities, with a tick at each isoline and the numbers of both ends. */
export function colourBar(
  text: Typesetter,
  { bar, unit }: Layout,
  name: ColormapName,
  range: readonly [number, number],
  levels: readonly number[],
): { definitions: string; marks: string } {
  const stops = colormapStops(name)
  const gradient = stops.map(
    (colour, i) => `<stop offset="${round(i / (stops.length - 1), 4)}" stop-color="${colour}"/>`,
  )
  const id = `biovil-map-${name}`
  const size = 1.45 * unit
  const digits = decimals(range)
  const [min, max] = range
  const yOf = (value: number) => bar.y + bar.height * (max > min ? (max - value) / (max - min) : 0.5)
  const right = bar.x + bar.width
  const row = (value: number, colour: string, label: boolean) => {
    const y = yOf(value)
    const tick = `<path d="M${round(right)} ${round(y)}h${round(0.8 * unit)}" stroke="${colour}" stroke-width="${round(0.2 * unit)}"/>`
    const at = right + 1.5 * unit
    return label ? tick + text.line(fixed(value, digits), at, y + size / 2, { size, colour }) : tick
  }
  const clear = (value: number) => Math.min(yOf(value) - bar.y, bar.y + bar.height - yOf(value)) > 2 * size
  const isFlat = !(max > min)
  return {
    definitions: `<linearGradient id="${id}" x1="0" y1="1" x2="0" y2="0">${gradient.join('')}</linearGradient>`,
    marks: [
      text.line('cosine', bar.x, bar.y - 1.8 * unit, { size, colour: QUIET }),
      `<rect x="${bar.x}" y="${bar.y}" width="${bar.width}" height="${bar.height}" fill="url(#${id})" ` +
        `stroke="${QUIET}" stroke-width="${round(0.12 * unit)}"/>`,
      ...levels.map((level) => row(level, QUIET, clear(level))),
      row(max, INK, true),
      isFlat ? '' : row(min, INK, true),
    ].join(''),
  }
}

/** The lines below the film. */
export function captionMarks(text: Typesetter, lines: readonly CaptionLine[], unit: number): string {
  return lines
    .map(({ text: words, kind, size, x, baseline }) => {
      if (kind === 'legend') {
        const sample = { x, y: baseline - size - 0.2 * unit, width: 3.4 * unit, height: size + 0.4 * unit }
        const words_ = text.line(words, x + 4.6 * unit, baseline, { size, colour: QUIET })
        return frame(sample, unit, words === 'reference') + words_
      }
      const colour = { phrase: INK, plain: INK, warning: ALERT, notice: QUIET }[kind]
      const weight = kind === 'phrase' || kind === 'warning' ? 1.15 : 0.9
      return text.line(words, x, baseline, { size, colour, weight })
    })
    .join('')
}
