/**
 * The whole native contract. Private: `lib/native` is its only user, and has validated every argument; the native
 * side checks only what memory safety needs. `native/addon/contract.{h,cc}` are generated from this file, so the compiler
 * holds the native side to it, and `scripts/check-native.mjs` fails when they differ.
 *
 * Options are own properties. Errors arrive as `Error` with a `code` of `lib/errors.ts`: ERR_LIBTORCH_LOAD,
 * ERR_LIBTORCH_VERSION, ERR_ENGINE_ABI, ERR_DEVICE_UNAVAILABLE, ERR_OUT_OF_MEMORY, ERR_MODEL_GRAPH,
 * ERR_CHECKPOINT_CHANGED, ERR_CHECKPOINT_CORRUPT, ERR_CHECKPOINT_TRUNCATED, ERR_CHECKPOINT_SHAPE, ERR_CHECKPOINT_KEYS,
 * ERR_CLOSED, ERR_NATIVE; for arguments as `TypeError` or `RangeError` with ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE,
 * ERR_OUT_OF_RANGE.
 */

export type ElementType = 'float32' | 'int32' | 'uint8'
export type Precision = 'float32' | 'float16' | 'bfloat16'
export type StoredType = Precision | 'float64' | 'int64'

/** A dense row-major tensor. Inputs are copied into the job; outputs are copied into memory that JavaScript owns. */
export interface Tensor {
  readonly type: ElementType
  /** Row-major shape; the product equals `data.length`. */
  readonly dims: readonly number[]
  readonly data: Float32Array | Int32Array | Uint8Array
}

export interface EngineOptions {
  /** Absolute paths, loaded in this order with RTLD_NOW | RTLD_LOCAL before the engine. */
  readonly libraries: readonly string[]
  /** Absolute paths that are loaded first where they exist and skipped where they do not (CUDA companions). */
  readonly companions: readonly string[]
  /** Absolute path of libbiovil_engine.so. */
  readonly engine: string
  /** Accept another libtorch minor than the engine was built for. */
  readonly anyVersion: boolean
}

export interface EngineInfo {
  /** Version of the libtorch that was loaded, e.g. `2.11.0`. */
  readonly libtorch: string
  /** Directory that it was loaded from, as `libraries` named it. */
  readonly directory: string
  /** Version of the libtorch that the engine was compiled against. */
  readonly compiledFor: string
  /** Whether libtorch_cuda is loaded and reports at least one device. */
  readonly cuda: boolean
  /** Whether CUDA may compute float32 products and convolutions in TF32; the engine sees to it that it is false. */
  readonly tf32: boolean
}

export interface Device {
  /** `cpu`, `cuda:0`, … */
  readonly id: string
  readonly name: string
  /** Bytes; 0 where libtorch does not tell. */
  readonly totalMemory: number
}

export interface WeightFile {
  /** Absolute path; the file is mapped, not read. */
  readonly path: string
  /**
   * `device:inode:bytes:mtime`, as `fstat` gives them, the time in nanoseconds: another file is ERR_CHECKPOINT_CHANGED.
   * Absent: whatever is there.
   */
  readonly identity?: string
}

/** One weight: a strided view of the bytes of a file. */
export interface ParameterRow {
  /** Name of the parameter in the graph. */
  readonly name: string
  /** Index into `files`. */
  readonly file: number
  readonly type: StoredType
  readonly shape: readonly number[]
  /** In elements; absent when row-major contiguous. */
  readonly strides?: readonly number[]
  /** Byte offset of the first element in the file. */
  readonly offset: number
}

export interface ProgramOptions {
  /** Absolute path of the weightless TorchScript graph. */
  readonly graph: string
  /** Methods of the graph to keep; every parameter that they use must be among `parameters`. */
  readonly methods: readonly string[]
  readonly files: readonly WeightFile[]
  readonly parameters: readonly ParameterRow[]
  /** `cpu` or `cuda:N`. */
  readonly device: string
  readonly precision: Precision
  /** Accept NaN and infinite values among the weights that are bound; else they are ERR_CHECKPOINT_CORRUPT. */
  readonly allowNonFinite: boolean
  /** Intra-op threads of the device's worker thread; 0 leaves what is set. Only `cpu` uses it. */
  readonly threads: number
}

/** Version of the addon's source tree, and of the C table that the engine must match. */
export const addon: { readonly version: string; readonly abi: number }

/**
 * Loads libtorch and the engine, once a process; later calls return the first success. Runs on its own thread. After a
 * failure another attempt may be made, with libraries of the same directory: what is mapped stays mapped.
 */
export function loadEngine(options: EngineOptions): Promise<EngineInfo>

/** Devices that the loaded engine can use; `cpu` is always the first. */
export function devices(): Device[]

/** Samples of an image. */
export type Samples =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array

export interface FilmOptions {
  readonly width: number
  readonly height: number
  /** Interleaved samples per pixel: 1, 3 or 4. */
  readonly channels: number
  /** Length of the shorter side after resizing, at most 16384. */
  readonly resize: number
  /** Side of the square that is cut from the middle; at most `resize`. */
  readonly crop: number
  /** Whether to return the whole film too. */
  readonly film: boolean
  /** [2]: percentiles of the samples whose values become 0 and 255; 0 and 100 for the extremes. */
  readonly percentiles: Float64Array
}

export interface FilmPixels {
  /** uint8 [crop, crop]. */
  readonly crop: Uint8Array
  /** uint8 [height, width], when it was asked for. */
  readonly film?: Uint8Array
  /** Mean of the film. */
  readonly meanGrey: number
  /** All samples are equal: the film is black. */
  readonly constant: boolean
  /** How many samples are NaN (black) or infinite (black or white). */
  readonly nonFinite: number
  /** The range between the percentiles .1 and 99.9, as a share of the range that was stretched; 1 where there is none. */
  readonly spread: number
}

/**
 * Stretches samples to 8 bits of grey, resizes and crops them, on a pool of threads; needs no libtorch. The samples are
 * not copied: they must keep their memory (not be transferred) and their values until the promise is settled.
 */
export function prepareFilm(samples: Samples, options: FilmOptions): Promise<FilmPixels>

/** A graph bound to weights on a device. Jobs of one device run in order on one thread of the process. */
export class Program {
  /** Loads the graph, binds the weights by name, casts and moves them. */
  static load(options: ProgramOptions): Promise<Program>
  /** Runs a method. Results are float32. */
  run(method: string, inputs: readonly Tensor[]): Promise<Tensor[]>
  /** Refuses new runs; those in flight finish, and the memory goes with the last one. May be called at any time, twice too. */
  close(): void
}
