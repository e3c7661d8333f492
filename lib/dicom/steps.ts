import type { SampleArray } from './samples.js'

/** Values on their way from stored to shown. */
export type Values = SampleArray | Float64Array

/** A step of the grey pipeline: what it does to values, wherever they are in the image. */
export interface Step {
  /** Gives its very input back where it changes nothing. */
  apply(values: Values): Values
  /** With its numbers, for people and records. */
  readonly applied: string
  /** In a sentence: `a window`. */
  readonly name: string
}
