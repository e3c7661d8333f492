import { type Command, UsageError } from '../command.js'
import { modelHelp, modelOptions, openModel } from '../model-options.js'
import { wholeNumber } from '../values.js'

export const command: Command = {
  summary: 'What the language head expects at every [MASK] of a text',
  help: `
Usage: biovil fill-mask TEXT… --model NAME|DIR [--top-k 5] [--json]

  --top-k N              predictions per mask (default 5)
  --keep-punctuation     keep trailing "!?." instead of dropping it
  --json                 {text, masks: [{position, predictions: [{id, token, probability}]}]}, one line a text;
                         position counts tokens, [CLS] is 0

${modelHelp}`,
  options: {
    ...modelOptions,
    'top-k': { type: 'string', default: '5' },
    'keep-punctuation': { type: 'boolean' },
    json: { type: 'boolean' },
  },
  arguments: Number.POSITIVE_INFINITY,
  async run(values, texts, context) {
    if (texts.length === 0) throw new UsageError('Give a text with [MASK]')
    const topK = wholeNumber(values, 'top-k', 1)
    await using model = await openModel(values, context)
    const punctuation = values['keep-punctuation'] ? 'keep' : 'strip'
    for (const text of texts) {
      const filled = await model.fillMask(text, { topK, punctuation, signal: context.signal })
      if (values['json']) {
        context.print(JSON.stringify(filled))
        continue
      }
      context.print(text)
      for (const { position, predictions } of filled.masks) {
        const list = predictions.map(
          ({ token, probability }) => `${token} ${(100 * probability).toFixed(2)} %`,
        )
        context.print(`  [MASK] at token ${position}: ${list.join(', ')}`)
      }
    }
    return 0
  },
}
