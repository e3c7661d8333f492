import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { openCheckpoint } from '../checkpoint/index.js'
import { bindKeys } from '../checkpoint/keys.js'
import { wrongType } from '../errors.js'
import { resolveModel } from '../hub/resolve.js'
import { optional, readOptions, string } from '../options.js'
import { loadTokenizer } from '../text/tokenizer.js'
import { readModelConfig } from './config.js'
import type { KeyReport } from './facts.js'
import { findGraph } from './graph.js'

/** What the files of a model directory say, before anything is loaded. */
export interface ModelContents {
  /** Name of the model, or the directory as given. */
  readonly name: string
  readonly directory: string
  /** Seeded random weights: nothing they give means anything. */
  readonly untrained: boolean
  readonly seed?: number
  readonly parts: { readonly text: TextPart }
}

export interface TextPart {
  readonly format: 'pytorch' | 'pytorch-legacy' | 'safetensors'
  /** Weight files with their sizes in bytes. */
  readonly files: readonly { readonly name: string; readonly size: number }[]
  /** Element types that the parameters are stored in. */
  readonly types: readonly string[]
  /** Number of values in the bound parameters; shared ones count once. */
  readonly parameters: number
  readonly methods: readonly string[]
  /** Length of a text embedding. */
  readonly dimension: number
  readonly layers: number
  readonly heads: number
  readonly hiddenSize: number
  readonly vocabularySize: number
  readonly maxLength: number
  readonly keys: KeyReport
}

/**
 * Reads what a model directory holds: sizes, parts, keys, trained or not. Needs no libtorch and downloads nothing.
 *
 * @throws ERR_MODEL_UNKNOWN, ERR_MODEL_NOT_CACHED, ERR_MODEL_FILE_MISSING, ERR_MODEL_CONFIG, ERR_MODEL_GRAPH,
 *   ERR_CHECKPOINT_*, ERR_VOCABULARY
 */
export async function inspectModel(
  nameOrDirectory: string,
  options?: { cacheDir?: string | undefined },
): Promise<ModelContents> {
  if (typeof nameOrDirectory !== 'string') throw wrongType('nameOrDirectory', 'a string', nameOrDirectory)
  const { cacheDir } = readOptions(options, { cacheDir: optional(string) })
  const { directory, name } = await resolveModel(nameOrDirectory, { localFilesOnly: true, cacheDir })
  const config = await readModelConfig(directory)
  const [tokenizer, checkpoint, graph] = await Promise.all([
    loadTokenizer(directory),
    openCheckpoint(directory),
    findGraph(config),
  ])
  const { rows, methods, report } = bindKeys(checkpoint, graph.sidecar, config)
  const distinct = rows.filter((row) => !Object.hasOwn(report.tied, row.name))
  const files = await Promise.all(
    checkpoint.files.map(async (file) => ({ name: basename(file), size: (await stat(file)).size })),
  )
  return {
    name: name ?? nameOrDirectory,
    directory,
    untrained: config.untrained || checkpoint.metadata['untrained'] === 'true',
    ...(config.seed === undefined ? {} : { seed: config.seed }),
    parts: {
      text: {
        format: checkpoint.format,
        files,
        types: [...new Set(distinct.map(({ type }) => type))],
        parameters: distinct.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0),
        methods,
        dimension: methods.includes('embed')
          ? (config.projectionSize ?? config.hiddenSize)
          : config.hiddenSize,
        layers: config.layers,
        heads: config.heads,
        hiddenSize: config.hiddenSize,
        vocabularySize: tokenizer.vocabularySize,
        maxLength: config.maxLength,
        keys: report,
      },
    },
  }
}
