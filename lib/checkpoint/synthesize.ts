import { writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { argumentError, BiovilError, wrongType } from '../errors.js'
import { readSmallFile } from '../io/regular-file.js'
import { defaultVocabulary, specialTokens } from './default-vocabulary.js'
import { imageFiles, imageState } from './image-layout.js'
import { elementCount, type LayoutSizes, publishedTensors, textState } from './layout.js'
import { replaceDirectory } from './output-directory.js'
import { type ModelPart, readSynthesizeOptions, type SynthesizeOptions } from './synthesize-options.js'
import { specialTokensMap, syntheticConfig, tokenizerConfig } from './synthetic-model.js'
import { PytorchWriter } from './write-pytorch.js'
import { SafetensorsWriter } from './write-safetensors.js'
import { type WeightSet, writeWeights } from './write-weights.js'
import type { WeightWriter } from './writer.js'

export type { ModelPart, SynthesizeOptions, WeightFormat } from './synthesize-options.js'

/** What {@link synthesize} wrote. */
export interface SyntheticModel {
  /** Absolute path. */
  readonly directory: string
  readonly files: readonly string[]
  readonly parts: readonly ModelPart[]
  /** Numbers in the model; tied weights count once. */
  readonly parameters: number
  /** Absent without the text encoder. */
  readonly vocabularySize?: number
  readonly seed: number
  readonly untrained: true
}

/** The zip format without its 64-bit extension, minus room for headers. */
const maxBytes = 2 ** 32 - 2 ** 24

type Options = ReturnType<typeof readSynthesizeOptions>

/**
 * Writes a model directory in the published layout with seeded random weights, for trying and testing without the
 * published ones. The weights are untrained: what such a model gives means nothing, and everything that uses it says so.
 *
 * @throws BiovilError ERR_OUTPUT (not replaceable, not writable), ERR_DISK_FULL, ERR_VOCABULARY
 */
export async function synthesize(directory: string, options: SynthesizeOptions): Promise<SyntheticModel> {
  if (typeof directory !== 'string') throw wrongType('directory', 'a string', directory)
  const read = readSynthesizeOptions(options)
  const vocabulary = read.parts.includes('text') ? await readVocabulary(read) : undefined
  const sets = read.parts.map((part) =>
    part === 'text' ? textWeights(read, vocabulary?.size ?? 0) : imageWeights(part, read),
  )
  const writers = sets.flatMap((set) => [...set.writers])
  const tooLarge = writers.find(([, writer]) => writer.dataBytes > maxBytes)?.[1]
  if (tooLarge) {
    throw argumentError(
      'ERR_OUT_OF_RANGE',
      `Expected a model below 4 GB but received sizes for ${tooLarge.dataBytes} bytes`,
    )
  }
  const texts = vocabulary ? textFiles(read, vocabulary) : {}
  const target = resolve(directory)
  const bytes = writers.reduce((sum, [, writer]) => sum + writer.dataBytes, 0)
  await replaceDirectory(target, bytes + 2 ** 20, async (temporary) => {
    for (const [name, text] of Object.entries(texts)) await writeFile(join(temporary, name), text)
    await writeWeights(temporary, sets, read)
  })
  const tensors = sets.flatMap((set) => set.tensors)
  return {
    directory: target,
    files: [...Object.keys(texts), ...writers.map(([name]) => name)].map((name) => join(target, name)),
    parts: read.parts,
    parameters: tensors.reduce((sum, { shape }) => sum + elementCount(shape), 0),
    ...(vocabulary ? { vocabularySize: vocabulary.size } : {}),
    seed: read.seed,
    untrained: true,
  }
}

function textFiles(options: Options, vocabulary: { text: string; size: number }): Record<string, string> {
  return {
    'config.json': json(syntheticConfig({ ...options, vocabularySize: vocabulary.size })),
    'vocab.txt': vocabulary.text,
    'tokenizer_config.json': json(tokenizerConfig),
    'special_tokens_map.json': json(specialTokensMap),
  }
}

function layoutSizes(sizes: Options & { vocabularySize: number }): LayoutSizes {
  return {
    num_hidden_layers: sizes.layers,
    hidden_size: sizes.hidden,
    intermediate_size: sizes.intermediate,
    vocab_size: sizes.vocabularySize,
    max_position_embeddings: sizes.positions,
    type_vocab_size: 2,
    ...(sizes.projection === null ? {} : { projection_size: sizes.projection }),
  }
}

function textWeights(options: Options, vocabularySize: number): WeightSet {
  const tensors = publishedTensors(layoutSizes({ ...options, vocabularySize }))
  const writers = new Map<string, WeightWriter>()
  if (options.formats.includes('safetensors')) {
    const metadata = { format: 'pt', untrained: 'true', seed: String(options.seed) }
    writers.set('model.safetensors', new SafetensorsWriter(tensors, metadata))
  }
  if (options.formats.includes('pytorch')) {
    writers.set(
      'pytorch_model.bin',
      new PytorchWriter(textState(tensors, options.positions), marker(options)),
    )
  }
  return { tensors, writers }
}

function imageWeights(part: keyof typeof imageFiles, options: Options): WeightSet {
  const { imageWidth: width, projection } = options
  const state = imageState({ width, projection: projection as number, temporal: part === 'image-t' })
  const writers = new Map([[imageFiles[part], new PytorchWriter(state, marker(options))]])
  return { tensors: state.filter(({ integers }) => integers === undefined), writers }
}

function marker({ seed }: Options): Record<string, unknown> {
  return { untrained: true, seed }
}

async function readVocabulary(options: Options): Promise<{ text: string; size: number }> {
  const text = options.vocabulary === undefined ? undefined : await readText(options.vocabulary)
  const lines = text === undefined ? defaultVocabulary() : text.replace(/\n$/, '').split('\n')
  const missing = specialTokens.filter((token) => !lines.some((line) => line.trimEnd() === token))
  if (missing.length > 0) {
    throw new BiovilError(
      'ERR_VOCABULARY',
      `${options.vocabulary} lacks ${missing.join(', ')}; expected one token a line, those among them`,
    )
  }
  const size = options.vocabularySize ?? lines.length
  if (size < lines.length) {
    throw argumentError(
      'ERR_OUT_OF_RANGE',
      `Expected at least ${lines.length}, the lines of the vocabulary, for option 'vocabularySize' but received ${size}`,
    )
  }
  if (text !== undefined) return { text, size }
  for (let i = lines.length; i < size; i++) lines.push(`[unused${i}]`)
  return { text: `${lines.join('\n')}\n`, size }
}

async function readText(path: string): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await readSmallFile(path))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new BiovilError('ERR_VOCABULARY', `${path} cannot be read as a vocabulary: ${reason}`, {
      cause: error,
    })
  }
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}
