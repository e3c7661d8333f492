import { argumentError, wrongType } from '../errors.js'
import {
  type Check,
  callback,
  integer,
  optional,
  readOptions,
  signal,
  string,
  withDefault,
} from '../options.js'
import type { OnProgress } from '../progress.js'

export type WeightFormat = 'safetensors' | 'pytorch'

/** `text`: CXR-BERT; `image`: BioViL's image encoder; `image-t`: BioViL-T's. */
export type ModelPart = 'text' | 'image' | 'image-t'

export interface SynthesizeOptions {
  /** Decides every number: the same seed gives the same bits everywhere. */
  readonly seed: number
  /** What to write; default: the text encoder. */
  readonly parts?: readonly ModelPart[] | undefined
  /** Channels of the first convolution of an image encoder, an even number; default 64. */
  readonly imageWidth?: number | undefined
  /** A `vocab.txt` to copy; default: a small one of this package. */
  readonly vocabulary?: string | undefined
  /** Default 12. */
  readonly layers?: number | undefined
  /** Default 768; a multiple of `heads`. */
  readonly hidden?: number | undefined
  /** Default 12. */
  readonly heads?: number | undefined
  /** Default 3072. */
  readonly intermediate?: number | undefined
  /** Length of a projected embedding, default 128; `null` for a text encoder without projection head. */
  readonly projection?: number | null | undefined
  /** Default 512. */
  readonly positions?: number | undefined
  /** Rows of the word embeddings; default: the lines of the vocabulary. */
  readonly vocabularySize?: number | undefined
  /** Of the text encoder; default: both. Image encoders are published as PyTorch files alone. */
  readonly formats?: readonly WeightFormat[] | undefined
  /** Nothing is left behind; rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
  /** Stage `synthesize`, in bytes. */
  readonly onProgress?: OnProgress | undefined
}

/** An array of some of `known`, without duplicates. */
function some<const T extends string>(expected: string, ...known: readonly T[]): Check<T[]> {
  return (value, name) => {
    if (!Array.isArray(value)) throw wrongType(name, 'an array', value)
    const unknown = value.find((one) => !known.includes(one))
    if (unknown !== undefined || value.length === 0) {
      throw argumentError(
        'ERR_INVALID_ARG_VALUE',
        `Expected ${expected} for ${name} but received ${unknown === undefined ? 'none' : `'${String(unknown)}'`}`,
      )
    }
    return [...new Set(value as T[])]
  }
}

const formats: Check<WeightFormat[]> = some("'safetensors', 'pytorch' or both", 'safetensors', 'pytorch')
const textOnly: ModelPart[] = ['text']
const parts: Check<ModelPart[]> = some("some of 'text', 'image' and 'image-t'", 'text', 'image', 'image-t')

const projection: Check<number | null> = (value, name) => {
  if (value === undefined) return 128
  return value === null ? null : integer(1, 65536)(value, name)
}

export function readSynthesizeOptions(options: unknown) {
  const read = readOptions(options, {
    seed: integer(0),
    parts: withDefault(parts, textOnly),
    imageWidth: withDefault(integer(2, 1024), 64),
    vocabulary: optional(string),
    layers: withDefault(integer(1, 1000), 12),
    hidden: withDefault(integer(1, 65536), 768),
    heads: withDefault(integer(1, 1024), 12),
    intermediate: withDefault(integer(1, 262144), 3072),
    projection,
    positions: withDefault(integer(1, 65536), 512),
    vocabularySize: optional(integer(5, 10_000_000)),
    formats: withDefault(formats, ['safetensors', 'pytorch']),
    signal,
    onProgress: callback<OnProgress>(),
  })
  if (read.hidden % read.heads !== 0) {
    throw argumentError(
      'ERR_OUT_OF_RANGE',
      `Expected a multiple of heads (${read.heads}) for option 'hidden' but received ${read.hidden}`,
    )
  }
  if (read.imageWidth % 2 !== 0) {
    throw argumentError(
      'ERR_OUT_OF_RANGE',
      `Expected an even number for option 'imageWidth' but received ${read.imageWidth}`,
    )
  }
  if (read.projection === null && read.parts.some((part) => part !== 'text')) {
    throw argumentError(
      'ERR_INVALID_ARG_VALUE',
      "Expected a number for option 'projection', which an image encoder cannot be without, but received null",
    )
  }
  return read
}
