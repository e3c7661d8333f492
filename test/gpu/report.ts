import type { Findings } from './findings.js'

/** What gpu-check.json holds. */
export interface Report {
  /** Run on the CPU, which says nothing of a GPU. */
  readonly rehearsal: boolean
  readonly device: string
  readonly version: string
  binaries: string
  readonly started: string
  seconds: number
  passed: boolean
  readonly stages: StageReport[]
}

export interface StageReport {
  readonly name: string
  readonly title: string
  /** `skipped`: it could not be tried; `left out`: it has no meaning on this machine. */
  readonly status: 'passed' | 'failed' | 'timed out' | 'skipped' | 'left out'
  readonly seconds: number
  readonly limit: number
  /** Exit code or signal of the process. */
  readonly exit?: string
  /** The end of what a stage that did not pass printed. */
  readonly output?: string
  readonly findings: Findings
}
