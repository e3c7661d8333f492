const units = ['B', 'kB', 'MB', 'GB', 'TB']

/** What a server says of a length; `undefined` where that is no number of bytes. */
export function readBytes(text: string | undefined): number | undefined {
  const bytes = text !== undefined && /^\d+$/.test(text) ? Number(text) : Number.NaN
  return Number.isSafeInteger(bytes) ? bytes : undefined
}

/** A number of bytes for people: `438.6 MB`. */
export function formatBytes(bytes: number): string {
  let unit = 0
  let value = bytes
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000
    unit += 1
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`
}

/**
 * A name from outside, for a message or a terminal: control characters, ends of lines and marks that turn the direction of
 * writing become escapes, so that a file cannot colour, clear or forge what is printed.
 */
export function visible(name: string): string {
  return name.replace(
    /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
