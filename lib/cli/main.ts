#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { parseArgs } from 'node:util'
import { BiovilError, isArgumentError } from '../errors.js'
import { endChildren } from '../io/children.js'
import { printable, printableLine } from '../io/printable.js'
import { researchNotice } from '../model/facts.js'
import { type Command, type CommandContext, UsageError } from './command.js'
import { progressLine } from './progress-line.js'

/** In the order of `biovil --help`; each is imported only when it runs. */
const commands: Readonly<Record<string, () => Promise<{ command: Command }>>> = {
  embed: () => import('./commands/embed.js'),
  similarity: () => import('./commands/similarity.js'),
  'fill-mask': () => import('./commands/fill-mask.js'),
  tokenize: () => import('./commands/tokenize.js'),
  classify: () => import('./commands/classify.js'),
  ground: () => import('./commands/ground.js'),
  inspect: () => import('./commands/inspect.js'),
  models: () => import('./commands/models.js'),
  pull: () => import('./commands/pull.js'),
  info: () => import('./commands/info.js'),
  verify: () => import('./commands/verify.js'),
  synthesize: () => import('./commands/synthesize.js'),
  libtorch: () => import('./commands/libtorch.js'),
}

/** What every command understands. */
const common = {
  help: { type: 'boolean', short: 'h' },
  quiet: { type: 'boolean', short: 'q' },
} as const

const commonHelp = `Common options:
  -q, --quiet      no progress and no notes on stderr
  -h, --help       this text`

async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args
  const isGlobal = name !== undefined && ['--version', '-v', '--help', '-h', 'help'].includes(name)
  if (isGlobal && rest.length > 0) throw new UsageError(`Unexpected argument after ${name}`)
  if (name === '--version' || name === '-v') {
    process.stdout.write(`${version()}\n`)
    return 0
  }
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    const text = await help()
    ;(name === undefined ? process.stderr : process.stdout).write(text)
    return name === undefined ? 2 : 0
  }
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined
  // What is no word may be a text in the wrong place, which no message repeats.
  const shown = /^[\w-]{1,30}$/.test(name) ? `: ${name}` : ''
  if (!load) throw new UsageError(`No such command${shown}. Commands: ${Object.keys(commands).join(', ')}`)
  const { command } = await load()
  const { values, positionals } = parse(name, command, rest)
  if (values['help']) {
    process.stdout.write(`${command.summary}\n\n${command.help.trim()}\n\n${commonHelp}\n`)
    return 0
  }
  if (positionals.length > command.arguments) {
    const { length } = positionals
    throw new UsageError(
      `Expected at most ${command.arguments} arguments but received ${length}; biovil ${name} --help says what it takes`,
    )
  }
  return runCommand(command, values, positionals)
}

function parse(name: string, command: Command, args: readonly string[]) {
  try {
    return parseArgs({
      args: withValues(args, command.optionalValues ?? {}),
      options: { ...command.options, ...common },
      allowPositionals: true,
      strict: true,
    })
  } catch (error) {
    throw new UsageError(parseMessage(name, error as NodeJS.ErrnoException))
  }
}

/** What parseArgs says, which quotes an option that it does not know: that may be a text that begins with a dash. */
function parseMessage(name: string, { code, message }: NodeJS.ErrnoException): string {
  if (code !== 'ERR_PARSE_ARGS_UNKNOWN_OPTION') return message
  const option = /^Unknown option '(-[a-zA-Z]|--[a-z-]{1,30})'/.exec(message)?.[1]
  return option === undefined
    ? 'Unknown option. Put -- before a text that begins with a dash'
    : `Unknown option ${option}; biovil ${name} --help says which there are`
}

function withValues(args: readonly string[], values: Readonly<Record<string, string>>): string[] {
  const end = args.indexOf('--')
  return args.map((arg, i) => {
    const name = arg.startsWith('--') && (end < 0 || i < end) ? arg.slice(2) : ''
    return Object.hasOwn(values, name) ? `${arg}=${values[name]}` : arg
  })
}

async function runCommand(
  command: Command,
  values: ReturnType<typeof parse>['values'],
  positionals: string[],
): Promise<number> {
  const quiet = values['quiet'] === true
  const line = progressLine(process.stderr)
  const controller = new AbortController()
  const stop = (signal: NodeJS.Signals) => {
    if (controller.signal.aborted) return end(signal)
    controller.abort(new Interrupted(signal))
    setTimeout(end, GRACE, signal).unref()
  }
  // At once, whatever is under way: a second signal, or an end in order that does not come, as from a pipe without another side.
  const end = (signal: NodeJS.Signals) => {
    endChildren()
    ignore()
    process.kill(process.pid, signal)
  }
  const ignore = () => {
    for (const signal of ending) process.off(signal, stop)
  }
  for (const signal of ending) process.on(signal, stop)
  const context: CommandContext = {
    print(text) {
      line.clear()
      process.stdout.write(`${printable(text)}\n`)
    },
    note(text) {
      line.clear()
      if (!quiet) process.stderr.write(`${printableLine(text)}\n`)
    },
    onProgress: quiet ? () => {} : line.onProgress,
    signal: controller.signal,
  }
  try {
    return await command.run(values, positionals, context)
  } catch (error) {
    // Whatever a reader makes of being stopped.
    context.signal.throwIfAborted()
    throw error
  } finally {
    line.clear()
    ignore()
  }
}

/** Longest that a command takes to end in order, in ms; a container runtime waits for twice as long. */
const GRACE = 5000

/** Signals that ask a process to end: Ctrl-C, a service manager or container runtime, a terminal that was closed. */
const ending = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

class Interrupted extends Error {
  override readonly name = 'AbortError'
  readonly signal: NodeJS.Signals

  constructor(signal: NodeJS.Signals) {
    super(`interrupted by ${signal}`)
    this.signal = signal
  }
}

async function help(): Promise<string> {
  const lines = [
    `biovil ${version()}: Microsoft's chest X-ray vision-language models in Node.js`,
    '',
    'Usage: biovil COMMAND [options]',
    '',
  ]
  for (const [name, load] of Object.entries(commands))
    lines.push(`  ${name.padEnd(12)} ${(await load()).command.summary}`)
  return [...lines, '', 'biovil COMMAND --help explains a command.', researchNotice, ''].join('\n')
}

function version(): string {
  const file = new URL('../../package.json', import.meta.url)
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}

/** Exit codes: 0 all done, 1 something failed, 2 wrong usage, 128 and the signal's number when interrupted. */
function report(error: unknown): number {
  if (error instanceof Interrupted) {
    process.stderr.write(`biovil: interrupted${error.signal === 'SIGINT' ? '' : ` by ${error.signal}`}\n`)
    return 128 + constants.signals[error.signal]
  }
  const { code, message, stack } = error as Error & { code?: string }
  // Wrong arguments of the library come from options of the command line.
  const isUsage = error instanceof UsageError || isArgumentError(error)
  const known =
    isUsage || error instanceof BiovilError || (typeof code === 'string' && code.startsWith('ERR_'))
  const text = known ? `${message}${code ? ` [${code}]` : ''}` : (stack ?? message)
  process.stderr.write(`biovil: ${printable(escapeArguments(text))}\n`)
  return isUsage ? 2 : 1
}

/** Messages have lines of their own, so the newlines of names are told by the arguments that hold them. */
function escapeArguments(text: string): string {
  const odd = process.argv.slice(2).filter((argument) => argument.includes('\n'))
  return odd.reduce((escaped, argument) => escaped.replaceAll(argument, () => printableLine(argument)), text)
}

// A terminal that is gone takes no messages; that is no reason to leave work half done.
process.stderr.on('error', () => {})

// A closed pipe (`biovil … | head`) is not an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))

main(process.argv.slice(2))
  .catch(report)
  .then((code) => {
    process.exitCode = code
  })
