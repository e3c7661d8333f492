import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import type { Model } from '../../model/model.js'
import { type Command, type CommandContext, type OptionValues, UsageError } from '../command.js'
import { embedImages, parts, rowShape } from '../embed/embed-images.js'
import { embedTexts } from '../embed/embed-texts.js'
import { countRows, formats, textSource } from '../embed/read-texts.js'
import { expandImages } from '../images/expand.js'
import { pixelChoice, pixelHelp, pixelOptions } from '../images/pixel-options.js'
import { modelHelp, modelOptions, openModel } from '../model-options.js'
import { duration } from '../progress-line.js'
import { type Identity, RowFile } from '../rows/row-file.js'
import { wholeNumber } from '../values.js'

export const command: Command = {
  summary: 'Embeds the texts of a file, or images, into .npy or JSON Lines',
  help: `
Usage: biovil embed [FILE|-] --model NAME|DIR --output F.npy|F.jsonl [options]
       biovil embed --image FILE|DIR… --model NAME|DIR --output F.npy|F.jsonl [options]

FILE holds one text a line, or is CSV, TSV or JSON Lines by its suffix; - (the default) is stdin.

  -o, --output FILE      F.npy: float32 [n, 128], row i = input i
                         F.jsonl: one {index, text, embedding} a line
  --column NAME          column of a CSV or key of JSON Lines (default: text, or the only column)
  --format FORMAT        ${formats.join(', ')}; for stdin, or when the suffix misleads
  --no-normalize         keep the length of the vectors instead of L2 norm 1
  --keep-punctuation     keep trailing "!?." as the model card's snippet does
  --resume               continue a run that was interrupted

  --image FILE|DIR       images instead of texts; files, folders, globs. A .npy comes with F.index.jsonl: {row, file} or
                         {file, error} a line
  --what PART            of images: ${parts.join(', ')} (default global)
  --jobs N               images that are decoded ahead

A text or image that cannot be embedded costs only its own row (NaN in the .npy of texts, an error
in .jsonl); the exit code is then 1.

${pixelHelp}

${modelHelp}`,
  options: {
    ...modelOptions,
    ...pixelOptions,
    output: { type: 'string', short: 'o' },
    image: { type: 'string', multiple: true },
    what: { type: 'string', default: 'global' },
    jobs: { type: 'string' },
    column: { type: 'string' },
    format: { type: 'string' },
    'no-normalize': { type: 'boolean' },
    'keep-punctuation': { type: 'boolean' },
    resume: { type: 'boolean' },
  },
  async run(values, positionals, context) {
    const output = values['output'] as string | undefined
    if (output === undefined) throw new UsageError('Missing --output F.npy|F.jsonl')
    RowFile.checkName(output)
    const job = values['image'] ? await imageJob(values, positionals) : await textJob(values, positionals)
    const resume = values['resume'] === true
    if (resume && (await RowFile.isComplete(output))) {
      context.note(`${output} is complete already`)
      return 0
    }
    await using model = await openModel(values, context)
    const file = await RowFile.open(output, {
      identity: { ...(await weightsOf(model)), ...job.identity },
      shape: job.shape(model),
      resume,
      withIndex: job.withIndex,
    })
    try {
      const started = performance.now()
      const rows = await job.run(model, file, context)
      await file.finish()
      const seconds = (performance.now() - started) / 1000
      const rate = ((rows - file.done) / Math.max(seconds, 1e-3)).toFixed(job.withIndex ? 1 : 0)
      const before = file.done > 0 ? `, ${file.done} of them before` : ''
      context.note(
        `${rows} ${job.unit}${before} in ${duration(seconds)} (${rate}/s) on ${model.device}: ${output}`,
      )
      if (file.failed > 0) context.note(`${file.failed} of them could not be embedded`)
      return file.failed > 0 ? 1 : 0
    } catch (error) {
      await file.close()
      context.note(`What is done is kept: run the same command with --resume to go on`)
      throw error
    }
  },
}

/** What is to be embedded, and how. */
interface Job {
  readonly unit: string
  readonly identity: Identity
  readonly withIndex: boolean
  shape(model: Model): number[]
  /** Returns the number of all rows. */
  run(model: Model, file: RowFile, context: CommandContext): Promise<number>
}

async function textJob(values: OptionValues, positionals: readonly string[]): Promise<Job> {
  if (positionals.length > 1) throw new UsageError(`Expected one FILE but received ${positionals.length}`)
  const source = textSource(positionals[0] ?? '-', {
    format: values['format'] as string | undefined,
    column: values['column'] as string | undefined,
  })
  const how = {
    normalize: values['no-normalize'] !== true,
    punctuation: values['keep-punctuation'] ? ('keep' as const) : ('strip' as const),
  }
  const total = await countRows(source)
  return {
    unit: 'texts',
    identity: { ...how, format: source.format, column: source.column ?? null },
    withIndex: false,
    shape: (model) => [model.dimension],
    run: (model, file, context) => embedTexts(model, source, file, how, total, context),
  }
}

async function imageJob(values: OptionValues, positionals: readonly string[]): Promise<Job> {
  const what = parts.find((part) => part === values['what'])
  if (what === undefined)
    throw new UsageError(`Expected one of ${parts.join(', ')} for --what but received ${values['what']}`)
  const files = await expandImages([...(values['image'] as string[]), ...positionals])
  const how = { what, normalize: values['no-normalize'] !== true, ...pixelChoice(values) }
  const ahead = values['jobs'] === undefined ? {} : { ahead: wholeNumber(values, 'jobs', 1) }
  const isNpy = String(values['output']).endsWith('.npy')
  return {
    unit: 'images',
    identity: how,
    withIndex: true,
    shape: (model) => rowShape(model, what),
    async run(model, file, context) {
      await embedImages(model, files, file, { ...how, ...ahead, isNpy }, context)
      return files.length
    },
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
