import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type ModelPart, type SynthesizeOptions, synthesize } from '../../checkpoint/synthesize.js'
import { type Command, type OptionValues, UsageError } from '../command.js'
import { requireNoInput } from '../outputs.js'
import { refuseOptions, wholeNumber } from '../values.js'

/** Options of the text encoder alone. */
const ofText = [
  'vocab',
  'format',
  'layers',
  'heads',
  'hidden',
  'intermediate',
  'positions',
  'vocab-size',
] as const

/** Options that are numbers, and what they are called in the library. */
const numbers = {
  layers: 'layers',
  heads: 'heads',
  hidden: 'hidden',
  intermediate: 'intermediate',
  positions: 'positions',
  'vocab-size': 'vocabularySize',
  'image-width': 'imageWidth',
} as const

export const command: Command = {
  summary: 'Write a model with seeded random weights, for trying and testing',
  help: `
Usage: biovil synthesize DIR --seed N [--parts text,image] [--vocab FILE] [--format safetensors|pytorch|both] [--json]

Writes a full-size checkpoint in the layout of the published ones (877 MB with their vocabulary, in both formats; 104 MB
for an image encoder). Its weights are random numbers that the seed decides: the model is UNTRAINED, and nothing that it
says means anything. DIR must be new or empty, or hold such a model, which is replaced.

  --seed N               a whole number; the same seed gives the same bits everywhere
  --parts LIST           text (default), image (BioViL), image-t (BioViL-T); e.g. text,image
  --vocab FILE           a vocab.txt to copy; default: a small one of this package
  --format FORMAT        safetensors, pytorch or both (default)
  --layers N             default 12
  --heads N              default 12
  --hidden N             default 768
  --intermediate N       default 3072
  --projection N|none    length of an embedding, default 128; none leaves the projection head out
  --positions N          most tokens of a text, default 512
  --vocab-size N         rows of the word embeddings; default: the lines of the vocabulary
  --image-width N        channels of the first convolution of an image encoder, default 64
  --json                 {directory, files, parts, parameters, vocabularySize, seed, untrained} as one JSON object`,
  options: {
    seed: { type: 'string' },
    vocab: { type: 'string' },
    format: { type: 'string' },
    layers: { type: 'string' },
    heads: { type: 'string' },
    hidden: { type: 'string' },
    intermediate: { type: 'string' },
    projection: { type: 'string' },
    positions: { type: 'string' },
    'vocab-size': { type: 'string' },
    'image-width': { type: 'string' },
    parts: { type: 'string' },
    json: { type: 'boolean' },
  },
  arguments: 1,
  async run(values, positionals, context) {
    const [directory] = positionals
    if (directory === undefined) throw new UsageError('Missing DIR, the directory to write')
    const choice = read(values)
    await requireOtherDirectory(directory, values)
    const options = { ...choice, signal: context.signal, onProgress: context.onProgress }
    const model = await synthesize(directory, options)
    if (values['json']) context.print(JSON.stringify(model))
    else for (const file of model.files) context.print(file)
    context.note(
      `UNTRAINED: ${millions(model.parameters)} random numbers of seed ${model.seed}. ` +
        'What this model gives means nothing; use it only to try and to test.',
    )
    return 0
  },
}

/** A vocabulary that lies in the directory would be replaced by its copy. */
async function requireOtherDirectory(directory: string, values: OptionValues): Promise<void> {
  if (values['vocab'] === undefined) return
  const names = await readdir(directory).catch(() => [])
  const files = names.map((name) => join(directory, name))
  await requireNoInput(
    files.map((file) => [file, file]),
    [values['vocab'] as string],
  )
}

function read(values: OptionValues): SynthesizeOptions {
  if (values['seed'] === undefined) throw new UsageError('Missing --seed N')
  const sizes: Partial<Record<(typeof numbers)[keyof typeof numbers], number>> = {}
  for (const [name, option] of Object.entries(numbers)) {
    if (values[name] !== undefined) sizes[option] = wholeNumber(values, name, 1)
  }
  const written = values['parts'] === undefined ? ['text'] : parts(values['parts'] as string)
  if (!written.includes('text'))
    refuseOptions(values, ofText, 'is of the text encoder, which --parts leaves out')
  if (written.every((part) => part === 'text')) {
    refuseOptions(values, ['image-width'], 'is of an image encoder; --parts text,image has one')
  }
  return {
    seed: wholeNumber(values, 'seed', 0),
    formats: formats(values['format'] ?? 'both'),
    ...sizes,
    ...(values['parts'] === undefined ? {} : { parts: parts(values['parts'] as string) }),
    ...(values['projection'] === undefined ? {} : { projection: projection(values) }),
    ...(values['vocab'] === undefined ? {} : { vocabulary: values['vocab'] as string }),
  }
}

function formats(value: unknown): readonly ('safetensors' | 'pytorch')[] {
  if (value === 'both') return ['safetensors', 'pytorch']
  if (value === 'safetensors' || value === 'pytorch') return [value]
  throw new UsageError(`Expected safetensors, pytorch or both for --format but received ${String(value)}`)
}

function parts(list: string): ModelPart[] {
  return list.split(',').map((part) => {
    if (part === 'text' || part === 'image' || part === 'image-t') return part
    throw new UsageError(`Expected text, image or image-t for --parts but received ${part}`)
  })
}

function projection(values: OptionValues): number | null {
  return values['projection'] === 'none' ? null : wholeNumber(values, 'projection', 1)
}

function millions(count: number): string {
  return count < 1e6 ? String(count) : `${(count / 1e6).toFixed(1)} million`
}
