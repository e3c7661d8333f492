import { inspectModel } from '../../model/inspect.js'
import { type Command, UsageError } from '../command.js'

export const command: Command = {
  summary: 'What a model directory holds, without loading libtorch',
  help: `
Usage: biovil info --model NAME|DIR [--json]

  -m, --model NAME|DIR   a name of 'biovil models' that is in the cache, or a directory
  --cache-dir DIR        cache of downloaded models; default: the Hugging Face cache
  --json                 one JSON object: parts, sizes, keys, trained or not`,
  options: {
    model: { type: 'string', short: 'm' },
    'cache-dir': { type: 'string' },
    json: { type: 'boolean' },
  },
  async run(values, positionals, context) {
    const name = (values['model'] as string | undefined) ?? positionals[0]
    if (name === undefined) throw new UsageError('Missing --model NAME|DIR')
    const cacheDir = values['cache-dir'] as string | undefined
    const info = await inspectModel(name, { cacheDir })
    if (values['json']) {
      context.print(JSON.stringify(info))
      return 0
    }
    const { text } = info.parts
    const { missing, unexpected, ignored, renamed, tied } = text.keys
    const list = (names: readonly string[]) =>
      names.length === 0
        ? 'none'
        : `${names.length}: ${names.slice(0, 4).join(', ')}${names.length > 4 ? ', …' : ''}`
    for (const [label, value] of [
      ['model', info.name],
      ['directory', info.directory],
      [
        'trained',
        info.untrained
          ? `NO: seeded random weights (seed ${info.seed ?? '?'})`
          : 'yes, as far as the files say',
      ],
      [
        'encoder',
        `${text.layers} layers, ${text.heads} heads, hidden size ${text.hiddenSize}, ${text.parameters.toLocaleString('en')} parameters`,
      ],
      [
        'vocabulary',
        `${text.vocabularySize.toLocaleString('en')} pieces, at most ${text.maxLength} tokens a text`,
      ],
      ['offers', text.methods.join(', ')],
      ['embedding', `${text.dimension} values`],
      [
        'weights',
        text.files.map(({ name: file, size }) => `${file} (${(size / 1e6).toFixed(1)} MB)`).join(', '),
      ],
      ['stored as', `${text.format}, ${text.types.join(', ')}`],
      ['missing', list(missing)],
      ['unexpected', list(unexpected)],
      ['not needed', list(ignored)],
      ['renamed', list(Object.keys(renamed))],
      ['shared', list(Object.keys(tied))],
    ] as const) {
      context.print(`${label.padEnd(11)} ${value}`)
    }
    return 0
  },
}
