import { type Command, UsageError } from '../command.js'
import { expandImages } from '../images/expand.js'
import { pixelChoice, pixelHelp, pixelOptions } from '../images/pixel-options.js'
import {
  checkModelOptions,
  framingHelp,
  framingOptions,
  modelHelp,
  modelOptions,
  openModel,
} from '../model-options.js'
import { refuseOptions } from '../values.js'

export const command: Command = {
  summary: 'Cosine similarity of texts, or of images with texts',
  help: `
Usage: biovil similarity --model NAME|DIR [--image A…] --text A --text B … [--json]

  --text TEXT            a text; without images give at least two
  --image FILE           an image, folder or glob: rows are the images, columns the texts
  --keep-punctuation     keep trailing "!?." as the model card's snippet does
  --json                 {rows, columns, scores, untrained, demonstration} as one JSON object

${pixelHelp}

${framingHelp}

${modelHelp}`,
  options: {
    ...modelOptions,
    ...pixelOptions,
    ...framingOptions,
    text: { type: 'string', multiple: true },
    image: { type: 'string', multiple: true },
    'keep-punctuation': { type: 'boolean' },
    json: { type: 'boolean' },
  },
  arguments: 0,
  async run(values, _, context) {
    const texts = (values['text'] ?? []) as string[]
    const patterns = (values['image'] ?? []) as string[]
    if (patterns.length === 0)
      refuseOptions(
        values,
        Object.keys({ ...pixelOptions, ...framingOptions }),
        'is of images; name them with --image',
      )
    if (texts.length < (patterns.length > 0 ? 1 : 2)) {
      throw new UsageError('Give texts: --text A --text B, or --image FILE and --text A')
    }
    checkModelOptions(values)
    const pixels = pixelChoice(values)
    const images = await expandImages(patterns)
    await using model = await openModel(values, context)
    const names = images.length > 0 ? images : texts
    const { scores } = await model.similarity(
      images.length > 0 ? images.map((image) => ({ image })) : texts,
      texts,
      {
        punctuation: values['keep-punctuation'] ? 'keep' : 'strip',
        ...pixels,
        signal: context.signal,
      },
    )
    if (values['json']) {
      const { untrained, demonstration } = model
      context.print(JSON.stringify({ rows: names, columns: texts, scores, untrained, demonstration }))
      return 0
    }
    names.forEach((text, i) => {
      context.print(
        `${String(i + 1).padStart(3)}  ${scores[i]?.map((score) => score.toFixed(4).padStart(8)).join('')}  ${text}`,
      )
    })
    return 0
  },
}
