import type { FileHandle } from 'node:fs/promises'
import { elementSize } from './dtype.js'
import { corrupt, readExactly, truncated, unsupported } from './file.js'
import { PickleEnd, unpickle } from './pickle.js'
import { Dict, type PickleValue, type Storage } from './pickle-values.js'
import { pickleError, type StorageBytes, stateDictRows } from './state-dict.js'
import type { FileIndex } from './types.js'

const magic = 0x1950a86a20f9469cfc6cn
const maxHeadBytes = 16 * 1024 * 1024

/** How every such file begins: the pickle of the magic number. */
export const legacySignature = Buffer.from('80028a0a6cfc9c46f9206aa850192e', 'hex')

interface Head {
  readonly systemInfo: PickleValue
  readonly stateDict: PickleValue
  readonly keys: PickleValue
  /** Where the storages begin. */
  readonly end: number
}

/**
 * Reads the index of a file of `torch.save` before torch 1.6, as many checkpoints of 2019 are: five pickles (magic
 * number, protocol, machine, state dict, storage keys), then each storage as an int64 count of elements and the data.
 */
export async function openLegacy(handle: FileHandle, path: string, size: number): Promise<FileIndex> {
  const head = await readHead(handle, path, size)
  const info = head.systemInfo
  if (!(info instanceof Dict)) throw corrupt(path, 'its machine record is not a dict')
  if (info.get('little_endian') !== true) {
    throw unsupported(path, 'written on a big-endian machine; save it again on a little-endian one')
  }
  const storages = new Map<string, Storage>()
  collect(head.stateDict, path, storages)
  const places = await locateStorages(handle, path, size, head, storages)
  const tensors = stateDictRows(head.stateDict, path, (storage) => {
    const place = places.get(storage.key)
    if (place === undefined) throw corrupt(path, `storage ${storage.key} is not in its list of storages`)
    return place
  })
  return { format: 'pytorch-legacy', tensors, metadata: {} }
}

/** One pass for the storages alone: their element types are needed to walk through the data. */
function collect(value: PickleValue, path: string, storages: Map<string, Storage>): void {
  stateDictRows(value, path, (storage) => {
    const known = storages.get(storage.key)
    if (known && (known.type !== storage.type || known.count !== storage.count)) {
      throw corrupt(path, `storage ${storage.key} is described twice, differently`)
    }
    storages.set(storage.key, storage)
    return { offset: 0, size: Number.POSITIVE_INFINITY }
  })
}

async function locateStorages(
  handle: FileHandle,
  path: string,
  size: number,
  head: Head,
  storages: ReadonlyMap<string, Storage>,
): Promise<Map<string, StorageBytes>> {
  if (!Array.isArray(head.keys)) throw corrupt(path, 'its list of storages is not a list')
  const places = new Map<string, StorageBytes>()
  let position = head.end
  for (const key of head.keys) {
    const storage = typeof key === 'string' ? storages.get(key) : undefined
    if (storage === undefined || places.has(storage.key)) {
      throw corrupt(path, 'its list of storages does not fit its tensors')
    }
    const count = (await readExactly(handle, path, position, 8)).readBigInt64LE()
    if (count !== BigInt(storage.count)) {
      throw corrupt(path, `storage ${storage.key} has ${count} elements, expected ${storage.count}`)
    }
    const bytes = storage.count * elementSize[storage.type]
    if (position + 8 + bytes > size) {
      throw truncated(
        path,
        `storage ${storage.key} needs ${position + 8 + bytes} bytes, the file has ${size}`,
      )
    }
    places.set(storage.key, { offset: position + 8, size: bytes })
    position += 8 + bytes
  }
  return places
}

/** Nothing says how long the pickles are: read more until they fit. */
async function readHead(handle: FileHandle, path: string, size: number): Promise<Head> {
  for (let length = 256 * 1024; ; length *= 4) {
    const bytes = await readExactly(handle, path, 0, Math.min(length, size))
    try {
      return parseHead(bytes, path)
    } catch (error) {
      if (!(error instanceof PickleEnd)) throw pickleError(path, error)
      if (length >= size) throw truncated(path, 'its pickles have no end', error)
      if (length >= maxHeadBytes) throw pickleError(path, error)
    }
  }
}

function parseHead(bytes: Uint8Array, path: string): Head {
  const first = unpickle(bytes)
  if (first.value !== magic) throw corrupt(path, 'its magic number is wrong')
  const protocol = unpickle(bytes, first.end)
  if (protocol.value !== 1001)
    throw unsupported(path, `its protocol is ${String(protocol.value)}, expected 1001`)
  const info = unpickle(bytes, protocol.end)
  const state = unpickle(bytes, info.end)
  const keys = unpickle(bytes, state.end)
  return { systemInfo: info.value, stateDict: state.value, keys: keys.value, end: keys.end }
}
