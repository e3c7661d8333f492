import type { FileHandle } from 'node:fs/promises'
import type { StoredType } from '../../binding.d.ts'
import type { OnProgress } from '../progress.js'

/** Element types that checkpoints hold. Only {@link StoredType} can be bound; the rest is listed and refused when asked for. */
export type TensorType =
  | StoredType
  | 'int32'
  | 'int16'
  | 'int8'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'uint64'
  | 'bool'
  | 'complex64'
  | 'complex128'
  | 'qint8'
  | 'quint8'
  | 'qint32'
  | 'float8_e4m3fn'
  | 'float8_e5m2'
  | 'float8_e8m0fnu'

/** One tensor of a checkpoint: a strided view of the bytes of a file. */
export interface TensorRow {
  readonly name: string
  /** Absolute path of the file that holds the data. */
  readonly file: string
  readonly type: TensorType
  readonly shape: readonly number[]
  /** In elements; absent when the data is row-major contiguous. */
  readonly strides?: readonly number[]
  /** Byte offset of the first element in the file. It need not be a multiple of the element size. */
  readonly offset: number
}

export interface VerifyOptions {
  /** Rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
  /** Stage `verify`, in bytes. */
  readonly onProgress?: OnProgress | undefined
}

/** The index of a checkpoint: what is where. No weight has been read. */
export interface Checkpoint {
  readonly format: 'pytorch' | 'pytorch-legacy' | 'safetensors'
  /** Absolute paths of the files that hold the data, without duplicates. */
  readonly files: readonly string[]
  /** Of each of `files` when its index was read: `device:inode:bytes:mtime`, the time in nanoseconds. */
  readonly identities: readonly string[]
  /** By published name, in the order of the file. */
  readonly tensors: ReadonlyMap<string, TensorRow>
  /** `__metadata__` of a safetensors file, or `biovil.json` in a PyTorch file (what the weights are, framing); else empty. */
  readonly metadata: Readonly<Record<string, string>>
  /**
   * Reads every byte and compares the CRC-32 of each zip member. Formats without checksums (safetensors, and files of
   * torch before 1.6) are only checked for their size: compare their SHA-256 with the published one instead.
   * @throws BiovilError ERR_CHECKPOINT_CORRUPT naming the tensors; ERR_CHECKPOINT_TRUNCATED
   */
  verify(options?: VerifyOptions): Promise<void>
}

/** What a reader of one file returns. */
export interface FileIndex {
  readonly format: Checkpoint['format']
  readonly tensors: ReadonlyMap<string, TensorRow>
  readonly metadata: Readonly<Record<string, string>>
  /** Compares the checksums that the file carries; absent where the format has none. */
  readonly verify?: (handle: FileHandle, options: ChecksumOptions) => Promise<void>
}

export interface OpenedFile extends FileIndex {
  /** By which the engine knows the file again: see {@link Checkpoint.identities}. */
  readonly identity: string
}

export interface ChecksumOptions {
  readonly signal: AbortSignal | undefined
  /** Called with the number of bytes read since the last call. */
  readonly onBytes: (count: number) => void
}
