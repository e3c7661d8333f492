import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { wrongType } from '../errors.js'
import { resolveModel } from '../hub/resolve.js'
import { oneOf, optional, readOptions, string } from '../options.js'
import { type Standing, together } from '../standing.js'
import type { KeyReport } from './facts.js'
import { type ImagePart, readImagePart } from './image-part.js'
import { hasTextPart, readTextPart, type TextPart } from './text-part.js'

/** What the files of a model directory say, before anything is loaded. */
export interface ModelContents extends Standing {
  /** Name of the model, or the directory as given. */
  readonly name: string
  readonly directory: string
  readonly seed?: number
  readonly parts: { readonly text?: TextContents; readonly image?: ImageContents }
}

export interface WeightContents {
  readonly format: 'pytorch' | 'pytorch-legacy' | 'safetensors'
  /** Weight files with their sizes in bytes. */
  readonly files: readonly { readonly name: string; readonly size: number }[]
  /** Element types that the parameters are stored in. */
  readonly types: readonly string[]
  /** Number of values in the bound parameters; shared ones count once. */
  readonly parameters: number
}

export interface ImageContents extends WeightContents {
  readonly architecture: 'biovil' | 'biovil-t'
  readonly methods: readonly string[]
  /** Length of an image embedding and of a patch embedding. */
  readonly dimension: number
  /** Length of the pooled features. */
  readonly pooled: number
  /** What the shorter side is resized to, side of the square that the model sees, and of its grid of patches. */
  readonly resize: number
  readonly crop: number
  readonly grid: number
  /** Pixels of the square in one patch, across and down. */
  readonly stride: number
  readonly keys: KeyReport
}

export interface TextContents extends WeightContents {
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

export interface InspectModelOptions {
  readonly cacheDir?: string | undefined
  /** A graph for a model of a depth that this package has no graph for. */
  readonly graph?: string | undefined
  /** Format to take from a directory that has both (default `safetensors`). */
  readonly weights?: 'safetensors' | 'pytorch' | undefined
}

/**
 * Reads what a model directory holds: sizes, parts, keys, trained or not. Needs no libtorch and downloads nothing.
 *
 * @throws ERR_MODEL_UNKNOWN, ERR_MODEL_NOT_CACHED, ERR_MODEL_FILE_MISSING, ERR_MODEL_CONFIG, ERR_MODEL_GRAPH,
 *   ERR_CHECKPOINT_*, ERR_VOCABULARY
 */
export async function inspectModel(
  nameOrDirectory: string,
  options?: InspectModelOptions,
): Promise<ModelContents> {
  if (typeof nameOrDirectory !== 'string') throw wrongType('nameOrDirectory', 'a string', nameOrDirectory)
  const { cacheDir, ...how } = readOptions(options, {
    cacheDir: optional(string),
    graph: optional(string),
    weights: optional(oneOf('safetensors', 'pytorch')),
  })
  const { directory, name } = await resolveModel(nameOrDirectory, { localFilesOnly: true, cacheDir })
  const image = await readImagePart(directory)
  const text =
    image === undefined || (await hasTextPart(directory)) ? await readTextPart(directory, how) : undefined
  return {
    name: name ?? nameOrDirectory,
    directory,
    ...together([text, image].flatMap((part) => part?.standing ?? [])),
    ...(text?.config.seed === undefined ? {} : { seed: text.config.seed }),
    parts: {
      ...(text === undefined
        ? {}
        : {
            text: {
              ...(await weightsOf(text)),
              methods: text.facts.methods,
              dimension: text.facts.dimension,
              layers: text.facts.layers,
              heads: text.facts.heads,
              hiddenSize: text.facts.hiddenSize,
              vocabularySize: text.tokenizer.vocabularySize,
              maxLength: text.facts.maxLength,
              keys: text.facts.keys,
            },
          }),
      ...(image === undefined
        ? {}
        : {
            image: {
              ...(await weightsOf(image)),
              architecture: image.facts.architecture,
              methods: image.facts.methods,
              dimension: image.facts.dimension,
              pooled: image.facts.pooled,
              resize: image.facts.resize,
              crop: image.facts.crop,
              grid: image.facts.grid,
              stride: image.facts.stride,
              keys: image.facts.keys,
            },
          }),
    },
  }
}

async function weightsOf({ binding, checkpoint }: TextPart | ImagePart): Promise<WeightContents> {
  const distinct = binding.rows.filter((row) => !Object.hasOwn(binding.report.tied, row.name))
  const files = await Promise.all(
    checkpoint.files.map(async (file) => ({ name: basename(file), size: (await stat(file)).size })),
  )
  return {
    format: checkpoint.format,
    files,
    types: [...new Set(distinct.map(({ type }) => type))],
    parameters: distinct.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0),
  }
}
