import type { RowCache } from './encoder.js'

/** Remembers the rows of the last `capacity` different texts. */
export function leastRecentlyUsed(capacity: number): RowCache {
  const rows = new Map<string, Float32Array>()
  return {
    get: (key) => rows.get(key),
    set(key, row) {
      rows.delete(key)
      if (rows.size >= capacity) rows.delete(rows.keys().next().value as string)
      rows.set(key, row)
    },
  }
}
