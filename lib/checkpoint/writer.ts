import type { FileHandle } from 'node:fs/promises'
import type { PublishedTensor } from './layout.js'

/** Writes one weight file front to back; tensors come in the order that the writer was made for. */
export interface WeightWriter {
  /** Bytes that go through `write`. */
  readonly dataBytes: number
  begin(file: FileHandle): Promise<void>
  beginTensor?(file: FileHandle, tensor: PublishedTensor): Promise<void>
  /** The next bytes of the current tensor. */
  write(file: FileHandle, bytes: Uint8Array): Promise<void>
  endTensor?(file: FileHandle): Promise<void>
  end?(file: FileHandle): Promise<void>
}

/** A single `write` may stop early, e.g. on a disk that is nearly full. */
export async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done)
    done += bytesWritten
  }
}
