/**
 * An object's own properties without a prototype: what it lacks is undefined, whatever some other code hung on
 * `Object.prototype`.
 */
export function bare<T extends object>(object: T): T {
  return Object.assign(Object.create(null), object) as T
}

/** The same of all objects in a value that `JSON.parse` gave. */
export function bareJson(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(bareJson)
  const result: Record<string, unknown> = bare({})
  for (const [key, part] of Object.entries(value)) result[key] = bareJson(part)
  return result
}
