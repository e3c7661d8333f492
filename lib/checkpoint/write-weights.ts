import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import type { OnProgress } from '../progress.js'
import { elementCount, type PublishedTensor } from './layout.js'
import { fillBalanced, fillValues, tensorKey, valueTable } from './random.js'
import { type Draw, readDistribution } from './synthetic-model.js'
import type { WeightWriter } from './writer.js'

/** Tensors, and the files that get all of them. */
export interface WeightSet {
  readonly tensors: readonly PublishedTensor[]
  readonly writers: ReadonlyMap<string, WeightWriter>
}

export interface WriteOptions {
  readonly seed: number
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: OnProgress | undefined
}

/** Elements made at a time: a few ms of work between two turns of the event loop. */
const sliceElements = 512 * 1024

/** Makes each slice of numbers once, for all files of a set. */
export async function writeWeights(
  directory: string,
  sets: readonly WeightSet[],
  options: WriteOptions,
): Promise<void> {
  const distribution = readDistribution()
  const buffer = new Float32Array(sliceElements)
  const total = sets
    .flatMap(({ writers }) => [...writers.values()])
    .reduce((sum, one) => sum + one.dataBytes, 0)
  let done = 0
  for (const { tensors, writers } of sets) {
    const files: [FileHandle, WeightWriter][] = []
    try {
      for (const [name, writer] of writers) files.push([await open(join(directory, name), 'wx'), writer])
      for (const [file, writer] of files) await writer.begin(file)
      for (const tensor of tensors) {
        for (const [file, writer] of files) await writer.beginTensor?.(file, tensor)
        for (const slice of slices(tensor, distribution(tensor), options.seed, buffer)) {
          options.signal?.throwIfAborted()
          const bytes = new Uint8Array(slice.buffer, slice.byteOffset, slice.byteLength)
          await Promise.all(files.map(([file, writer]) => writer.write(file, bytes)))
          done += bytes.length * files.length
          options.onProgress?.({ stage: 'synthesize', item: tensor.name, done, total, unit: 'bytes' })
          await setImmediate()
        }
        for (const [file, writer] of files) await writer.endTensor?.(file)
      }
      for (const [file, writer] of files) await writer.end?.(file)
    } finally {
      await Promise.all(files.map(([file]) => file.close()))
    }
  }
}

/** The numbers of a tensor, a slice at a time, in a buffer that is used again. */
function* slices(
  { name, shape }: PublishedTensor,
  { mean, std, balanced }: Draw,
  seed: number,
  buffer: Float32Array<ArrayBuffer>,
): Generator<Float32Array<ArrayBuffer>> {
  const table = valueTable(mean, std)
  const key = tensorKey(seed, name)
  const count = elementCount(shape)
  for (let first = 0; first < count; first += sliceElements) {
    const slice = buffer.subarray(0, Math.min(sliceElements, count - first))
    if (balanced) fillBalanced(slice, first, key, table, elementCount(shape.slice(1)))
    else fillValues(slice, first, key, table)
    yield slice
  }
}
