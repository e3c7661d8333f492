import { createHash } from 'node:crypto'
import { createReadStream, existsSync, readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { basename, join } from 'node:path'
import type { Model } from '../../model/model.js'
import { physicalCores } from '../../native/physical-cores.js'
import type { CommandContext, OptionValues } from '../command.js'
import { openModel } from '../model-options.js'
import { modelInputs } from '../outputs.js'
import { duration } from '../progress-line.js'
import { Reservation } from './reservation.js'
import { RowFile } from './row-file.js'
import type { Identity } from './run-state.js'

/** What is computed with a model, row by row into a file. */
export interface RowJob {
  readonly command: string
  readonly unit: 'texts' | 'images'
  /** What happens to them, for messages. */
  readonly done: 'embedded' | 'classified'
  /** Paths of all that is read beside the model; `-` is stdin. */
  readonly inputs: readonly string[]
  /** All that, with the model and where it runs, decides what a row holds. */
  identity(model: Model): Identity
  readonly withIndex: boolean
  /** Size of a row's key, and the rows that are kept together. */
  readonly rows: { readonly keySize: number; readonly unit: number }
  /** Shape of a row of a `.npy`. */
  shape(model: Model): number[]
  /** Looks through the input, so that what is wrong with it is said before a model loads; its rows, where they can be counted. */
  count(signal: AbortSignal): Promise<number | undefined>
  /** Returns the number of all rows. */
  run(model: Model, file: RowFile, context: CommandContext, count: number | undefined): Promise<number>
}

/** Does a job, or with `--resume` what an interrupted run has left of it; returns the exit code. */
export async function runRowJob(
  output: string,
  job: RowJob,
  values: OptionValues,
  context: CommandContext,
): Promise<number> {
  const resume = values['resume'] !== undefined
  await using place = await Reservation.take(output, {
    withIndex: job.withIndex,
    inputs: [...job.inputs, ...(await modelInputs(values))],
    command: job.command,
  })
  if (resume && (await RowFile.isComplete(place))) {
    context.note(
      `${output} is complete already, so nothing is compared or computed; without --resume it is written anew`,
    )
    return 0
  }
  const count = await job.count(context.signal)
  // Their number decides the last bits of every row, so it is the same for the whole file.
  const fixed = { ...values, threads: values['threads'] ?? String(physicalCores()) }
  await using model = await openModel(fixed, context)
  const options = {
    identity: { ...(await surroundings(model, fixed)), ...job.identity(model) },
    machine: cpus()[0]?.model ?? '',
    shape: job.shape(model),
    ...job.rows,
  }
  const file = await (resume ? RowFile.resume(place, options) : RowFile.create(place, options))
  if (file.earlierMachine !== undefined)
    context.note(
      `The rows before were computed on another processor (${file.earlierMachine}): the last bits may differ from those of one run`,
    )
  try {
    const started = performance.now()
    const rows = await job.run(model, file, context, count)
    await file.finish(rows)
    const seconds = (performance.now() - started) / 1000
    const rate = ((rows - file.done) / Math.max(seconds, 1e-3)).toFixed(job.unit === 'images' ? 1 : 0)
    const before = file.done > 0 ? `, ${file.done} of them before` : ''
    context.note(
      `${rows} ${job.unit}${before} in ${duration(seconds)} (${rate}/s) on ${model.device}: ${output}`,
    )
    if (file.failed > 0) context.note(`${file.failed} of them could not be ${job.done}`)
    return file.failed > 0 ? 1 : 0
  } catch (error) {
    await file.close()
    context.note(`What is done is kept: run the same command with --resume to go on`)
    throw error
  }
}

/** Files beside the weights that decide what a text becomes. */
const small = ['config.json', 'vocab.txt', 'tokenizer_config.json', 'special_tokens_map.json']

/** The model and all around it that decides the last bits of a row. Files may be moved, but not change. */
async function surroundings(model: Model, values: OptionValues): Promise<Identity> {
  const { directory, device, dtype, libtorch, text, image } = model.facts
  const weights = [...(text?.files ?? []), ...(image?.files ?? [])]
  const beside = small.map((name) => join(directory, name)).filter((path) => existsSync(path))
  const graph = values['graph'] === undefined ? [] : [values['graph'] as string]
  const files: Record<string, string> = {}
  for (const path of [...weights, ...beside, ...graph]) files[basename(path)] ??= await sha256Of(path)
  const threads = device === 'cpu' ? { threads: Number(values['threads']) } : {}
  return { biovil: version(), files, dtype, device, libtorch, ...threads }
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

function version(): string {
  const file = new URL('../../../package.json', import.meta.url)
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}
