import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type Checkpoint, openCheckpoint } from '../checkpoint/index.js'
import { type Binding, bindKeys } from '../checkpoint/keys.js'
import { BiovilError } from '../errors.js'
import { type Standing, standingOf, together } from '../standing.js'
import { loadTokenizer, type Tokenizer } from '../text/tokenizer.js'
import { type ModelConfig, readModelConfig } from './config.js'
import type { TextFacts } from './facts.js'
import { findGraph, type Graph } from './graph.js'

/** The text encoder of a model directory, found and matched with its graph; nothing native has happened. */
export interface TextPart {
  readonly facts: TextFacts
  readonly config: ModelConfig
  readonly tokenizer: Tokenizer
  readonly graph: Graph
  readonly binding: Binding
  readonly checkpoint: Checkpoint
  readonly standing: Standing
}

/** Whether a directory has anything of a text encoder. */
export async function hasTextPart(directory: string): Promise<boolean> {
  const names = ['config.json', 'vocab.txt', 'model.safetensors', 'pytorch_model.bin']
  const found = await Promise.all(
    names.map((name) =>
      stat(join(directory, name)).then(
        () => true,
        () => false,
      ),
    ),
  )
  return found.includes(true)
}

/**
 * Reads the text encoder of a directory.
 *
 * @throws BiovilError ERR_MODEL_FILE_MISSING, ERR_MODEL_CONFIG, ERR_MODEL_GRAPH, ERR_CHECKPOINT_*, ERR_VOCABULARY
 */
export async function readTextPart(
  directory: string,
  options: { weights?: 'safetensors' | 'pytorch' | undefined; graph?: string | undefined } = {},
): Promise<TextPart> {
  const config = await readModelConfig(directory)
  const [tokenizer, checkpoint, graph] = await Promise.all([
    loadTokenizer(directory),
    openCheckpoint(directory, { prefer: options.weights }),
    findGraph(config, options.graph),
  ])
  if (tokenizer.vocabularySize > config.vocabularySize) {
    throw new BiovilError(
      'ERR_VOCABULARY',
      `Expected at most ${config.vocabularySize} pieces (vocab_size of ${config.path}) but vocab.txt has ${tokenizer.vocabularySize}`,
    )
  }
  const binding = bindKeys(checkpoint, graph.sidecar, config)
  const hasProjection = binding.methods.includes('embed') && config.projectionSize !== undefined
  const facts = {
    methods: binding.methods,
    dimension: hasProjection ? (config.projectionSize as number) : config.hiddenSize,
    hiddenSize: config.hiddenSize,
    layers: config.layers,
    heads: config.heads,
    vocabularySize: config.vocabularySize,
    maxLength: config.maxLength,
    files: binding.files.map(({ path }) => path),
    keys: binding.report,
  }
  const standing = together([config.standing, standingOf(checkpoint.metadata, directory)])
  return { facts, config, tokenizer, graph, binding, checkpoint, standing }
}
