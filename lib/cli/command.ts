import type { ParseArgsConfig } from 'node:util'
import type { OnProgress } from '../progress.js'

/** What a command may use of the process, so that all commands behave alike on a terminal, in a pipe and in CI. */
export interface CommandContext {
  /** Writes a line of results to stdout. Everything else goes to stderr. */
  print(line: string): void
  /** Writes a message for people to stderr (kept out of `--quiet`). */
  note(line: string): void
  /** Shows progress with rate and time left on stderr. */
  onProgress: OnProgress
  /** Aborted by Ctrl-C, SIGTERM and SIGHUP. */
  signal: AbortSignal
}

/** Option values as `node:util` parseArgs returns them. */
export type OptionValues = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>

/** One subcommand of `biovil`. */
export interface Command {
  /** One line for `biovil --help`. */
  readonly summary: string
  /** The text of `biovil NAME --help`, without the summary. */
  readonly help: string
  readonly options: NonNullable<ParseArgsConfig['options']>
  /** Most positional arguments; further ones are a usage error. */
  readonly arguments: number
  /** Options that need no value, and the one that they then have. A value is given with `=` only. */
  readonly optionalValues?: Readonly<Record<string, string>>
  /** Returns the exit code: 0, or 1 when any part of the work failed. Throws for everything else. */
  run(values: OptionValues, positionals: readonly string[], context: CommandContext): Promise<number>
}

/** A mistake in how the command was called: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
