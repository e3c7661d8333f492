import { join } from 'node:path'
import { BiovilError, quote } from '../errors.js'
import { parseJson } from '../io/json.js'
import { readSmallFile } from '../io/regular-file.js'
import { bare, bareJson } from '../json.js'
import { type Standing, unmarked } from '../standing.js'

/** What `config.json` says of a text encoder. `model_type` is not looked at: some published models lack it. */
export interface ModelConfig {
  /** The file it was read from. */
  readonly path: string
  readonly layers: number
  readonly heads: number
  readonly hiddenSize: number
  readonly intermediateSize: number
  readonly vocabularySize: number
  /** Number of positions: the most tokens of a text, [CLS] and [SEP] counted. */
  readonly maxLength: number
  readonly tokenTypes: number
  readonly layerNormEps: number
  /** Length of a projected embedding; absent for encoders without projection head. */
  readonly projectionSize?: number
  /** Whether the masked-language decoder shares the word embeddings. */
  readonly tieWordEmbeddings: boolean
  /** What `biovil` in it says of the weights: `{"untrained": true, "seed": 1}`, `{"demonstration": true}`. */
  readonly standing: Standing
  readonly seed?: number
  /** All sizes under their names in `config.json`; graph sidecars quote shapes with them. */
  readonly sizes: Readonly<Record<string, number>>
}

/** Published ones have some thirty keys, and up to thousands of labels. */
const configLimits = { depth: 32, tokens: 500_000 }

const required = [
  'num_hidden_layers',
  'num_attention_heads',
  'hidden_size',
  'intermediate_size',
  'vocab_size',
  'max_position_embeddings',
  'type_vocab_size',
] as const

/**
 * Reads `config.json` of a model directory.
 * @throws BiovilError ERR_MODEL_FILE_MISSING, ERR_MODEL_CONFIG
 */
export async function readModelConfig(directory: string): Promise<ModelConfig> {
  const path = join(directory, 'config.json')
  const json = parse(await read(path), path)
  const sizes: Record<string, number> = {}
  for (const name of required) sizes[name] = size(json[name], name, path)
  const projection = json['projection_size'] ?? undefined
  if (projection !== undefined) sizes['projection_size'] = size(projection, 'projection_size', path)
  const get = (name: (typeof required)[number]): number => sizes[name] as number

  only(json['hidden_act'], 'hidden_act', 'gelu', path)
  only(json['position_embedding_type'], 'position_embedding_type', 'absolute', path)
  if (get('hidden_size') % get('num_attention_heads') !== 0) {
    const expected = `a multiple of num_attention_heads (${get('num_attention_heads')})`
    throw refused(path, 'hidden_size', expected, get('hidden_size'))
  }
  return {
    path,
    layers: get('num_hidden_layers'),
    heads: get('num_attention_heads'),
    hiddenSize: get('hidden_size'),
    intermediateSize: get('intermediate_size'),
    vocabularySize: get('vocab_size'),
    maxLength: get('max_position_embeddings'),
    tokenTypes: get('type_vocab_size'),
    layerNormEps: epsilon(json['layer_norm_eps'], path),
    ...(projection === undefined ? {} : { projectionSize: projection as number }),
    tieWordEmbeddings: flag(json['tie_word_embeddings'], 'tie_word_embeddings', true, path),
    ...origin(json['biovil'], path),
    sizes,
  }
}

async function read(path: string): Promise<string> {
  try {
    return (await readSmallFile(path)).toString('utf8')
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      const help =
        'A model directory holds config.json, vocab.txt and the weights; biovil pull NAME fetches one'
      throw new BiovilError('ERR_MODEL_FILE_MISSING', `${path} does not exist. ${help}`, { cause: error })
    }
    throw new BiovilError('ERR_MODEL_CONFIG', `${path} cannot be read: ${(error as Error).message}`, {
      cause: error,
    })
  }
}

function parse(text: string, path: string): Record<string, unknown> {
  let json: unknown
  try {
    json = bareJson(parseJson(text, configLimits))
  } catch (error) {
    throw new BiovilError('ERR_MODEL_CONFIG', `${path} is not JSON: ${(error as Error).message}`, {
      cause: error,
    })
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new BiovilError('ERR_MODEL_CONFIG', `${path}: expected a JSON object but found ${quote(json)}`)
  }
  return json as Record<string, unknown>
}

function size(value: unknown, name: string, path: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 1) {
    throw refused(path, name, 'a positive integer', value)
  }
  return value
}

function epsilon(value: unknown, path: string): number {
  if (value === undefined) return 1e-12
  if (typeof value !== 'number' || !(value > 0) || value > 1) {
    throw refused(path, 'layer_norm_eps', 'a small positive number', value)
  }
  return value
}

function only(value: unknown, name: string, expected: string, path: string): void {
  if (value !== undefined && value !== expected) throw refused(path, name, `'${expected}'`, value)
}

function flag(value: unknown, name: string, fallback: boolean, path: string): boolean {
  if (value === undefined) return fallback
  if (typeof value !== 'boolean') throw refused(path, name, 'true or false', value)
  return value
}

/**
 * No marker: a published model. One with false, as of a model trained on patients' films: unmarked. One that says neither,
 * or cannot be understood, is an error: such weights must never pass for those of a model that was trained.
 */
function origin(marker: unknown, path: string): { standing: Standing; seed?: number } {
  if (marker === undefined) return { standing: unmarked }
  const { untrained, demonstration, seed } = bare((marker ?? {}) as Record<string, unknown>)
  if (untrained === undefined && demonstration === undefined) {
    throw refused(path, 'biovil.untrained or biovil.demonstration', 'true or false', undefined)
  }
  const standing = {
    untrained: flag(untrained, 'biovil.untrained', false, path),
    demonstration: flag(demonstration, 'biovil.demonstration', false, path),
  }
  return { standing, ...(typeof seed === 'number' ? { seed } : {}) }
}

function refused(path: string, name: string, expected: string, value: unknown): BiovilError {
  const found = value === undefined ? 'it is missing' : `found ${quote(value)}`
  return new BiovilError('ERR_MODEL_CONFIG', `${path}: expected ${expected} for ${name}, but ${found}`)
}
