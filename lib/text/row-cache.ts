import type { RowCache } from './encoder.js'

/** Remembers the rows of the last `capacity` different texts. */
export function leastRecentlyUsed(capacity: number): RowCache {
  const rows = new Map<string, Float32Array>()
  return {
    get(key) {
      const row = rows.get(key)
      if (row !== undefined) {
        rows.delete(key)
        rows.set(key, row)
      }
      return row
    },
    set(key, row) {
      if (rows.size >= capacity) rows.delete(rows.keys().next().value as string)
      rows.set(key, row)
    },
  }
}
