import type { SampleArray } from './samples.js'

/** Values on their way from stored to shown. */
export type Values = SampleArray | Float64Array

/** A step of the grey pipeline: what it does to values, wherever they are in the image. */
export interface Step {
  apply(values: Values): Values
  /** For people and records. */
  readonly applied: string
}
