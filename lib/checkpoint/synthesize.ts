import { type FileHandle, open, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { argumentError, BiovilError, wrongType } from '../errors.js'
import { defaultVocabulary, specialTokens } from './default-vocabulary.js'
import { elementCount, type LayoutSizes, type PublishedTensor, publishedTensors } from './layout.js'
import { replaceDirectory } from './output-directory.js'
import { fillValues, tensorKey, valueTable } from './random.js'
import { readSynthesizeOptions, type SynthesizeOptions } from './synthesize-options.js'
import { readDistribution, specialTokensMap, syntheticConfig, tokenizerConfig } from './synthetic-model.js'
import { PytorchWriter } from './write-pytorch.js'
import { SafetensorsWriter } from './write-safetensors.js'
import type { WeightWriter } from './writer.js'

export type { SynthesizeOptions, WeightFormat } from './synthesize-options.js'

/** What {@link synthesize} wrote. */
export interface SyntheticModel {
  /** Absolute path. */
  readonly directory: string
  readonly files: readonly string[]
  /** Numbers in the model; tied weights count once. */
  readonly parameters: number
  readonly vocabularySize: number
  readonly seed: number
  readonly untrained: true
}

/** Elements made at a time: a few ms of work between two turns of the event loop. */
const sliceElements = 512 * 1024
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
  const vocabulary = await readVocabulary(read)
  const sizes = { ...read, vocabularySize: vocabulary.size }
  const tensors = publishedTensors(layoutSizes(sizes))
  const parameters = tensors.reduce((sum, { shape }) => sum + elementCount(shape), 0)
  if (4 * parameters > maxBytes) {
    throw argumentError(
      'ERR_OUT_OF_RANGE',
      `Expected a model below 4 GB but received sizes for ${4 * parameters} bytes`,
    )
  }
  const texts: Record<string, string> = {
    'config.json': json(syntheticConfig(sizes)),
    'vocab.txt': vocabulary.text,
    'tokenizer_config.json': json(tokenizerConfig),
    'special_tokens_map.json': json(specialTokensMap),
  }
  const writers = weightWriters(read, tensors)
  const target = resolve(directory)
  await replaceDirectory(target, 4 * parameters * read.formats.length + 2 ** 20, async (temporary) => {
    for (const [name, text] of Object.entries(texts)) await writeFile(join(temporary, name), text)
    await writeWeights(temporary, writers, tensors, read)
  })
  const files = [...Object.keys(texts), ...writers.keys()].map((name) => join(target, name))
  const { vocabularySize, seed } = sizes
  return { directory: target, files, parameters, vocabularySize, seed, untrained: true }
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

function weightWriters(options: Options, tensors: readonly PublishedTensor[]): Map<string, WeightWriter> {
  const writers = new Map<string, WeightWriter>()
  if (options.formats.includes('safetensors')) {
    const metadata = { format: 'pt', untrained: 'true', seed: String(options.seed) }
    writers.set('model.safetensors', new SafetensorsWriter(tensors, metadata))
  }
  if (options.formats.includes('pytorch')) {
    writers.set('pytorch_model.bin', new PytorchWriter(tensors, options.positions))
  }
  return writers
}

/** Makes each slice of numbers once, for all files. */
async function writeWeights(
  directory: string,
  writers: ReadonlyMap<string, WeightWriter>,
  tensors: readonly PublishedTensor[],
  options: Options,
): Promise<void> {
  const files: [FileHandle, WeightWriter][] = []
  const total = [...writers.values()].reduce((bytes, writer) => bytes + writer.dataBytes, 0)
  const distribution = readDistribution()
  const buffer = new Float32Array(sliceElements)
  let done = 0
  try {
    for (const [name, writer] of writers) files.push([await open(join(directory, name), 'wx'), writer])
    for (const [file, writer] of files) await writer.begin(file)
    for (const tensor of tensors) {
      for (const [file, writer] of files) await writer.beginTensor?.(file, tensor)
      for (const slice of slices(tensor, distribution(tensor.name), options.seed, buffer)) {
        options.signal?.throwIfAborted()
        const bytes = new Uint8Array(slice.buffer, slice.byteOffset, slice.byteLength)
        await Promise.all(files.map(([file, writer]) => writer.write(file, bytes)))
        done += bytes.length * files.length
        options.onProgress?.({ stage: 'synthesize', item: tensor.name, done, total, unit: 'bytes' })
        await setImmediate()
      }
      for (const [file, writer] of files) await writer.endTensor?.(file)
    }
    for (const [file, writer] of files) await writer.end?.(file)
  } finally {
    await Promise.all(files.map(([file]) => file.close()))
  }
}

/** The numbers of a tensor, a slice at a time, in a buffer that is used again. */
function* slices(
  { name, shape }: PublishedTensor,
  { mean, std }: { mean: number; std: number },
  seed: number,
  buffer: Float32Array<ArrayBuffer>,
): Generator<Float32Array<ArrayBuffer>> {
  const table = valueTable(mean, std)
  const key = tensorKey(seed, name)
  const count = elementCount(shape)
  for (let first = 0; first < count; first += sliceElements) {
    const slice = buffer.subarray(0, Math.min(sliceElements, count - first))
    fillValues(slice, first, key, table)
    yield slice
  }
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
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await readFile(path))
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
