import { inspect } from 'node:util'
import { argumentError, wrongType } from '../errors.js'
import {
  boolean,
  type Check,
  integer,
  oneOf,
  optional,
  own,
  readOptions,
  string,
  withDefault,
} from '../options.js'
import { markWords, type Standing } from '../standing.js'
import { type Component, Components, type Connectivity } from './components.js'
import { contoursOf } from './contours.js'
import { gaussianFilter, type Smoothing, smoothing } from './gaussian.js'
import { type Crop, cropOf, heatmapOf } from './heatmap.js'
import { type Interpolation, ResizedRows, taps } from './resize.js'
import { similarityGrid } from './similarity.js'
import { threshold, thresholdLevel } from './threshold.js'
import type { Box, Contour, Framing, Grid, Peak, Size, Threshold } from './types.js'

/** What a grounding is made of. */
export interface GroundingInput extends Partial<Standing> {
  /** Cosines of the phrase with the patches, before smoothing. */
  readonly grid: Grid
  /** Size of the original film. */
  readonly film: Size
  /** How the film became the model's square: 512 and 480 for BioViL, 512 and 448 for BioViL-T, 288 and 256 for biovil-demo. */
  readonly framing: Framing
  /** Smoothing of the grid: the reference's by default, none when false. */
  readonly smoothing?: Smoothing | false
  readonly phrase?: string
}

export interface HeatmapOptions {
  /** Default `'bilinear'`; the reference's function has `'nearest'`, its notebook `'bilinear'`. */
  readonly interpolation?: Interpolation
}

export interface RegionOptions extends HeatmapOptions {
  /** Default `'otsu'`. */
  readonly threshold?: Threshold
  /** Whether pixels that touch at a corner only are one region: 8 (default) or 4. */
  readonly connectivity?: Connectivity
  /** Only the region with the most pixels (default false). */
  readonly largest?: boolean
  /** Only so many regions, those with the highest scores (default all). */
  readonly top?: number
}

export interface ContourOptions {
  /** Default `'otsu'`. */
  readonly threshold?: Threshold
  /** Only the region with the largest outline (default false). */
  readonly largest?: boolean
}

const interpolation = withDefault(oneOf('nearest', 'bilinear'), 'bilinear')
const connectivity: Check<Connectivity> = (value, name) => {
  if (value === 4 || value === 8) return value
  if (typeof value !== 'number') throw wrongType(name, '4 or 8', value)
  throw argumentError('ERR_INVALID_ARG_VALUE', `Expected 4 or 8 for ${name} but received ${value}`)
}
const regionOptions = {
  interpolation,
  threshold: withDefault(threshold, 'otsu'),
  connectivity: withDefault(connectivity, 8),
  largest: withDefault(boolean, false),
  top: optional(integer(1)),
}

const side = integer(1)

const grid: Check<Grid> = (value) => {
  const { rows, columns, data } = fields(value, 'grid', 'rows', 'columns', 'data')
  if (!(data instanceof Float32Array)) throw wrongType('grid.data', 'a Float32Array', data)
  const read = { rows: side(rows, 'grid.rows'), columns: side(columns, 'grid.columns'), data }
  if (data.length !== read.rows * read.columns) {
    const expected = `Expected ${rows} x ${columns} similarities for grid.data`
    throw argumentError('ERR_INVALID_ARG_VALUE', `${expected} but received ${data.length}`)
  }
  const bad = data.findIndex((one) => !Number.isFinite(one))
  if (bad >= 0) {
    const message = `Expected finite similarities for grid.data but received ${data[bad]} at ${bad}`
    throw argumentError('ERR_INVALID_ARG_VALUE', message)
  }
  return read
}

const film: Check<Size> = (value) => {
  const { width, height } = fields(value, 'film', 'width', 'height')
  return { width: side(width, 'film.width'), height: side(height, 'film.height') }
}

const framing: Check<Framing> = (value) => {
  const { resize, crop } = fields(value, 'framing', 'resize', 'crop')
  const read = { resize: side(resize, 'framing.resize'), crop: side(crop, 'framing.crop') }
  if (read.crop <= read.resize) return read
  const expected = `Expected at most ${resize} (framing.resize) for framing.crop`
  throw argumentError('ERR_OUT_OF_RANGE', `${expected} but received ${crop}`)
}

/** Some of an object's own properties; it may have others, as a prepared film has. */
function fields<K extends string>(value: unknown, name: string, ...keys: K[]): Record<K, unknown> {
  if (typeof value !== 'object' || value === null) throw wrongType(name, 'an object', value)
  return Object.fromEntries(keys.map((key) => [key, own(value, key)])) as Record<K, unknown>
}

const groundingSchema = {
  grid,
  film,
  framing,
  smoothing,
  phrase: optional(string),
  untrained: withDefault(boolean, false),
  demonstration: withDefault(boolean, false),
}

/**
 * Where in a film a phrase is. Immutable and small: it holds the grid, and makes maps, boxes and contours when asked.
 * Similarities are cosines from -1 to 1; coordinates are pixels of the original film.
 */
export class Grounding implements Standing {
  /** The smoothed similarities: the reference's similarity map before resizing, and what all else here is made of. */
  readonly grid: Grid
  /** The similarities before smoothing. */
  readonly unsmoothed: Grid
  /** Size of the original film. */
  readonly film: Size
  /** The square of the film that the model saw; there are no similarities outside. */
  readonly crop: Crop
  readonly phrase: string | undefined
  /** Whether it comes from seeded random weights, and so means nothing. */
  readonly untrained: boolean
  /** Whether it comes from a demonstration model, and so means nothing on real films. */
  readonly demonstration: boolean
  /**
   * The patch that fits best (the first one in reading order, if several do), as the pixel at its centre. Both
   * interpolations have their greatest value there, up to the distance between a pixel's centre and the patch's.
   */
  readonly peak: Peak

  /** @throws ERR_INVALID_ARG_VALUE when the grid has the wrong length or values that are not finite, and argument errors */
  constructor(input: GroundingInput) {
    const read = readOptions(input, groundingSchema)
    const { rows, columns, data } = read.grid
    this.unsmoothed = read.grid
    this.grid =
      read.smoothing === false
        ? read.grid
        : { rows, columns, data: gaussianFilter(data, rows, columns, read.smoothing) }
    this.film = read.film
    this.crop = cropOf(this.film, read.framing)
    this.phrase = read.phrase
    this.untrained = read.untrained
    this.demonstration = read.demonstration
    this.peak = peakOf(this.grid, this.crop)
  }

  /** The least and the greatest similarity of the grid. */
  get range(): readonly [min: number, max: number] {
    const { data } = this.grid
    return [data.reduce((a, b) => Math.min(a, b)), data.reduce((a, b) => Math.max(a, b))]
  }

  /** The similarities at the size of the film: float32 [height, width], NaN outside the crop. */
  heatmap(options?: HeatmapOptions): Float32Array {
    const read = readOptions(options, { interpolation })
    return heatmapOf(this.grid, this.film, this.crop, read.interpolation)
  }

  /** The value of the heatmap at the pixel (x, y), NaN outside the crop. @throws ERR_OUT_OF_RANGE outside the film */
  scoreAt(x: number, y: number, options?: HeatmapOptions): number {
    const read = readOptions(options, { interpolation })
    integer(0, this.film.width - 1)(x, 'x')
    integer(0, this.film.height - 1)(y, 'y')
    const { left, top, side } = this.crop
    if (x < left || y < top || x >= left + side || y >= top + side) return Number.NaN
    const { rows, columns, data } = this.grid
    const across = taps(columns, side, read.interpolation)
    const down = taps(rows, side, read.interpolation)
    const row = (start: number) =>
      Math.fround(
        Math.fround((data[start + at(across.first, x - left)] as number) * at(across.firstWeight, x - left)) +
          Math.fround(
            (data[start + at(across.second, x - left)] as number) * at(across.secondWeight, x - left),
          ),
      )
    const above = row(at(down.first, y - top) * columns)
    const below = row(at(down.second, y - top) * columns)
    return Math.fround(
      Math.fround(at(down.firstWeight, y - top) * above) +
        Math.fround(at(down.secondWeight, y - top) * below),
    )
  }

  /** The similarity that a threshold stands for in this grid. */
  level(of: Threshold = 'otsu'): number {
    return thresholdLevel(this.grid.data, threshold(of, 'threshold'))
  }

  /** Boxes around the connected regions above the threshold, highest score first. */
  boxes(options?: RegionOptions): Box[] {
    const { chosen } = this.#regions(options)
    return chosen.map(({ left, top, right, bottom, score }) => ({
      x: this.crop.left + left,
      y: this.crop.top + top,
      width: right - left,
      height: bottom - top,
      score,
    }))
  }

  /** 1 in the pixels above the threshold, 0 elsewhere: uint8 [height, width]. */
  mask(options?: RegionOptions): Uint8Array {
    const { components, chosen } = this.#regions(options)
    const mask = new Uint8Array(this.film.width * this.film.height)
    components.paint(chosen, mask, this.crop.top * this.film.width + this.crop.left, this.film.width)
    return mask
  }

  /** Outlines of the regions of the bilinear map above the threshold, largest first. */
  contours(options?: ContourOptions): Contour[] {
    const read = readOptions(options, {
      threshold: withDefault(threshold, 'otsu'),
      largest: withDefault(boolean, false),
    })
    const contours = contoursOf(this.grid, this.crop, this.#levelFor(read.threshold))
    return read.largest ? contours.slice(0, 1) : contours
  }

  [inspect.custom](): string {
    const { x, y, score } = this.peak
    const phrase = this.phrase === undefined ? '' : `${JSON.stringify(this.phrase)}, `
    const note = markWords(this)
      .map((word) => `, ${word}`)
      .join('')
    return `Grounding(${phrase}${this.grid.rows} x ${this.grid.columns}, peak ${score.toFixed(3)} at ${x}, ${y}${note})`
  }

  /** The level of a threshold; infinite where no cell is above it, since a blend of equal cells may round upwards. */
  #levelFor(of: Threshold): number {
    const level = thresholdLevel(this.grid.data, of)
    return level >= this.range[1] ? Number.POSITIVE_INFINITY : level
  }

  #regions(options: RegionOptions | undefined): { components: Components; chosen: Component[] } {
    const read = readOptions(options, regionOptions)
    const size = { width: this.crop.side, height: this.crop.side }
    const rows = new ResizedRows(this.grid, size, read.interpolation)
    const level = this.#levelFor(read.threshold)
    const components = new Components(rows, level, read.connectivity)
    const byArea = (a: Component, b: Component) => b.area - a.area
    const kept = read.largest ? components.list.toSorted(byArea).slice(0, 1) : components.list
    const chosen = kept.toSorted((a, b) => b.score - a.score || byArea(a, b)).slice(0, read.top)
    return { components, chosen }
  }
}

/**
 * Grounds a phrase in a film from what the encoders gave.
 *
 * @param patches [rows * columns, d], row-major over the grid, not normalised
 * @param text [d], the phrase's embedding, normalised or not
 */
export function groundPatches(
  patches: Float32Array,
  text: Float32Array,
  input: Omit<GroundingInput, 'grid'> & { readonly rows: number; readonly columns: number },
): Grounding {
  for (const [name, vectors] of [
    ['patches', patches],
    ['text', text],
  ] as const) {
    if (!(vectors instanceof Float32Array)) throw wrongType(name, 'a Float32Array', vectors)
  }
  if (typeof input !== 'object' || input === null) throw wrongType('input', 'an object', input)
  const { rows: _rows, columns: _columns, ...rest } = input
  const [rows, columns] = [side(own(input, 'rows'), 'rows'), side(own(input, 'columns'), 'columns')]
  if (patches.length !== rows * columns * text.length) {
    const expected = `Expected ${rows} x ${columns} rows of ${text.length} values for patches`
    throw argumentError('ERR_INVALID_ARG_VALUE', `${expected} but received ${patches.length} values`)
  }
  return new Grounding({ ...rest, grid: similarityGrid(patches, text, { rows, columns }) })
}

function peakOf({ rows, columns, data }: Grid, { left, top, side }: Crop): Peak {
  let best = 0
  for (let i = 1; i < data.length; i++) if ((data[i] as number) > (data[best] as number)) best = i
  const pixel = (cell: number, cells: number) => Math.floor(((cell + 0.5) * side) / cells)
  return {
    x: left + pixel(best % columns, columns),
    y: top + pixel(Math.floor(best / columns), rows),
    score: data[best] as number,
  }
}

function at(values: Int32Array | Float32Array, i: number): number {
  return values[i] as number
}
