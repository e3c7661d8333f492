import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import type { Model } from '../../model/model.js'
import type { CommandContext, OptionValues } from '../command.js'
import { openModel } from '../model-options.js'
import { duration } from '../progress-line.js'
import { type Identity, RowFile } from './row-file.js'

/** What is computed with a model, row by row into a file. */
export interface RowJob {
  readonly unit: 'texts' | 'images'
  /** What happens to them, for messages. */
  readonly done: 'embedded' | 'classified'
  /** All that, with the model, decides what a row holds. */
  identity(model: Model): Identity
  readonly withIndex: boolean
  /** Shape of a row of a `.npy`. */
  shape(model: Model): number[]
  /** Returns the number of all rows. */
  run(model: Model, file: RowFile, context: CommandContext): Promise<number>
}

/** Does a job, or with `--resume` what an interrupted run has left of it; returns the exit code. */
export async function runRowJob(
  output: string,
  job: RowJob,
  values: OptionValues,
  context: CommandContext,
): Promise<number> {
  const resume = values['resume'] === true
  if (resume && (await RowFile.isComplete(output))) {
    context.note(`${output} is complete already`)
    return 0
  }
  await using model = await openModel(values, context)
  const file = await RowFile.open(output, {
    identity: { ...(await weightsOf(model)), ...job.identity(model) },
    shape: job.shape(model),
    resume,
    withIndex: job.withIndex,
  })
  try {
    const started = performance.now()
    const rows = await job.run(model, file, context)
    await file.finish()
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

/** Files may be moved, but not change. */
async function weightsOf(model: Model): Promise<Identity> {
  const paths = [...(model.facts.text?.files ?? []), ...(model.facts.image?.files ?? [])]
  const weights = await Promise.all(
    paths.map(async (path) => {
      const { size, mtimeMs } = await stat(path)
      return { file: basename(path), size, mtimeMs }
    }),
  )
  return { model: model.name, weights, dtype: model.facts.dtype }
}
