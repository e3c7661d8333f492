import { stringEnd } from '../io/json.js'

/**
 * The first key that an object of this JSON text names twice. `JSON.parse` keeps the last one silently, other readers
 * the first, so such a text means different things to different programs. The text must be valid JSON.
 */
export function repeatedKey(text: string): string | undefined {
  const open: (Set<string> | undefined)[] = []
  const interesting = /["{}[\]]/g
  for (let match = interesting.exec(text); match !== null; match = interesting.exec(text)) {
    const [token] = match
    if (token === '{') open.push(new Set())
    else if (token === '[') open.push(undefined)
    else if (token !== '"') open.pop()
    else {
      const end = stringEnd(text, match.index)
      interesting.lastIndex = end
      const names = open.at(-1)
      if (names === undefined || !isKey(text, end)) continue
      const name = JSON.parse(text.slice(match.index, end)) as string
      if (names.has(name)) return name
      names.add(name)
    }
  }
  return undefined
}

/** In valid JSON only a key has a colon behind it. */
function isKey(text: string, end: number): boolean {
  let at = end
  while (/\s/.test(text[at] ?? '')) at++
  return text[at] === ':'
}
