import type { ParameterRow, Program } from '../../binding.d.ts'
import { argumentError, wrongType } from '../errors.js'
import { resolveModel } from '../hub/resolve.js'
import { ImageModel } from '../image/image-model.js'
import { type DeviceChoice, loadEngine } from '../native/engine.js'
import {
  boolean,
  type Check,
  callback,
  integer,
  oneOf,
  optional,
  readOptions,
  signal,
  string,
  withDefault,
} from '../options.js'
import type { OnProgress } from '../progress.js'
import { together } from '../standing.js'
import { TextModel } from '../text/text-model.js'
import { type ImagePart, readImagePart } from './image-part.js'
import { Model } from './model.js'
import { hasTextPart, readTextPart, type TextPart } from './text-part.js'

export interface LoadOptions {
  /** `auto` (default) takes the first CUDA device that libtorch can use, else the CPU. `model.device` says which. */
  device?: DeviceChoice
  /** Type of the weights on the device (default `float32`, the parity mode); results are always float32. */
  dtype?: 'float32' | 'float16' | 'bfloat16'
  /** Threads of a forward on the CPU, for the whole process; default: the physical cores. */
  threads?: number
  /** Cache of downloaded models; default: the Hugging Face cache (`HF_HUB_CACHE`, `HF_HOME`, …). */
  cacheDir?: string
  /** Use only what is in the cache; `HF_HUB_OFFLINE=1` does the same. */
  localFilesOnly?: boolean
  /** Format to take from a directory that has both (default `safetensors`). */
  weights?: 'safetensors' | 'pytorch'
  /**
   * Compare the checksums inside a `.bin` file, which reads all of it once (default true). Files without checksums are
   * checked by `biovil verify`.
   */
  checksums?: boolean
  /** Load weights that are NaN or infinite, of which everything that is computed becomes NaN (default false: refused). */
  allowNonFinite?: boolean
  /** A libtorch to use and no other: its root, its `lib/` or a `torch` package. */
  libtorch?: string
  /** A graph for a model of a depth that this package has no graph for. It is a program: use only your own. */
  graph?: string
  /**
   * Length of the shorter side of a film after resizing, side of the square that is cut from its middle, and how many of
   * its pixels a patch has, across and down: 32, or for BioViL 16, which dilates the last stage (hi-ml's
   * `reload_encoder_with_dilation`). By default what the weights say of themselves: as published 512, 480 (BioViL-T 448), 32.
   */
  resize?: number
  crop?: number
  stride?: number
  signal?: AbortSignal
  onProgress?: OnProgress
}

export const deviceChoice: Check<DeviceChoice> = (value, name) => {
  if (typeof value !== 'string') throw wrongType(name, "'auto', 'cpu', 'cuda' or 'cuda:N'", value)
  if (/^(auto|cpu|cuda|cuda:\d+)$/.test(value)) return value as DeviceChoice
  throw argumentError(
    'ERR_INVALID_ARG_VALUE',
    `Expected 'auto', 'cpu', 'cuda' or 'cuda:N' for ${name} but received '${value}'`,
  )
}

/** Checks the options of `loadModel`. */
export const loadSchema = {
  device: withDefault(deviceChoice, 'auto'),
  dtype: withDefault(oneOf('float32', 'float16', 'bfloat16'), 'float32'),
  threads: withDefault(integer(1, 1024), 0),
  cacheDir: optional(string),
  localFilesOnly: optional(boolean),
  weights: optional(oneOf('safetensors', 'pytorch')),
  checksums: withDefault(boolean, true),
  allowNonFinite: withDefault(boolean, false),
  libtorch: optional(string),
  graph: optional(string),
  resize: optional(integer(1)),
  crop: optional(integer(1)),
  stride: optional(integer(1)),
  signal,
  onProgress: callback<OnProgress>(),
}

/**
 * Loads a model: a name of `models()`, whose files are found in the Hugging Face cache or downloaded and verified, or a
 * directory with the published files.
 *
 * @throws ERR_MODEL_UNKNOWN, ERR_MODEL_NOT_CACHED, ERR_MODEL_FILE_MISSING, ERR_MODEL_CONFIG, ERR_MODEL_GRAPH,
 *   ERR_CHECKPOINT_*, ERR_VOCABULARY, ERR_LIBTORCH_*, ERR_BINDING, ERR_DEVICE_UNAVAILABLE, ERR_OUT_OF_MEMORY, and those
 *   of a download
 */
export async function loadModel(nameOrDirectory: string, options?: LoadOptions): Promise<Model> {
  if (typeof nameOrDirectory !== 'string') throw wrongType('nameOrDirectory', 'a string', nameOrDirectory)
  const read = readOptions(options, loadSchema)
  read.signal?.throwIfAborted()
  const { cacheDir, localFilesOnly, onProgress } = read
  const { directory, name } = await resolveModel(nameOrDirectory, {
    cacheDir,
    localFilesOnly,
    signal: read.signal,
    onProgress,
  })
  const { resize, crop, stride } = read
  const image = await readImagePart(directory, { resize, crop, stride })
  if (image === undefined && (resize ?? crop ?? stride) !== undefined) {
    throw argumentError(
      'ERR_INVALID_ARG_VALUE',
      `Expected none of the options resize, crop and stride for ${nameOrDirectory}, which has no image encoder`,
    )
  }
  const text =
    image === undefined || (await hasTextPart(directory)) ? await readTextPart(directory, read) : undefined
  const parts = [text, image].filter((part) => part !== undefined)
  if (read.checksums) {
    for (const { checkpoint } of parts) await checkpoint.verify({ signal: read.signal, onProgress })
  }
  const engine = await loadEngine(read)
  const programs: Program[] = []
  const load = async (
    part: TextPart | ImagePart,
    methods: readonly string[],
    parameters: readonly ParameterRow[],
  ) => {
    read.signal?.throwIfAborted()
    const { graph, binding } = part
    const { dtype: precision, allowNonFinite, threads } = read
    const program = await engine.load({
      graph: graph.path,
      methods,
      files: binding.files,
      parameters,
      precision,
      allowNonFinite,
      threads,
    })
    programs.push(program)
    return program
  }
  let textProgram: Program | undefined
  let imagePrograms: Program[] = []
  try {
    if (text) textProgram = await load(text, text.binding.methods, text.binding.rows)
    if (image) {
      const { methods, rows, tasks } = image.binding
      const head = methods.filter((method) => method.startsWith('classify'))
      // The graph holds one head; each further task has a program of its own, with that head's weights alone.
      imagePrograms = [await load(image, methods, rows)]
      for (const task of tasks.slice(1)) imagePrograms.push(await load(image, head, task))
    }
    read.signal?.throwIfAborted()
  } catch (error) {
    for (const program of programs) program.close()
    throw error
  }
  const { device, libtorch } = engine
  const standing = together(parts.map((part) => part.standing))
  const where = { device, standing }
  return new Model(
    {
      name: name ?? nameOrDirectory,
      directory,
      device,
      dtype: read.dtype,
      libtorch,
      ...standing,
      ...(text === undefined ? {} : { text: text.facts }),
      ...(image === undefined ? {} : { image: image.facts }),
    },
    {
      text: text && new TextModel(text.facts, textProgram as Program, text.tokenizer, where),
      image: image && new ImageModel(image.facts, imagePrograms, where),
    },
  )
}
