import {
  type LabelPrompts,
  type Prompts,
  promptSet,
  promptSetNames,
  readPromptFile,
} from '../../prompts/index.js'
import { type Command, UsageError } from '../command.js'
import { expandImages } from '../images/expand.js'
import { pixelChoice, pixelHelp, pixelOptions } from '../images/pixel-options.js'
import { modelHelp, modelOptions, openModel } from '../model-options.js'
import { wholeNumber } from '../values.js'

export const command: Command = {
  summary: 'Zero-shot scores of films for labels',
  help: `
Usage: biovil classify FILE|DIR… --model NAME|DIR [--prompts SET|FILE.json] [--json]

  --prompts SET|FILE     ${promptSetNames.join(', ')} (default ${promptSetNames[0]}), or a JSON file:
                         {"label": ["prompt", …]} or {"label": {"positive": […], "negative": […]}}
  --jobs N               images that are decoded ahead
  --json                 one {file, scores: {label: {margin, softmax}}} or {file, error} a line

They are scores for ranking and comparing, not probabilities: nothing was calibrated.

${pixelHelp}

${modelHelp}`,
  options: {
    ...modelOptions,
    ...pixelOptions,
    prompts: { type: 'string', default: promptSetNames[0] as string },
    jobs: { type: 'string' },
    json: { type: 'boolean' },
  },
  async run(values, positionals, context) {
    if (positionals.length === 0) throw new UsageError('Expected at least one FILE or DIR')
    const labels = await readLabels(String(values['prompts']))
    const files = await expandImages(positionals)
    await using model = await openModel(values, context)
    const options = {
      ...pixelChoice(values),
      ...(values['jobs'] === undefined ? {} : { ahead: wholeNumber(values, 'jobs', 1) }),
      signal: context.signal,
    }
    let failed = 0
    let done = 0
    for await (const { index, scores, error } of model.classify(files, labels, options)) {
      const file = files[index] as string
      context.onProgress({ stage: 'classify', done: ++done, total: files.length, unit: 'files' })
      if (!scores) {
        context.signal.throwIfAborted()
        failed++
        const { message, code } = error as Error & { code?: string }
        context.note(message)
        if (values['json']) context.print(JSON.stringify({ file, error: { code, message } }))
      } else if (values['json']) {
        const byLabel = Object.fromEntries(
          scores.map(({ label, margin, softmax }) => [label, { margin, softmax }]),
        )
        context.print(
          JSON.stringify({ file, scores: byLabel, ...(model.untrained ? { untrained: true } : {}) }),
        )
      } else {
        context.print(file)
        for (const { label, margin, softmax } of scores.toSorted((a, b) => b.margin - a.margin)) {
          context.print(
            `  ${label.padEnd(28)} margin ${margin.toFixed(3).padStart(6)}   softmax ${softmax.toFixed(3)}`,
          )
        }
      }
    }
    if (failed > 0) context.note(`${failed} of ${files.length} images could not be classified`)
    return failed > 0 ? 1 : 0
  },
}

async function readLabels(name: string): Promise<Prompts> {
  const known = promptSetNames.find((set) => set === name)
  const labels: LabelPrompts[] = known === undefined ? await readPromptFile(name) : promptSet(known)
  return Object.fromEntries(labels.map(({ label, positive, negative }) => [label, { positive, negative }]))
}
