import { createHash } from 'node:crypto'
import { extname } from 'node:path'
import type { Model } from '../../model/model.js'
import {
  type LabelPrompts,
  type LabelScore,
  type Prompts,
  promptSet,
  promptSetNames,
  readPromptFile,
} from '../../prompts/index.js'
import { marksOf } from '../../standing.js'
import type { ClassifyOptions } from '../../tasks/classify.js'
import { type Command, type CommandContext, UsageError } from '../command.js'
import { expandImages } from '../images/expand.js'
import { aheadChoice, batching, pixelChoice, pixelHelp, pixelOptions } from '../images/pixel-options.js'
import {
  checkModelOptions,
  framingChoice,
  framingHelp,
  framingOptions,
  modelHelp,
  modelOptions,
  openModel,
} from '../model-options.js'
import { type FileRow, failedRow, filmRows, writeFileRows } from '../rows/file-rows.js'
import { comparisonOf, resumeDefault, resumeHelp, resumeOption } from '../rows/resume-option.js'
import { type RowJob, runRowJob } from '../rows/row-job.js'
import { refuseOptions } from '../values.js'

export const command: Command = {
  summary: 'Zero-shot scores of films for labels',
  help: `
Usage: biovil classify FILE|DIR… --model NAME|DIR [--prompts SET|FILE.json] [--json | --output F.jsonl]

  --prompts SET|FILE     ${promptSetNames.join(', ')} (default: pneumonia; biovil-demo for
                         that model), or a JSON file:
                         {"label": ["prompt", …]} or {"label": {"positive": […], "negative": […]}}
  --jobs N               images that are decoded ahead, 1 to 1024
  --json                 one {file, scores: {label: {margin, softmax}}} or {file, error} a line
  -o, --output F.jsonl   the lines of --json to a file that survives an interruption
${resumeHelp}

They are scores for ranking and comparing, not probabilities: nothing was calibrated. An image that
cannot be classified costs only its own row; the exit code is then 1.

${pixelHelp}

${framingHelp}

${modelHelp}`,
  options: {
    ...modelOptions,
    ...pixelOptions,
    ...framingOptions,
    prompts: { type: 'string' },
    jobs: { type: 'string' },
    json: { type: 'boolean' },
    output: { type: 'string', short: 'o' },
    ...resumeOption,
  },
  arguments: Number.POSITIVE_INFINITY,
  optionalValues: resumeDefault,
  async run(values, positionals, context) {
    if (positionals.length === 0) throw new UsageError('Expected at least one FILE or DIR')
    const output = values['output'] as string | undefined
    if (output !== undefined && extname(output) !== '.jsonl')
      throw new UsageError(`Expected an --output that ends in .jsonl but received ${output}`)
    if (output === undefined) refuseOptions(values, ['resume'], 'needs --output F.jsonl')
    else refuseOptions(values, ['json'], 'is for stdout; a file of --output holds these lines always')
    checkModelOptions(values)
    const pixels = pixelChoice(values)
    const ahead = aheadChoice(values)
    const comparison = comparisonOf(values)
    const options = { ...pixels, ...ahead, signal: context.signal }
    const labelsFor = await readLabels(values['prompts'] as string | undefined)
    const files = await expandImages(positionals)
    if (output === undefined) {
      await using model = await openModel(values, context)
      const rows = classifyFiles(model, files, labelsFor(model).labels, options, context)
      return await print(rows, files.length, values['json'] === true, context)
    }
    const prompts = values['prompts'] === undefined ? [] : [values['prompts'] as string]
    const job: RowJob = {
      command: 'biovil classify',
      unit: 'images',
      done: 'classified',
      inputs: [...files, ...prompts],
      rows: filmRows,
      identity: (model) => {
        const { set, labels } = labelsFor(model)
        const sha256 = createHash('sha256').update(JSON.stringify(labels)).digest('hex')
        return { prompts: { set, sha256 }, ...pixels, ...framingChoice(values), ...batching(model, ahead) }
      },
      withIndex: false,
      shape: () => [],
      count: async () => files.length,
      run: async (model, file) => {
        await writeFileRows(files, file, { stage: 'classify', comparison }, context, (rest) =>
          classifyFiles(model, rest, labelsFor(model).labels, options, context),
        )
        return files.length
      },
    }
    return runRowJob(output, job, values, context)
  },
}

interface ClassifiedFile extends FileRow {
  readonly scores?: readonly LabelScore[]
}

async function* classifyFiles(
  model: Model,
  files: Iterable<string> | AsyncIterable<string>,
  labels: Prompts,
  options: ClassifyOptions,
  context: CommandContext,
): AsyncGenerator<ClassifiedFile> {
  for await (const { input, ...classified } of model.classify(files, labels, options)) {
    const name = input as string
    if (!classified.scores) {
      yield failedRow(name, classified.error, context)
      continue
    }
    for (const { message } of classified.warnings) context.note(`${name}: ${message}`)
    const scores = Object.fromEntries(
      classified.scores.map(({ label, margin, softmax }) => [label, { margin, softmax }]),
    )
    const line = JSON.stringify({ file: name, scores, ...marksOf(model) })
    yield { name, line, scores: classified.scores }
  }
}

async function print(
  rows: AsyncIterable<ClassifiedFile>,
  total: number,
  json: boolean,
  context: CommandContext,
): Promise<number> {
  let done = 0
  let failed = 0
  for await (const { name, line, scores } of rows) {
    context.onProgress({ stage: 'classify', done: ++done, total, unit: 'files' })
    if (!scores) failed++
    if (json) context.print(line)
    else if (scores) printScores(name, scores, context)
  }
  if (failed > 0) context.note(`${failed} of ${total} images could not be classified`)
  return failed > 0 ? 1 : 0
}

function printScores(name: string, scores: readonly LabelScore[], context: CommandContext): void {
  context.print(name)
  for (const { label, margin, softmax } of scores.toSorted((a, b) => b.margin - a.margin)) {
    context.print(
      `  ${label.padEnd(28)} margin ${margin.toFixed(3).padStart(6)}   softmax ${softmax.toFixed(3)}`,
    )
  }
}

interface NamedLabels {
  readonly set: string
  readonly labels: Prompts
}

/** The labels that the user named, read before any model is loaded; else those of the set that fits the model. */
async function readLabels(name: string | undefined): Promise<(model: Model) => NamedLabels> {
  if (name === undefined) return ({ promptSet: set }) => ({ set, labels: asPrompts(promptSet(set)) })
  const known = promptSetNames.find((set) => set === name)
  const labels = asPrompts(known === undefined ? await readPromptFile(name) : promptSet(known))
  return () => ({ set: name, labels })
}

function asPrompts(labels: readonly LabelPrompts[]): Prompts {
  return Object.fromEntries(labels.map(({ label, positive, negative }) => [label, { positive, negative }]))
}
