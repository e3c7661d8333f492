/** What a text of JSON may be made of, so that reading it takes neither time nor memory out of proportion. */
export interface JsonLimits {
  /** Objects and arrays within each other. */
  readonly depth: number
  /** Brackets, commas and strings: a pair of an object has about three. */
  readonly tokens: number
}

/** JSON that may well be valid, but is larger than anything that it could stand for. */
export class JsonTooLarge extends Error {
  override readonly name = 'JsonTooLarge'
}

/** `JSON.parse`, which alone takes seconds and half a gigabyte for ten million brackets. @throws SyntaxError, JsonTooLarge */
export function parseJson(text: string, limits: JsonLimits): unknown {
  requireWithin(text, limits)
  return JSON.parse(text)
}

function requireWithin(text: string, limits: JsonLimits): void {
  const interesting = /["{}[\],]/g
  let depth = 0
  let tokens = 0
  for (let match = interesting.exec(text); match !== null; match = interesting.exec(text)) {
    const [token] = match
    if (token === '"') interesting.lastIndex = stringEnd(text, match.index)
    else if (token === '{' || token === '[') depth++
    else if (token !== ',') depth--
    if (depth > limits.depth) throw new JsonTooLarge(`it is nested more than ${limits.depth} deep`)
    if (++tokens > limits.tokens) throw new JsonTooLarge(`it has more than ${limits.tokens} parts`)
  }
}

/** Where the string that begins at `start` ends. A pattern for this overflows the stack on strings of megabytes. */
export function stringEnd(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let backslashes = 0
    while (text[at - 1 - backslashes] === '\\') backslashes++
    if (backslashes % 2 === 0) return at + 1
  }
  return text.length
}
