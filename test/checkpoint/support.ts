import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { crc32 } from 'node:zlib'
import { BiovilError, type ErrorCode, type TensorRow } from 'biovil'

/** A checkpoint that torch wrote, see scripts/export/checkpoint_fixtures.py. */
export function fixture(name: 'zip.bin' | 'legacy.bin'): string {
  return fileURLToPath(new URL(`../../../test/checkpoint/fixtures/${name}`, import.meta.url))
}

export async function rejectsWith(promise: Promise<unknown>, code: ErrorCode, message?: RegExp) {
  await assert.rejects(promise, (error) => {
    assert.ok(error instanceof BiovilError, `expected a BiovilError, got ${String(error)}`)
    assert.equal(error.code, code, error.message)
    if (message) assert.match(error.message, message)
    return true
  })
}

export interface Member {
  readonly name: string
  readonly data: Uint8Array
  /** Overrides of what the headers say. */
  readonly method?: number
  readonly localName?: string
}

/** A zip of stored members. */
export function zip(members: readonly Member[]): Buffer {
  const locals: Buffer[] = []
  const centrals: Buffer[] = []
  let offset = 0
  for (const { name, data, method = 0, localName = name } of members) {
    const common = Buffer.alloc(26)
    common.writeUInt16LE(method, 4)
    common.writeUInt32LE(crc32(data), 10)
    common.writeUInt32LE(data.length, 14)
    common.writeUInt32LE(data.length, 18)
    common.writeUInt16LE(name.length, 22)
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, Buffer.from(localName), data])
    const central = Buffer.concat([
      Buffer.from('PK\x01\x02\0\0'),
      common,
      Buffer.alloc(14),
      Buffer.from(name),
    ])
    central.writeUInt32LE(offset, 42)
    locals.push(local)
    centrals.push(central)
    offset += local.length
  }
  const directory = Buffer.concat(centrals)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(members.length, 8)
  end.writeUInt16LE(members.length, 10)
  end.writeUInt32LE(directory.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...locals, directory, end])
}

/** A file of torch.save with this pickle and storages `0`, `1`, … */
export function torchZip(
  pickle: Uint8Array,
  storages: readonly Uint8Array[] = [],
  extra: Member[] = [],
): Buffer {
  return zip([
    { name: 'x/data.pkl', data: pickle },
    ...storages.map((data, key) => ({ name: `x/data/${key}`, data })),
    ...extra,
  ])
}

/** Assembles opcodes: texts are latin-1 bytes. */
export function pickle(...parts: (string | Uint8Array)[]): Buffer {
  return Buffer.concat(
    ['\x80\x02', ...parts].map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)),
  )
}

export function text(value: string): Buffer {
  const bytes = Buffer.from(value)
  const head = Buffer.from('X\0\0\0\0')
  head.writeUInt32LE(bytes.length, 1)
  return Buffer.concat([head, bytes])
}

export function int(value: number): Buffer {
  const bytes = Buffer.from('J\0\0\0\0')
  bytes.writeInt32LE(value, 1)
  return bytes
}

export function tuple(...items: (string | Uint8Array)[]): Buffer {
  return pickle('(', ...items, 't').subarray(2)
}

/** `_rebuild_tensor_v2` over storage `key` of `count` elements. */
export function tensor(
  options: {
    key?: string
    storage?: string
    count?: number
    offset?: number
    shape?: number[]
    strides?: number[]
  } = {},
): Buffer {
  const { key = '0', storage = 'FloatStorage', count = 4, offset = 0, shape = [4], strides = [1] } = options
  return pickle(
    'ctorch._utils\n_rebuild_tensor_v2\n(',
    tuple(text('storage'), `ctorch\n${storage}\n`, text(key), text('cpu'), int(count)),
    'Q',
    int(offset),
    tuple(...shape.map(int)),
    tuple(...strides.map(int)),
    '\x89ccollections\nOrderedDict\n)RtR',
  ).subarray(2)
}

/** A dict of these values. */
export function dict(entries: Record<string, string | Uint8Array>): Buffer {
  return pickle('}(', ...Object.entries(entries).flatMap(([name, value]) => [text(name), value]), 'u.')
}

/** A safetensors file: header (as text or JSON) and data. */
export function safetensors(header: unknown, data: Uint8Array = new Uint8Array()): Buffer {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(json.length))
  return Buffer.concat([length, json, data])
}

export function floats(...values: number[]): Buffer {
  return Buffer.from(Float32Array.from(values).buffer)
}

/** The elements of a row in row-major order, read through its strides. */
export function elements(row: TensorRow): (number | bigint)[] {
  const bytes = readFileSync(row.file)
  const strides =
    row.strides ?? row.shape.map((_, axis) => row.shape.slice(axis + 1).reduce((a, b) => a * b, 1))
  const read: Record<string, [number, (at: number) => number | bigint]> = {
    float32: [4, (at) => bytes.readFloatLE(at)],
    float64: [8, (at) => bytes.readDoubleLE(at)],
    int64: [8, (at) => bytes.readBigInt64LE(at)],
    float16: [2, (at) => halfToNumber(bytes.readUInt16LE(at))],
    bfloat16: [2, (at) => new Float32Array(Uint32Array.of(bytes.readUInt16LE(at) << 16).buffer)[0] as number],
  }
  const [size, get] = read[row.type] ?? assert.fail(`no reader for ${row.type}`)
  const result: (number | bigint)[] = []
  const walk = (axis: number, at: number): void => {
    if (axis === row.shape.length) result.push(get(row.offset + at * size))
    else for (let i = 0; i < (row.shape[axis] ?? 0); i++) walk(axis + 1, at + i * (strides[axis] ?? 0))
  }
  walk(0, 0)
  return result
}

/** Normal numbers only. */
function halfToNumber(bits: number): number {
  return (bits & 0x8000 ? -1 : 1) * (1 + (bits & 0x3ff) / 1024) * 2 ** (((bits >> 10) & 31) - 15)
}

/** A small generator of random 32-bit numbers, so that a failure can be repeated. */
export function randomNumbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let x = Math.imul(state ^ (state >>> 15), state | 1)
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61)
    return ((x ^ (x >>> 14)) >>> 0) % below
  }
}
