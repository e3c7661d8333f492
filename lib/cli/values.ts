import { type OptionValues, UsageError } from './command.js'

/** A whole number from the command line. */
export function wholeNumber(
  values: OptionValues,
  name: string,
  min: number,
  max = Number.MAX_SAFE_INTEGER,
): number {
  const text = values[name]
  const value = Number(text)
  if (typeof text !== 'string' || !/^\d+$/.test(text) || value < min || value > max) {
    const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`
    throw new UsageError(`Expected a whole number ${range} for --${name} but received ${text}`)
  }
  return value
}

/** One of some words from the command line; the first one when the option was not given. */
export function choice<const T extends string>(
  values: OptionValues,
  name: string,
  ...known: readonly [T, ...T[]]
): T {
  const text = values[name] ?? known[0]
  const found = known.find((one) => one === text)
  if (found !== undefined) return found
  const expected = known.length > 2 ? `one of ${known.join(', ')}` : known.join(' or ')
  throw new UsageError(`Expected ${expected} for --${name} but received ${text}`)
}

/** Refuses options that have no effect on what was asked for: ignoring them would hide a mistake. */
export function refuseOptions(values: OptionValues, names: readonly string[], reason: string): void {
  const given = names.find((name) => values[name] !== undefined)
  if (given !== undefined) throw new UsageError(`--${given} ${reason}`)
}
