import { glyphs } from './glyphs.js'

/** Space between glyphs, in units of the font (capitals are 7 high). */
const GAP = 1.5
const CAPITAL = 7
const LONGEST = 1000

/** Look-alikes of the font's glyphs. */
const alike: Readonly<Record<string, string>> = {
  '‐': '-',
  '‑': '-',
  '–': '-',
  '—': '-',
  '−': '-',
  '‘': "'",
  '’': "'",
  '“': '"',
  '”': '"',
  '·': '.',
  '≤': '<=',
  '≥': '>=',
  ß: 'ss',
  æ: 'ae',
  ø: 'o',
  ł: 'l',
}

/** A text in the characters that the font has: accents are dropped, white space is one space, anything else becomes `?`. */
export function drawable(text: string): string {
  const spaced = text.replace(/\s+/gu, ' ').trim()
  return Array.from(spaced, (character) => {
    const plain = glyphs[character] ? character : (alike[character] ?? character)
    if (plain !== character || glyphs[plain]) return plain
    const bare = character.normalize('NFKD').replace(/\p{M}/gu, '')
    return Array.from(bare, (one) => (glyphs[one] ? one : '?')).join('')
  }).join('')
}

/** Width of a drawable text whose capitals are `size` high. */
export function textWidth(text: string, size: number): number {
  let units = 0
  for (const character of text) units += (glyphs[character]?.[0] ?? 0) + GAP
  return (Math.max(0, units - GAP) * size) / CAPITAL
}

/** Breaks a text at spaces (a long word anywhere) into at most `most` lines of `width`; what is left ends in an ellipsis. */
export function wrapText(text: string, size: number, width: number, most: number): string[] {
  const fits = (line: string) => textWidth(line, size) <= width
  const lines: string[] = []
  // More fits into no caption, and breaking takes time by the square of the length.
  let rest = drawable(text.slice(0, LONGEST))
  while (rest !== '') {
    if (fits(rest)) return [...lines, rest]
    if (lines.length === most - 1) return [...lines, cut(rest, fits)]
    let end = rest.length
    while (end > 1 && !fits(rest.slice(0, end))) end--
    const space = rest.lastIndexOf(' ', end)
    const at = space > 0 ? space : end
    lines.push(rest.slice(0, at).trimEnd())
    rest = rest.slice(at).trimStart()
  }
  return lines
}

function cut(text: string, fits: (line: string) => boolean): string {
  let end = text.length
  while (end > 0 && !fits(`${text.slice(0, end).trimEnd()}…`)) end--
  return `${text.slice(0, end).trimEnd()}…`
}

export interface TextStyle {
  /** Height of a capital. */
  readonly size: number
  readonly colour: string
  /** Colour of a rim that keeps the text readable on any ground. */
  readonly halo?: string
  /** Stroke width in units of the font (default 0.95; bold 1.3). */
  readonly weight?: number
}

/** Texts as strokes: references to glyphs that {@link Typesetter.definitions} defines once. */
export class Typesetter {
  readonly #used = new Set<string>()

  /** @param x left end; @param y baseline; @param text any text, drawn on one line */
  line(text: string, x: number, y: number, style: TextStyle): string {
    const { size, colour, halo, weight = 0.95 } = style
    const uses: string[] = []
    let at = 0
    for (const character of drawable(text)) {
      const [width, path] = glyphs[character] as readonly [number, string]
      if (path !== '') {
        this.#used.add(character)
        uses.push(`<use href="#${id(character)}"${at === 0 ? '' : ` x="${round(at)}"`}/>`)
      }
      at += width + GAP
    }
    const place = `transform="translate(${round(x)} ${round(y)}) scale(${round(size / CAPITAL, 4)})"`
    const group = (stroke: string, thick: number) =>
      `<g ${place} fill="none" stroke="${stroke}" stroke-width="${round(thick)}" stroke-linecap="round" ` +
      `stroke-linejoin="round">${uses.join('')}</g>`
    return (halo === undefined ? '' : group(halo, weight + 2.4)) + group(colour, weight)
  }

  definitions(): string {
    return [...this.#used]
      .map((character) => `<path id="${id(character)}" d="${glyphs[character]?.[1]}"/>`)
      .join('')
  }
}

function id(character: string): string {
  return `biovil-glyph-${character.codePointAt(0)?.toString(16)}`
}

/** A number for SVG, without needless digits. */
export function round(value: number, digits = 2): string {
  return String(Number(value.toFixed(digits)))
}
