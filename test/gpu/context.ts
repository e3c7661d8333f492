import type { Recorder } from './findings.js'

/** What a stage is given. */
export interface Context {
  /** `cuda:0`, or `cpu` in a rehearsal. */
  readonly device: string
  /** A folder for what stages leave to each other. */
  readonly work: string
  /** A Python with PyTorch, if there is one. */
  readonly python: string | undefined
  /** Milliseconds of `performance.now()` at which the stage should be done. */
  readonly until: number
  readonly record: Recorder
}

export type RunStage = (context: Context) => Promise<void>
