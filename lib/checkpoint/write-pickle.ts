/** A tensor of a state dict whose data lies in the storage `key`, contiguous from its start. */
export interface PickledTensor {
  readonly name: string
  /** Class of `torch` that names the element type. */
  readonly storage: 'FloatStorage' | 'LongStorage'
  readonly key: number
  readonly shape: readonly number[]
}

const orderedDict = [global('collections', 'OrderedDict'), op(')'), op('R')]

/** The pickle (protocol 2) of an OrderedDict of tensors, as `torch.save` writes it. */
export function pickleStateDict(tensors: readonly PickledTensor[]): Buffer {
  const items = tensors.flatMap((tensor) => [text(tensor.name), ...rebuild(tensor)])
  return Buffer.concat([Buffer.from([0x80, 2]), ...orderedDict, op('('), ...items, op('u'), op('.')])
}

/** `_rebuild_tensor_v2(storage, 0, shape, strides, False, OrderedDict())` */
function rebuild({ storage, key, shape }: PickledTensor): Buffer[] {
  const strides = shape.map((_, axis) => product(shape.slice(axis + 1)))
  const id = [
    text('storage'),
    global('torch', storage),
    text(String(key)),
    text('cpu'),
    integer(product(shape)),
  ]
  return [
    global('torch._utils', '_rebuild_tensor_v2'),
    op('('),
    ...[op('('), ...id, op('t'), op('Q')],
    integer(0),
    ...[op('('), ...shape.map(integer), op('t')],
    ...[op('('), ...strides.map(integer), op('t')],
    op('\x89'),
    ...orderedDict,
    op('t'),
    op('R'),
  ]
}

function product(sizes: readonly number[]): number {
  return sizes.reduce((a, b) => a * b, 1)
}

function op(code: string): Buffer {
  return Buffer.from(code, 'latin1')
}

function global(module: string, name: string): Buffer {
  return Buffer.from(`c${module}\n${name}\n`, 'latin1')
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value)
  const head = Buffer.alloc(5, 'X')
  head.writeUInt32LE(bytes.length, 1)
  return Buffer.concat([head, bytes])
}

function integer(value: number): Buffer {
  const bytes = Buffer.alloc(5, 'J')
  bytes.writeInt32LE(value, 1)
  return bytes
}
