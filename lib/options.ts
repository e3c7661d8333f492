import { argumentError, wrongType } from './errors.js'

/** Checks one option value (or `undefined`) and returns what to use; throws an argument error. */
export type Check<T> = (value: unknown, name: string) => T

/**
 * Reads an options object against a schema of checks: unknown names are errors, so a typo never passes. Only its own
 * properties count: what some other code hung on `Object.prototype` is no option.
 */
export function readOptions<S extends Record<string, Check<unknown>>>(
  options: unknown,
  schema: S,
): { [K in keyof S]: ReturnType<S[K]> } {
  if (options !== undefined && (typeof options !== 'object' || options === null || Array.isArray(options))) {
    throw wrongType('options', 'an object', options)
  }
  const given = (options ?? {}) as Record<string, unknown>
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(schema, name)) {
      throw argumentError(
        'ERR_UNKNOWN_OPTION',
        `Unknown option '${name}'. Known options: ${Object.keys(schema).join(', ')}`,
      )
    }
  }
  const result: Record<string, unknown> = {}
  for (const [name, check] of Object.entries(schema))
    result[name] = check(own(given, name), `option '${name}'`)
  return result as { [K in keyof S]: ReturnType<S[K]> }
}

/** An object's own property, or undefined. */
export function own(object: object, name: string): unknown {
  return Object.hasOwn(object, name) ? (object as Record<string, unknown>)[name] : undefined
}

export const boolean: Check<boolean> = (value, name) => {
  if (typeof value !== 'boolean') throw wrongType(name, 'a boolean', value)
  return value
}

export const string: Check<string> = (value, name) => {
  if (typeof value !== 'string') throw wrongType(name, 'a string', value)
  return value
}

export const signal: Check<AbortSignal | undefined> = (value, name) => {
  if (value !== undefined && !(value instanceof AbortSignal)) throw wrongType(name, 'an AbortSignal', value)
  return value
}

/** A callback, or nothing. */
export function callback<F extends (...args: never[]) => unknown>(): Check<F | undefined> {
  return (value, name) => {
    if (value !== undefined && typeof value !== 'function') throw wrongType(name, 'a function', value)
    return value as F | undefined
  }
}

export function integer(min: number, max = Number.MAX_SAFE_INTEGER): Check<number> {
  return (value, name) => {
    if (typeof value !== 'number') throw wrongType(name, 'an integer', value)
    if (!Number.isInteger(value) || value < min || value > max) {
      throw argumentError(
        'ERR_OUT_OF_RANGE',
        `Expected an integer from ${min} to ${max} for ${name} but received ${value}`,
      )
    }
    return value
  }
}

/** A finite number above `min` and at most `max`. */
export function numberAbove(min: number, max: number): Check<number> {
  return (value, name) => {
    if (typeof value !== 'number') throw wrongType(name, 'a number', value)
    if (!(value > min && value <= max)) {
      throw argumentError(
        'ERR_OUT_OF_RANGE',
        `Expected a number above ${min} and at most ${max} for ${name} but received ${value}`,
      )
    }
    return value
  }
}

/** A finite number that is not below `min`. */
export function finite(min = Number.NEGATIVE_INFINITY): Check<number> {
  return (value, name) => {
    if (typeof value !== 'number') throw wrongType(name, 'a number', value)
    if (Number.isFinite(value) && value >= min) return value
    const expected = min === Number.NEGATIVE_INFINITY ? 'a finite number' : `a finite number from ${min}`
    throw argumentError('ERR_OUT_OF_RANGE', `Expected ${expected} for ${name} but received ${value}`)
  }
}

export function oneOf<const T extends readonly string[]>(...values: T): Check<T[number]> {
  return (value, name) => {
    if (typeof value !== 'string') throw wrongType(name, `one of ${values.join(', ')}`, value)
    if (!values.includes(value)) {
      throw argumentError(
        'ERR_INVALID_ARG_VALUE',
        `Expected one of ${values.map((v) => `'${v}'`).join(', ')} for ${name} but received another string`,
      )
    }
    return value
  }
}

export function optional<T>(check: Check<T>): Check<T | undefined> {
  return (value, name) => (value === undefined ? undefined : check(value, name))
}

export function withDefault<T>(check: Check<T>, fallback: T): Check<T> {
  return (value, name) => (value === undefined ? fallback : check(value, name))
}
