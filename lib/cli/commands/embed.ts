import { type Command, type OptionValues, UsageError } from '../command.js'
import { embedImages, parts, rowShape } from '../embed/embed-images.js'
import { embedTexts, textRows } from '../embed/embed-texts.js'
import { countRows, formats, textSource } from '../embed/read-texts.js'
import { expandImages } from '../images/expand.js'
import { aheadChoice, batching, pixelChoice, pixelHelp, pixelOptions } from '../images/pixel-options.js'
import {
  checkModelOptions,
  framingChoice,
  framingHelp,
  framingOptions,
  modelHelp,
  modelOptions,
} from '../model-options.js'
import { filmRows } from '../rows/file-rows.js'
import { Reservation } from '../rows/reservation.js'
import { comparisonOf, resumeDefault, resumeHelp, resumeOption } from '../rows/resume-option.js'
import { type RowJob, runRowJob } from '../rows/row-job.js'
import { choice, refuseOptions } from '../values.js'

export const command: Command = {
  summary: 'Embeds the texts of a file, or images, into .npy or JSON Lines',
  help: `
Usage: biovil embed [FILE|-] --model NAME|DIR --output F.npy|F.jsonl [options]
       biovil embed --image FILE|DIR… --model NAME|DIR --output F.npy|F.jsonl [options]

FILE holds one text a line, or is CSV, TSV or JSON Lines by its suffix; - (the default) is stdin.

  -o, --output FILE      F.npy: float32 [n, 128], row i = input i
                         F.jsonl: one {index, text, embedding} a line
  --no-normalize         keep the length of the vectors instead of L2 norm 1
${resumeHelp}

Texts only:
  --column NAME          column of a CSV or key of JSON Lines (default: text, or the only column)
  --format FORMAT        ${formats.join(', ')}; for stdin, or when the suffix misleads
  --keep-punctuation     keep trailing "!?." as the model card's snippet does

Images only:
  --image FILE|DIR       images instead of texts; files, folders, globs. A .npy comes with F.index.jsonl: {row, file} or
                         {file, error} a line
  --what PART            of images: ${parts.join(', ')} (default global)
  --jobs N               images that are decoded ahead, 1 to 1024

A text or image that cannot be embedded costs only its own row (NaN in the .npy of texts, an error
in .jsonl); the exit code is then 1.

${pixelHelp}

${framingHelp}

${modelHelp}`,
  options: {
    ...modelOptions,
    ...pixelOptions,
    ...framingOptions,
    output: { type: 'string', short: 'o' },
    image: { type: 'string', multiple: true },
    what: { type: 'string' },
    jobs: { type: 'string' },
    column: { type: 'string' },
    format: { type: 'string' },
    'no-normalize': { type: 'boolean' },
    'keep-punctuation': { type: 'boolean' },
    ...resumeOption,
  },
  arguments: Number.POSITIVE_INFINITY,
  optionalValues: resumeDefault,
  async run(values, positionals, context) {
    const output = values['output'] as string | undefined
    if (output === undefined) throw new UsageError('Missing --output F.npy|F.jsonl')
    Reservation.checkName(output)
    checkModelOptions(values)
    const job = values['image'] ? await imageJob(values, positionals) : await textJob(values, positionals)
    return runRowJob(output, job, values, context)
  },
}

/** Options of one half, which the other refuses. */
const textOptions = ['column', 'format', 'keep-punctuation']
const imageOptions = ['what', 'jobs', ...Object.keys({ ...pixelOptions, ...framingOptions })]

async function textJob(values: OptionValues, positionals: readonly string[]): Promise<RowJob> {
  refuseOptions(values, imageOptions, 'is of images; name them with --image')
  if (positionals.length > 1) throw new UsageError(`Expected one FILE but received ${positionals.length}`)
  const source = textSource(positionals[0] ?? '-', {
    format: values['format'] as string | undefined,
    column: values['column'] as string | undefined,
  })
  const how = {
    normalize: values['no-normalize'] !== true,
    punctuation: values['keep-punctuation'] ? ('keep' as const) : ('strip' as const),
  }
  comparisonOf(values)
  const isNpy = String(values['output']).endsWith('.npy')
  return {
    command: 'biovil embed',
    unit: 'texts',
    done: 'embedded',
    inputs: [source.path],
    rows: textRows,
    identity: () => ({ ...how, format: source.format, column: source.column ?? null }),
    withIndex: false,
    shape: (model) => [model.dimension],
    count: (signal) => countRows(source, signal),
    run: (model, file, context, total) => embedTexts(model, source, file, { ...how, isNpy }, total, context),
  }
}

async function imageJob(values: OptionValues, positionals: readonly string[]): Promise<RowJob> {
  refuseOptions(values, textOptions, 'is of texts, and --image asks for images')
  if (positionals.includes('-')) throw new UsageError('- is texts from stdin, and --image asks for images')
  const what = choice(values, 'what', ...parts)
  const how = { what, normalize: values['no-normalize'] !== true, ...pixelChoice(values) }
  const ahead = aheadChoice(values)
  const files = await expandImages([...(values['image'] as string[]), ...positionals])
  const isNpy = String(values['output']).endsWith('.npy')
  const comparison = comparisonOf(values)
  return {
    command: 'biovil embed',
    unit: 'images',
    done: 'embedded',
    inputs: files,
    rows: filmRows,
    identity: (model) => ({ ...how, ...framingChoice(values), ...batching(model, ahead) }),
    withIndex: true,
    shape: (model) => rowShape(model, what),
    count: async () => files.length,
    async run(model, file, context) {
      await embedImages(model, files, file, { ...how, ...ahead, isNpy, comparison }, context)
      return files.length
    },
  }
}
