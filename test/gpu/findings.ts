import { writeFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'

/** One thing that must hold: a largest difference and its bound, or words. */
export interface Check {
  readonly what: string
  readonly found: number | string
  readonly expected: string
  readonly passed: boolean
}

/** What a stage found out so far. */
export interface Findings {
  readonly checks: Check[]
  /** Figures that nothing is demanded of. */
  readonly figures: Record<string, unknown>
  /** Why the stage, or a part of it, was left out. */
  readonly left: string[]
  error?: string
}

export function noFindings(): Findings {
  return { checks: [], figures: {}, left: [] }
}

/** Collects what a stage finds and writes it after every entry, so that a stage that is stopped keeps what it had. */
export class Recorder {
  readonly #file: string
  readonly findings = noFindings()

  constructor(file: string) {
    this.#file = file
    this.#write()
  }

  /** A largest difference; NaN fails. */
  atMost(what: string, found: number, bound: number): void {
    this.#check({ what, found, expected: `at most ${bound}`, passed: found <= bound })
  }

  equal(what: string, found: string | number, expected: string | number): void {
    this.#check({ what, found, expected: String(expected), passed: found === expected })
  }

  /** The code that a promise rejects with. */
  async rejects(what: string, work: Promise<unknown>, expected: string): Promise<void> {
    this.equal(what, await outcome(work), expected)
  }

  figure(name: string, value: unknown): void {
    this.findings.figures[name] = value
    this.#write()
  }

  leaveOut(why: string): void {
    this.findings.left.push(why)
    this.#write()
  }

  fail(error: unknown): void {
    const { code, message } = error as { code?: string; message?: string }
    this.findings.error = `${code === undefined ? '' : `${code}: `}${message ?? String(error)}`
    this.#write()
  }

  #check(check: Check): void {
    this.findings.checks.push(check)
    this.#write()
  }

  #write(): void {
    writeFileSync(
      this.#file,
      JSON.stringify(this.findings, (_, value) => (Number.isNaN(value) ? 'NaN' : value)),
    )
  }
}

/** `fulfilled`, the code of the rejection, or `still pending` after half a minute. */
export async function outcome(work: Promise<unknown>): Promise<string> {
  const settled = work.then(
    () => 'fulfilled',
    (error: { code?: string; message?: string }) => error.code ?? error.message ?? String(error),
  )
  return Promise.race([settled, setTimeout(30_000, 'still pending', { ref: false })])
}
