import { BiovilError, quote } from './errors.js'
import { own } from './options.js'

/** What the weights behind a result are, where they are not those of a model trained on patients' films. */
export interface Standing {
  /** Seeded random numbers: nothing that they give means anything. */
  readonly untrained: boolean
  /** Trained on drawn phantoms, to show how things work: nothing that they give means anything on real films. */
  readonly demonstration: boolean
}

/** The same on a result that is a plain object: there only where it is so. */
export interface Marked {
  /** The weights are seeded random numbers: the result means nothing. */
  readonly untrained?: true
  /** The model is a demonstration, trained on drawn phantoms: the result means nothing on real films. */
  readonly demonstration?: true
}

/** Of weights that say nothing about themselves. */
export const unmarked: Standing = { untrained: false, demonstration: false }

/**
 * What a weight file says of itself, in its `biovil.json` or its `__metadata__`. One that says nothing is unmarked.
 * @throws BiovilError ERR_MODEL_CONFIG where a mark is neither true nor false: it must not pass for none
 */
export function standingOf(metadata: Readonly<Record<string, string>>, path: string): Standing {
  const mark = (name: keyof Standing): boolean => {
    const value = own(metadata, name) ?? 'false'
    if (value === 'true' || value === 'false') return value === 'true'
    const found = `expected true or false for ${name}, but found ${quote(value)}`
    throw new BiovilError('ERR_MODEL_CONFIG', `${path}: ${found}`)
  }
  return { untrained: mark('untrained'), demonstration: mark('demonstration') }
}

/** Of several parts together: a mark of one is a mark of all. */
export function together(parts: readonly Partial<Standing>[]): Standing {
  return {
    untrained: parts.some((part) => part.untrained),
    demonstration: parts.some((part) => part.demonstration),
  }
}

/** The marks to put on a result. */
export function marksOf({ untrained, demonstration }: Standing): Marked {
  return {
    ...(untrained ? { untrained: true as const } : {}),
    ...(demonstration ? { demonstration: true as const } : {}),
  }
}

/** The marks as words, for `inspect`. */
export function markWords({ untrained, demonstration }: Standing): string[] {
  return [...(untrained ? ['UNTRAINED'] : []), ...(demonstration ? ['DEMONSTRATION'] : [])]
}

/** What a person must be told with any result; nothing for weights without marks. */
export function standingNotices({ untrained, demonstration }: Standing): string[] {
  return [
    ...(untrained ? ['These weights are UNTRAINED (seeded random numbers): results mean nothing.'] : []),
    ...(demonstration
      ? ['This is a DEMONSTRATION model, trained on drawn phantoms: results mean nothing on real films.']
      : []),
  ]
}
