import { BiovilError } from '../errors.js'
import { elementSize } from './dtype.js'
import { corrupt, unsupported } from './file.js'
import { PickleEnd } from './pickle.js'
import {
  Dict,
  PickleError,
  type PickleValue,
  printable,
  type Storage,
  StoredTensor,
} from './pickle-values.js'
import type { TensorRow } from './types.js'

/** Where the bytes of a storage are. */
export interface StorageBytes {
  readonly offset: number
  readonly size: number
}

/** Turns the value of a pickle into rows; `find` knows where the storages are. */
export function stateDictRows(
  value: PickleValue,
  path: string,
  find: (storage: Storage) => StorageBytes,
): Map<string, TensorRow> {
  const rows = new Map<string, TensorRow>()
  if (value instanceof Dict) {
    for (const [name, item] of value) {
      // Other values, e.g. extra state of a module, are no weights.
      if (!(item instanceof StoredTensor)) continue
      if (typeof name !== 'string') throw corrupt(path, `a tensor is named ${name}, expected text`)
      rows.set(name, row(name, item, path, find(item.storage)))
    }
  }
  if (rows.size === 0)
    throw unsupported(path, `expected a state dict (names and tensors), found ${kind(value)}`)
  return rows
}

function row(name: string, tensor: StoredTensor, path: string, bytes: StorageBytes): TensorRow {
  const { storage, shape, strides } = tensor
  const size = elementSize[storage.type]
  if (storage.count * size > bytes.size) {
    throw corrupt(
      path,
      `the data of ${printable(name)} has ${bytes.size} bytes, expected ${storage.count * size}`,
    )
  }
  const found = { name, file: path, type: storage.type, shape, offset: bytes.offset + tensor.offset * size }
  return isContiguous(shape, strides) ? found : { ...found, strides }
}

function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  if (shape.includes(0)) return true
  let expected = 1
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis] ?? 1
    if (size !== 1 && strides[axis] !== expected) return false
    expected *= size
  }
  return true
}

function kind(value: PickleValue): string {
  if (!(value instanceof Dict)) return value instanceof StoredTensor ? 'a single tensor' : 'something else'
  const names = [...value.keys()].slice(0, 3).map((name) => printable(String(name)))
  return names.length > 0 ? `a dict without tensors (${names.join(', ')}, …)` : 'an empty dict'
}

/** What an error of the unpickler means for the file at `path`. Other errors pass through. */
export function pickleError(path: string, error: unknown): unknown {
  if (!(error instanceof PickleError)) return error
  if (!error.unsafe) {
    const what = error instanceof PickleEnd ? 'its pickle' : 'its pickle is no state dict:'
    return corrupt(path, `${what} ${error.message.replace(/^it has/, 'has')}`, error)
  }
  return new BiovilError(
    'ERR_CHECKPOINT_UNSAFE',
    `${path} is not a plain state dict: ${error.message}, which was not run. ` +
      'Use only weights that you trust; save them with torch.save(model.state_dict()) or as safetensors',
    { cause: error },
  )
}
