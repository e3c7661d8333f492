import type { Grounding, Rectangle } from '../grounding/index.js'
import { standingNotices } from '../standing.js'
import { textWidth, wrapText } from './text.js'
import { fixed } from './ticks.js'

/** Films smaller than this are enlarged, so that there is room for text. */
const LEAST = 512

/** What a picture is to say. */
export interface Content {
  readonly grounding: Grounding
  readonly phrase: string | undefined
  readonly caption: string | undefined
  readonly hasBoxes: boolean
  readonly hasTruth: boolean
  readonly maxSize: number
}

/** A line of the caption. */
export interface CaptionLine {
  readonly text: string
  readonly kind: 'phrase' | 'plain' | 'legend' | 'warning' | 'notice'
  /** Height of a capital. */
  readonly size: number
  readonly x: number
  readonly baseline: number
}

/** Where everything is, in pixels of the picture. */
export interface Layout {
  readonly width: number
  readonly height: number
  /** A hundredth of the film's longer side: line widths and text follow it. */
  readonly unit: number
  /** Pixels of the picture per pixel of the original film. */
  readonly scale: number
  readonly film: Rectangle
  /** The heat: the model's crop, in whole pixels. */
  readonly heat: Rectangle
  readonly bar: Rectangle
  readonly caption: readonly CaptionLine[]
}

export const NOTICE = 'Research use only. Not for clinical use.'

export function layOut(content: Content): Layout {
  const { film, crop } = content.grounding
  const longest = Math.max(film.width, film.height)
  const shown = Math.min(content.maxSize, Math.max(longest, LEAST))
  const scale = shown / longest
  const unit = shown / 100
  const width = Math.max(1, Math.round(film.width * scale))
  const height = Math.max(1, Math.round(film.height * scale))

  const margin = Math.round(3 * unit)
  const barSpace = Math.round(14 * unit)
  const inner = Math.max(width + barSpace, Math.round(70 * unit))
  const filmSpace = Math.max(height, Math.round(34 * unit))
  const x = margin + Math.floor((inner - width - barSpace) / 2)
  const y = margin + Math.floor((filmSpace - height) / 2)
  const left = Math.round(crop.left * scale)
  const top = Math.round(crop.top * scale)
  const side = Math.max(1, Math.round(crop.side * scale))
  const barHeight = Math.round(Math.min(filmSpace, Math.max(height, 34 * unit)) - 6 * unit)
  const caption = captionOf(content, unit, { x: margin, y: margin + filmSpace, width: inner })
  const last = caption.at(-1) as CaptionLine
  return {
    width: inner + 2 * margin,
    height: Math.ceil(last.baseline + 0.4 * last.size + margin),
    unit,
    scale,
    film: { x, y, width, height },
    heat: {
      x: x + left,
      y: y + top,
      width: Math.min(side, width - left),
      height: Math.min(side, height - top),
    },
    bar: {
      x: x + width + Math.round(2.5 * unit),
      y: margin + Math.round(4 * unit) + Math.floor((filmSpace - barHeight - 6 * unit) / 2),
      width: Math.round(2.2 * unit),
      height: barHeight,
    },
    caption,
  }
}

function captionOf(
  content: Content,
  unit: number,
  place: { readonly x: number; readonly y: number; readonly width: number },
): CaptionLine[] {
  const { grounding, phrase, caption, hasBoxes, hasTruth } = content
  const { peak } = grounding
  const lines: CaptionLine[] = []
  let baseline = place.y + 1.2 * unit
  const add = (text: string, kind: CaptionLine['kind'], size: number, most: number, indent = 0) => {
    for (const line of wrapText(text, size, place.width - indent, most)) {
      baseline += size * 1.9
      lines.push({ text: line, kind, size, x: place.x + indent, baseline })
    }
  }
  if (phrase !== undefined && phrase.trim() !== '') add(phrase, 'phrase', 2.1 * unit, 3)
  baseline += 0.5 * unit
  add(`Best match: cosine ${fixed(peak.score, 3)} at x ${peak.x}, y ${peak.y}`, 'plain', 1.55 * unit, 1)
  if (caption !== undefined) add(caption, 'plain', 1.55 * unit, 3)
  if (hasBoxes || hasTruth) {
    const parts = [...(hasBoxes ? ['found'] : []), ...(hasTruth ? ['reference'] : [])]
    let x = place.x
    baseline += 1.55 * unit * 1.9
    for (const text of parts) {
      lines.push({ text, kind: 'legend', size: 1.55 * unit, x, baseline })
      x += 5 * unit + textWidth(text, 1.55 * unit) + 4 * unit
    }
  }
  baseline += 0.6 * unit
  for (const notice of standingNotices(grounding)) add(notice, 'warning', 1.55 * unit, 2)
  add(NOTICE, 'notice', 1.55 * unit, 2)
  return lines
}
