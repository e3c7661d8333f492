import type Sharp from 'sharp'
import type { Grounding, Interpolation } from '../grounding/index.js'
import { ResizedRows } from '../grounding/resize.js'
import type { Layout } from './layout.js'

/** sharp is loaded for a picture, not for `import 'biovil'`: who embeds texts has no use for an image library. */
export async function loadSharp(): Promise<typeof Sharp> {
  return (await import('sharp')).default
}

/** The 8-bit film [height, width] at the size that the picture shows. */
export async function shownFilm(film: Uint8Array, grounding: Grounding, layout: Layout): Promise<Uint8Array> {
  const { width, height } = layout.film
  const { width: sourceWidth, height: sourceHeight } = grounding.film
  if (width === sourceWidth && height === sourceHeight) return film
  const sharp = await loadSharp()
  return sharp(film, {
    raw: { width: sourceWidth, height: sourceHeight, channels: 1 },
    limitInputPixels: false,
  })
    .resize(width, height, { fit: 'fill', kernel: layout.scale > 1 ? 'cubic' : 'lanczos3' })
    .toColourspace('b-w')
    .raw()
    .toBuffer()
}

/** The heat as colours: RGB [heat.height, heat.width]. */
export function heatColours(
  grounding: Grounding,
  layout: Layout,
  options: {
    readonly colours: Uint8Array
    readonly range: readonly [number, number]
    readonly interpolation: Interpolation
  },
): Uint8Array {
  const { width, height } = layout.heat
  const [min, max] = options.range
  const rows = new ResizedRows(grounding.grid, { width, height }, options.interpolation)
  const row = new Float32Array(width)
  const result = new Uint8Array(width * height * 3)
  const isFlat = !(max > min)
  const factor = isFlat ? 0 : 255 / (max - min)
  for (let y = 0, at = 0; y < height; y++) {
    rows.read(y, row)
    for (let x = 0; x < width; x++, at += 3) {
      const colour =
        3 * Math.round(Math.min(255, Math.max(0, isFlat ? 128 : ((row[x] as number) - min) * factor)))
      result[at] = options.colours[colour] as number
      result[at + 1] = options.colours[colour + 1] as number
      result[at + 2] = options.colours[colour + 2] as number
    }
  }
  return result
}

/** The ground, the film and the heat on it: RGB [layout.height, layout.width]. */
export function paintCanvas(
  layout: Layout,
  film: Uint8Array,
  heat: Uint8Array,
  opacity: number,
  ground: readonly [number, number, number],
): Uint8Array {
  const { width, height } = layout
  const canvas = new Uint8Array(width * height * 3)
  for (let i = 0; i < canvas.length; i++) canvas[i] = ground[i % 3] as number
  for (let y = 0, i = 0; y < layout.film.height; y++) {
    let at = ((layout.film.y + y) * width + layout.film.x) * 3
    for (let x = 0; x < layout.film.width; x++, i++, at += 3) canvas.fill(film[i] as number, at, at + 3)
  }
  for (let y = 0, i = 0; y < layout.heat.height; y++) {
    let at = ((layout.heat.y + y) * width + layout.heat.x) * 3
    for (let x = 0; x < layout.heat.width * 3; x++, i++, at++) {
      canvas[at] = Math.round((canvas[at] as number) * (1 - opacity) + (heat[i] as number) * opacity)
    }
  }
  return canvas
}

/** Samples as a PNG in a data URI. */
export async function pngUri(
  data: Uint8Array,
  width: number,
  height: number,
  channels: 1 | 3,
): Promise<string> {
  const sharp = await loadSharp()
  const image = sharp(data, { raw: { width, height, channels }, limitInputPixels: false })
  const png = await (channels === 1 ? image.toColourspace('b-w') : image).png().toBuffer()
  return `data:image/png;base64,${png.toString('base64')}`
}
