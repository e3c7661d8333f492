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
