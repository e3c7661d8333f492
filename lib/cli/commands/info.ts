import {
  type ImageContents,
  inspectModel,
  type ModelContents,
  type TextContents,
} from '../../model/inspect.js'
import type { Command } from '../command.js'
import { oneName } from '../model-options.js'

export const command: Command = {
  summary: 'What a model directory holds, without loading libtorch',
  help: `
Usage: biovil info NAME|DIR [--json]        or: biovil info --model NAME|DIR

  -m, --model NAME|DIR   a name of 'biovil models' that is in the cache, or a directory
  --cache-dir DIR        cache of downloaded models; default: the Hugging Face cache
  --json                 one JSON object: parts, sizes, keys, trained or not`,
  options: {
    model: { type: 'string', short: 'm' },
    'cache-dir': { type: 'string' },
    json: { type: 'boolean' },
  },
  arguments: 1,
  async run(values, positionals, context) {
    const name = oneName(values, positionals)
    const cacheDir = values['cache-dir'] as string | undefined
    const info = await inspectModel(name, { cacheDir })
    if (values['json']) {
      context.print(JSON.stringify(info))
      return 0
    }
    const lines = [
      ['model', info.name],
      ['directory', info.directory],
      ['trained', trainedLine(info)],
      ...(info.parts.text ? textLines(info.parts.text) : []),
      ...(info.parts.image ? imageLines(info.parts.image) : []),
    ] as const
    for (const [label, value] of lines) context.print(`${label.padEnd(11)} ${value}`)
    return 0
  },
}

function trainedLine({ untrained, demonstration, seed }: ModelContents): string {
  if (untrained) return `NO: seeded random weights${seed === undefined ? '' : ` (seed ${seed})`}`
  return demonstration
    ? 'on drawn phantoms, a DEMONSTRATION: it means nothing on real films'
    : 'yes, as far as the files say'
}

type Line = readonly [label: string, value: string]

function textLines(text: TextContents): Line[] {
  return [
    [
      'text',
      `${text.layers} layers, ${text.heads} heads, hidden size ${text.hiddenSize}, ${count(text.parameters)} parameters`,
    ],
    ['vocabulary', `${count(text.vocabularySize)} pieces, at most ${text.maxLength} tokens a text`],
    ['embedding', `${text.dimension} values`],
    ...weightLines(text),
  ]
}

function imageLines(image: ImageContents): Line[] {
  return [
    ['image', `${image.architecture}, ${count(image.parameters)} parameters`],
    [
      'sees',
      `the middle ${image.crop} x ${image.crop} pixels of the film at ${image.resize}, a grid of ${image.grid} x ${image.grid} patches of ${image.stride} pixels`,
    ],
    ['embedding', `${image.dimension} values, pooled features ${image.pooled}`],
    ...weightLines(image),
  ]
}

function weightLines(part: TextContents | ImageContents): Line[] {
  const { missing, unexpected, ignored, renamed, tied } = part.keys
  return [
    ['offers', part.methods.join(', ')],
    ['weights', part.files.map(({ name, size }) => `${name} (${(size / 1e6).toFixed(1)} MB)`).join(', ')],
    ['stored as', `${part.format}, ${part.types.join(', ')}`],
    ['missing', list(missing)],
    ['unexpected', list(unexpected)],
    ['not needed', list(ignored)],
    ['renamed', list(Object.keys(renamed))],
    ['shared', list(Object.keys(tied))],
  ]
}

function count(value: number): string {
  return value.toLocaleString('en')
}

function list(names: readonly string[]): string {
  if (names.length === 0) return 'none'
  return `${names.length}: ${names.slice(0, 4).join(', ')}${names.length > 4 ? ', …' : ''}`
}
