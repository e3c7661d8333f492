import { join, resolve } from 'node:path'
import { BiovilError, wrongType } from '../errors.js'
import { oneOf, optional, readOptions } from '../options.js'
import { corrupt } from './file.js'
import { fileKind, openFile } from './open-file.js'
import { printable } from './pickle-values.js'
import { missingShard, readShardIndex } from './shards.js'
import type { Checkpoint, OpenedFile, TensorRow } from './types.js'
import { verify } from './verify.js'

export type { Checkpoint, TensorRow, TensorType, VerifyOptions } from './types.js'

export interface OpenCheckpointOptions {
  /** Which format to take from a directory that has both; the other one where it has only that. Default: `safetensors`. */
  readonly prefer?: 'safetensors' | 'pytorch' | undefined
}

const candidates = {
  safetensors: ['model.safetensors', 'model.safetensors.index.json'],
  pytorch: ['pytorch_model.bin', 'pytorch_model.bin.index.json'],
}

/**
 * Reads the index of a checkpoint; no pickle is executed and no weight is read.
 *
 * @param path A directory with `model.safetensors` or `pytorch_model.bin` (or their `.index.json` with shards), or a
 *   file: safetensors, or what `torch.save` wrote, whatever its name.
 * @throws BiovilError ERR_MODEL_FILE_MISSING, ERR_CHECKPOINT_TRUNCATED, ERR_CHECKPOINT_CORRUPT, ERR_CHECKPOINT_UNSAFE,
 *   ERR_CHECKPOINT_UNSUPPORTED
 */
export async function openCheckpoint(path: string, options?: OpenCheckpointOptions): Promise<Checkpoint> {
  if (typeof path !== 'string') throw wrongType('path', 'a string', path)
  const { prefer = 'safetensors' } = readOptions(options, {
    prefer: optional(oneOf('safetensors', 'pytorch')),
  })
  const full = resolve(path)
  const kind = await fileKind(full)
  if (kind === undefined) throw missing(`Expected weights at ${full}, but there is nothing`)
  const file = kind === 'directory' ? await findWeights(full, prefer) : full
  return file.endsWith('.index.json') ? openShards(file) : assemble(new Map([[file, await openFile(file)]]))
}

async function findWeights(directory: string, prefer: 'safetensors' | 'pytorch'): Promise<string> {
  const names = [...candidates[prefer], ...candidates[prefer === 'pytorch' ? 'safetensors' : 'pytorch']]
  for (const name of names) {
    if ((await fileKind(join(directory, name))) === 'file') return join(directory, name)
  }
  throw missing(`${directory} has no weights: expected one of ${names.join(', ')}`)
}

async function openShards(index: string): Promise<Checkpoint> {
  const shards = await readShardIndex(index)
  const opened = new Map<string, OpenedFile>()
  for (const shard of new Set(shards.values())) {
    if ((await fileKind(shard)) !== 'file') {
      throw missingShard(index, shard, [...shards.values()].filter((file) => file === shard).length)
    }
    opened.set(shard, await openFile(shard))
  }
  const formats = new Set([...opened.values()].map((file) => file.format))
  if (formats.size > 1) throw corrupt(index, `its shards have different formats: ${[...formats].join(', ')}`)
  const tensors = new Map<string, TensorRow>()
  for (const [name, shard] of shards) {
    const row = opened.get(shard)?.tensors.get(name)
    if (row === undefined) throw corrupt(index, `it puts ${printable(name)} into ${shard}, which lacks it`)
    tensors.set(name, row)
  }
  return assemble(opened, tensors)
}

function assemble(
  opened: ReadonlyMap<string, OpenedFile>,
  tensors?: ReadonlyMap<string, TensorRow>,
): Checkpoint {
  const [first] = opened.values()
  if (first === undefined) throw new TypeError('A checkpoint has at least one file')
  return {
    format: first.format,
    files: [...opened.keys()],
    identities: [...opened.values()].map(({ identity }) => identity),
    tensors: tensors ?? first.tensors,
    metadata: first.metadata,
    verify: (options) => verify(opened, options),
  }
}

function missing(message: string): BiovilError {
  return new BiovilError('ERR_MODEL_FILE_MISSING', `${message}. Fetch a model with biovil pull NAME`)
}
