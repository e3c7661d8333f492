import { openCheckpoint } from '../checkpoint/index.js'
import { bindKeys } from '../checkpoint/keys.js'
import { argumentError, BiovilError, wrongType } from '../errors.js'
import { resolveModel } from '../hub/resolve.js'
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
import { TextModel } from '../text/text-model.js'
import { loadTokenizer } from '../text/tokenizer.js'
import { readModelConfig } from './config.js'
import { findGraph } from './graph.js'
import { Model } from './model.js'

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
  /** A libtorch to use and no other: its root, its `lib/` or a `torch` package. */
  libtorch?: string
  /** A graph for a model of a depth that this package has no graph for. It is a program: use only your own. */
  graph?: string
  signal?: AbortSignal
  onProgress?: OnProgress
}

const deviceChoice: Check<DeviceChoice> = (value, name) => {
  if (typeof value !== 'string') throw wrongType(name, "'auto', 'cpu', 'cuda' or 'cuda:N'", value)
  if (/^(auto|cpu|cuda|cuda:\d+)$/.test(value)) return value as DeviceChoice
  throw argumentError(
    'ERR_INVALID_ARG_VALUE',
    `Expected 'auto', 'cpu', 'cuda' or 'cuda:N' for ${name} but received '${value}'`,
  )
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
  const read = readOptions(options, {
    device: withDefault(deviceChoice, 'auto'),
    dtype: withDefault(oneOf('float32', 'float16', 'bfloat16'), 'float32'),
    threads: withDefault(integer(1, 1024), 0),
    cacheDir: optional(string),
    localFilesOnly: optional(boolean),
    weights: optional(oneOf('safetensors', 'pytorch')),
    checksums: withDefault(boolean, true),
    libtorch: optional(string),
    graph: optional(string),
    signal,
    onProgress: callback<OnProgress>(),
  })
  read.signal?.throwIfAborted()
  const { cacheDir, localFilesOnly, onProgress } = read
  const { directory, name } = await resolveModel(nameOrDirectory, {
    cacheDir,
    localFilesOnly,
    signal: read.signal,
    onProgress,
  })
  const config = await readModelConfig(directory)
  const [tokenizer, checkpoint, graph] = await Promise.all([
    loadTokenizer(directory),
    openCheckpoint(directory, { prefer: read.weights }),
    findGraph(config, read.graph),
  ])
  if (tokenizer.vocabularySize > config.vocabularySize) {
    throw new BiovilError(
      'ERR_VOCABULARY',
      `Expected at most ${config.vocabularySize} pieces (vocab_size of ${config.path}) but vocab.txt has ${tokenizer.vocabularySize}`,
    )
  }
  const binding = bindKeys(checkpoint, graph.sidecar, config)
  if (read.checksums) await checkpoint.verify({ signal: read.signal, onProgress })
  const engine = await loadEngine(read)
  read.signal?.throwIfAborted()
  const program = await engine.load({
    graph: graph.path,
    methods: binding.methods,
    files: binding.files,
    parameters: binding.rows,
    precision: read.dtype,
    threads: read.threads,
  })
  if (read.signal?.aborted) {
    program.close()
    throw read.signal.reason
  }
  const hasProjection = binding.methods.includes('embed') && config.projectionSize !== undefined
  const untrained = config.untrained || checkpoint.metadata['untrained'] === 'true'
  const text = {
    methods: binding.methods,
    dimension: hasProjection ? (config.projectionSize as number) : config.hiddenSize,
    hiddenSize: config.hiddenSize,
    layers: config.layers,
    heads: config.heads,
    vocabularySize: config.vocabularySize,
    maxLength: config.maxLength,
    files: binding.files,
    keys: binding.report,
  }
  const { device, libtorch } = engine
  return new Model(
    { name: name ?? nameOrDirectory, directory, device, dtype: read.dtype, libtorch, untrained, text },
    { text: new TextModel(text, program, tokenizer, { device, untrained }) },
  )
}
