/** One step forward in long work. `done` and `total` count `unit`s; `total` is absent when it is not known. */
export interface Progress {
  /** What is being done, in a word or two: `download`, `verify`, `extract`, `load`, `embed`, `synthesize`, `wait` (for another process). */
  readonly stage: string
  /** What it is being done to, e.g. a file name. */
  readonly item?: string
  readonly done: number
  readonly total?: number
  readonly unit: 'bytes' | 'texts' | 'tensors' | 'files' | 'steps'
}

/** Called often; must be fast. Nothing in `biovil` prints: this is how a caller shows progress. */
export type OnProgress = (progress: Progress) => void
