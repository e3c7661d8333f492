import { type OptionValues, UsageError } from './command.js'

/** A whole number from the command line. */
export function wholeNumber(values: OptionValues, name: string, min: number): number {
  const text = values[name]
  const value = Number(text)
  if (typeof text !== 'string' || !/^\d+$/.test(text) || value < min) {
    throw new UsageError(`Expected a whole number of at least ${min} for --${name} but received ${text}`)
  }
  return value
}
