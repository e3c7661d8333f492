/**
 * The first key that an object of this JSON text names twice. `JSON.parse` keeps the last one silently, other readers
 * the first, so such a text means different things to different programs. The text must be valid JSON.
 */
export function repeatedKey(text: string): string | undefined {
  const open: (Set<string> | undefined)[] = []
  // Strings, with the colon that makes them keys, and the brackets outside of them.
  for (const [token, key] of text.matchAll(/("(?:[^"\\]|\\.)*")\s*:|"(?:[^"\\]|\\.)*"|[{}[\]]/gs)) {
    if (token === '{') open.push(new Set())
    else if (token === '[') open.push(undefined)
    else if (token === '}' || token === ']') open.pop()
    else if (key !== undefined) {
      const name = JSON.parse(key) as string
      const names = open.at(-1)
      if (names?.has(name)) return name
      names?.add(name)
    }
  }
  return undefined
}
