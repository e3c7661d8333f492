import { type Command, UsageError } from '../command.js'
import { modelHelp, modelOptions, openModel } from '../model-options.js'

export const command: Command = {
  summary: 'Cosine similarity of texts with each other',
  help: `
Usage: biovil similarity --model NAME|DIR --text A --text B … [--json]

  --text TEXT            a text; give at least two
  --keep-punctuation     keep trailing "!?." as the model card's snippet does
  --json                 {rows, columns, scores, untrained} as one JSON object

${modelHelp}`,
  options: {
    ...modelOptions,
    text: { type: 'string', multiple: true },
    'keep-punctuation': { type: 'boolean' },
    json: { type: 'boolean' },
  },
  async run(values, positionals, context) {
    if (positionals.length > 0)
      throw new UsageError(`Unexpected argument: ${positionals[0]}; give texts with --text`)
    const texts = (values['text'] ?? []) as string[]
    if (texts.length < 2) throw new UsageError('Give at least two texts: --text A --text B')
    await using model = await openModel(values, context)
    const { rows, columns, scores } = await model.similarity(texts, texts, {
      punctuation: values['keep-punctuation'] ? 'keep' : 'strip',
      signal: context.signal,
    })
    if (values['json']) {
      context.print(JSON.stringify({ rows, columns, scores, untrained: model.untrained }))
      return 0
    }
    texts.forEach((text, i) => {
      context.print(
        `${String(i + 1).padStart(3)}  ${scores[i]?.map((score) => score.toFixed(4).padStart(8)).join('')}  ${text}`,
      )
    })
    return 0
  },
}
