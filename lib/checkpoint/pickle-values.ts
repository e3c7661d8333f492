import { storageTypes } from './dtype.js'
import { isCount } from './file.js'
import type { TensorType } from './types.js'

/** A name that a pickle may refer to. It stands for nothing that can run. */
export class Global {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}

export class Tuple {
  readonly items: readonly PickleValue[]
  constructor(items: readonly PickleValue[]) {
    this.items = items
  }
}

export class Dict extends Map<string | number, PickleValue> {}
export class OrderedDict extends Dict {}

/** A storage that lies outside the pickle, known by its key. */
export class Storage {
  readonly key: string
  readonly type: TensorType
  /** Elements. */
  readonly count: number
  constructor(key: string, type: TensorType, count: number) {
    this.key = key
    this.type = type
    this.count = count
  }
}

/** A strided view of a storage; it has been checked to stay inside. */
export class StoredTensor {
  readonly storage: Storage
  /** In elements. */
  readonly offset: number
  readonly shape: readonly number[]
  /** In elements. */
  readonly strides: readonly number[]
  constructor(storage: Storage, offset: number, shape: readonly number[], strides: readonly number[]) {
    this.storage = storage
    this.offset = offset
    this.shape = shape
    this.strides = strides
  }
}

export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | PickleValue[]
  | Tuple
  | Dict
  | Global
  | Storage
  | StoredTensor

/** Something in the pickle that no state dict holds. `unsafe`: it asks for code. */
export class PickleError extends Error {
  readonly unsafe: boolean
  constructor(message: string, unsafe = false) {
    super(message)
    this.unsafe = unsafe
  }
}

/** By module: with joined names, `_utils.x` of torch would pass for `x` of torch._utils. */
const allowed: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['collections', new Set(['OrderedDict'])],
  ['torch._utils', new Set(['_rebuild_tensor_v2', '_rebuild_parameter', '_rebuild_qtensor'])],
  // Storages, and the quantisation schemes that are arguments of _rebuild_qtensor.
  ['torch', new Set([...storageTypes.keys(), 'per_tensor_affine', 'per_channel_affine'])],
])

/** The only door for names: what is not on the list is refused, whatever it is. */
export function resolveGlobal(module: string, name: string): Global {
  const full = `${module}.${name}`
  if (allowed.get(module)?.has(name)) return new Global(full)
  throw new PickleError(`it refers to ${printable(full)}`, true)
}

/** What `callee(*args)` stands for. Nothing is called. */
export function reduce(callee: PickleValue, args: PickleValue): PickleValue {
  if (!(callee instanceof Global)) throw new PickleError('it calls something that is not a name')
  if (!(args instanceof Tuple)) throw new PickleError(`it calls ${callee.name} without a tuple of arguments`)
  switch (callee.name) {
    case 'collections.OrderedDict':
      return orderedDict(args.items)
    case 'torch._utils._rebuild_tensor_v2':
      return rebuildTensor(args.items, 6, 7)
    case 'torch._utils._rebuild_qtensor':
      return rebuildTensor(args.items, 7, 7)
    case 'torch._utils._rebuild_parameter': {
      const tensor = args.items[0]
      if (args.items.length !== 3 || !(tensor instanceof StoredTensor)) throw oddArguments(callee.name)
      return tensor
    }
    default:
      throw new PickleError(`it calls ${callee.name}`, true)
  }
}

/** `('storage', torch.FloatStorage, key, location, count)`, before torch 1.6 with a sixth item. */
export function persistentStorage(id: PickleValue): Storage {
  const items = id instanceof Tuple ? id.items : []
  const [kind, type, key, location, count, view] = items
  const element = type instanceof Global ? storageTypes.get(type.name.slice('torch.'.length)) : undefined
  if (
    kind !== 'storage' ||
    items.length > 6 ||
    element === undefined ||
    typeof key !== 'string' ||
    typeof location !== 'string' ||
    !isCount(count)
  ) {
    throw new PickleError('a storage is not described as torch does it')
  }
  if (view !== undefined && view !== null) throw new PickleError('a storage is a view of another one')
  return new Storage(key, element, count)
}

/** Python 2 wrote the items as an argument, Python 3 sets them afterwards. */
function orderedDict(args: readonly PickleValue[]): OrderedDict {
  const dict = new OrderedDict()
  const [items = []] = args
  if (args.length > 1 || !Array.isArray(items)) throw oddArguments('collections.OrderedDict')
  for (const item of items) {
    const pair = item instanceof Tuple ? item.items : item
    if (!Array.isArray(pair) || pair.length !== 2) throw oddArguments('collections.OrderedDict')
    setItem(dict, pair[0] ?? null, pair[1] ?? null)
  }
  return dict
}

function rebuildTensor(args: readonly PickleValue[], least: number, most: number): StoredTensor {
  const [storage, offset, sizes, steps] = args
  const shape = counts(sizes)
  const strides = counts(steps)
  if (
    args.length < least ||
    args.length > most ||
    !(storage instanceof Storage) ||
    !isCount(offset) ||
    shape === undefined ||
    strides === undefined ||
    shape.length !== strides.length
  ) {
    throw oddArguments('torch._utils._rebuild_tensor_v2')
  }
  // The address behind the last element; sums and products of exact integers stay exact, or exceed every file.
  let end = offset + 1
  for (const [axis, size] of shape.entries()) end += (size - 1) * (strides[axis] ?? 0)
  if (shape.includes(0)) end = offset
  if (end > storage.count) {
    throw new PickleError(
      `a tensor of shape [${shape.join(', ')}] reaches beyond its storage of ${storage.count} elements`,
    )
  }
  return new StoredTensor(storage, offset, shape, strides)
}

function counts(value: PickleValue | undefined): number[] | undefined {
  if (!(value instanceof Tuple)) return undefined
  return value.items.length <= 64 && value.items.every(isCount) ? (value.items as number[]) : undefined
}

export function setItem(dict: PickleValue | undefined, key: PickleValue, value: PickleValue): void {
  if (!(dict instanceof Dict)) throw new PickleError('it sets an item of something that is not a dict')
  if (typeof key !== 'string' && typeof key !== 'number') {
    throw new PickleError('a key is neither text nor a number')
  }
  dict.set(key, value)
}

function oddArguments(name: string): PickleError {
  return new PickleError(`it calls ${name} with arguments that torch does not use`)
}

export function printable(text: string): string {
  const shown = text.length > 100 ? `${text.slice(0, 100)}…` : text
  return JSON.stringify(shown).slice(1, -1)
}
