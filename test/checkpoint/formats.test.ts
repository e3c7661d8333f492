import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openCheckpoint } from 'biovil'
import { temporaryDirectory } from '../support/temp.js'
import {
  dict,
  elements,
  fixture,
  floats,
  pickle,
  rejectsWith,
  safetensors,
  tensor,
  text,
  torchZip,
  tuple,
  zip,
} from './support.js'

describe('openCheckpoint', () => {
  const directory = temporaryDirectory()
  let count = 0
  const file = (bytes: Uint8Array, name = `file${count++}`): string => {
    const path = join(directory(), name)
    writeFileSync(path, bytes)
    return path
  }

  for (const name of ['zip.bin', 'legacy.bin'] as const) {
    it(`reads what torch wrote: ${name}`, async () => {
      const checkpoint = await openCheckpoint(fixture(name))
      assert.equal(checkpoint.format, name === 'zip.bin' ? 'pytorch' : 'pytorch-legacy')
      assert.deepEqual(checkpoint.files, [fixture(name)])
      const of = (tensorName: string) => {
        const row = checkpoint.tensors.get(tensorName)
        assert.ok(row, tensorName)
        return { type: row.type, shape: row.shape, values: elements(row) }
      }
      const base = Array.from({ length: 12 }, (_, i) => i)
      assert.deepEqual(of('base'), { type: 'float32', shape: [3, 4], values: base })
      assert.equal(checkpoint.tensors.get('tied')?.offset, checkpoint.tensors.get('base')?.offset)
      assert.equal(checkpoint.tensors.get('base')?.strides, undefined)
      assert.deepEqual(of('transposed').values, [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11])
      assert.deepEqual(of('window'), { type: 'float32', shape: [2, 2], values: [5, 6, 9, 10] })
      assert.deepEqual(of('half'), { type: 'float16', shape: [2], values: [1.5, -2] })
      assert.deepEqual(of('brain'), { type: 'bfloat16', shape: [2], values: [1.5, -2] })
      assert.deepEqual(of('double'), { type: 'float64', shape: [2], values: [1.5, -2] })
      assert.deepEqual(of('parameter').values, [1.5, -2])
      assert.deepEqual(of('scalar'), { type: 'float32', shape: [], values: [3] })
      assert.deepEqual(of('empty').shape, [0, 4])
      assert.deepEqual(of('ids'), { type: 'int64', shape: [1, 4], values: [0n, 1n, 2n, 3n] })
      // Listed, though nothing can bind them.
      assert.equal(checkpoint.tensors.get('complex')?.type, 'complex64')
      assert.equal(checkpoint.tensors.get('quantized')?.type, 'qint8')
      await checkpoint.verify()
    })
  }

  it('reads safetensors', async () => {
    const data = Buffer.concat([
      floats(1, 2, 3, 4),
      Buffer.from([0, 0x3c, 0, 0xc0]),
      Buffer.from([0x80, 0x3f]),
    ])
    const path = file(
      safetensors(
        {
          b: { dtype: 'F16', shape: [2], data_offsets: [16, 20] },
          a: { dtype: 'F32', shape: [2, 2], data_offsets: [0, 16] },
          c: { dtype: 'BF16', shape: [], data_offsets: [20, 22] },
          __metadata__: { format: 'pt' },
          empty: { dtype: 'F8_E4M3', shape: [0, 3], data_offsets: [22, 22] },
        },
        data,
      ),
    )
    const checkpoint = await openCheckpoint(path)
    assert.equal(checkpoint.format, 'safetensors')
    assert.deepEqual(checkpoint.metadata, { format: 'pt' })
    assert.deepEqual(
      [...checkpoint.tensors.values()].map((row) => [row.name, row.type, row.shape]),
      [
        ['b', 'float16', [2]],
        ['a', 'float32', [2, 2]],
        ['c', 'bfloat16', []],
        ['empty', 'float8_e4m3fn', [0, 3]],
      ],
    )
    const values = ['a', 'b', 'c'].map((name) => elements(checkpoint.tensors.get(name) ?? assert.fail(name)))
    assert.deepEqual(values, [[1, 2, 3, 4], [1, -2], [1]])
    await checkpoint.verify()
  })

  const broken: [string, unknown, number][] = [
    ['not JSON', '{"a":', 0],
    ['not UTF-8', '', 0],
    [
      'a name twice',
      '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}',
      1,
    ],
    [
      'a name twice, once escaped',
      '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"\\u0061":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}',
      1,
    ],
    ['a field twice', '{"a":{"dtype":"U8","dtype":"I8","shape":[1],"data_offsets":[0,1]}}', 1],
    [
      'an overlap',
      {
        a: { dtype: 'U8', shape: [2], data_offsets: [0, 2] },
        b: { dtype: 'U8', shape: [2], data_offsets: [1, 3] },
      },
      3,
    ],
    [
      'a hole',
      {
        a: { dtype: 'U8', shape: [1], data_offsets: [0, 1] },
        b: { dtype: 'U8', shape: [1], data_offsets: [2, 3] },
      },
      3,
    ],
    ['a hole at the start', { a: { dtype: 'U8', shape: [1], data_offsets: [1, 2] } }, 2],
    ['bytes after the last tensor', { a: { dtype: 'U8', shape: [1], data_offsets: [0, 1] } }, 2],
    ['fewer bytes than the shape needs', { a: { dtype: 'F32', shape: [2], data_offsets: [0, 4] } }, 4],
    [
      'a shape whose product overflows',
      { a: { dtype: 'U8', shape: [2 ** 40, 2 ** 40], data_offsets: [0, 1] } },
      1,
    ],
    ['a negative size', { a: { dtype: 'U8', shape: [-1, -1], data_offsets: [0, 1] } }, 1],
    ['offsets in reverse', { a: { dtype: 'U8', shape: [1], data_offsets: [1, 0] } }, 1],
    ['fractional offsets', { a: { dtype: 'U8', shape: [1], data_offsets: [0.5, 1.5] } }, 2],
    ['no shape', { a: { dtype: 'U8', data_offsets: [0, 1] } }, 1],
    ['a tensor that is null', { a: null }, 0],
    [
      'metadata that is no text',
      { __metadata__: { a: 1 }, a: { dtype: 'U8', shape: [1], data_offsets: [0, 1] } },
      1,
    ],
  ]
  for (const [title, header, bytes] of broken) {
    it(`refuses a safetensors header with ${title}`, async () => {
      const whole =
        title === 'not UTF-8'
          ? Buffer.concat([Buffer.from([3, 0, 0, 0, 0, 0, 0, 0]), Buffer.from([0x7b, 0xff, 0x7d])])
          : safetensors(header, Buffer.alloc(bytes))
      await rejectsWith(openCheckpoint(file(whole)), 'ERR_CHECKPOINT_CORRUPT')
    })
  }

  it('refuses a safetensors header beyond the limit of the format, and unknown element types', async () => {
    const huge = safetensors('{}')
    huge.writeBigUInt64LE(100_000_001n)
    await rejectsWith(openCheckpoint(file(huge)), 'ERR_CHECKPOINT_CORRUPT', /100000001/)
    const unknown = safetensors({ a: { dtype: 'F7', shape: [1], data_offsets: [0, 1] } }, Buffer.alloc(1))
    await rejectsWith(openCheckpoint(file(unknown)), 'ERR_CHECKPOINT_UNSUPPORTED', /F7/)
  })

  it('takes null for no metadata, as the format’s own reader does', async () => {
    const header = { __metadata__: null, a: { dtype: 'U8', shape: [1], data_offsets: [0, 1] } }
    assert.deepEqual((await openCheckpoint(file(safetensors(header, Buffer.alloc(1))))).metadata, {})
  })

  it('takes its time linearly with a header of 20 MB', async () => {
    const name = '\\"'.repeat(5_000_000)
    const header = { [name]: { dtype: 'U8', shape: [1], data_offsets: [0, 1] }, __metadata__: { note: name } }
    const checkpoint = await openCheckpoint(file(safetensors(header, Buffer.alloc(1))))
    assert.deepEqual([...checkpoint.tensors.keys()], [name])
  }).timeout(20_000)

  it('accepts a tensor named like an inherited property', async () => {
    const header = '{"__proto__":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}'
    const checkpoint = await openCheckpoint(file(safetensors(header, Buffer.alloc(1))))
    assert.deepEqual([...checkpoint.tensors.keys()], ['__proto__'])
  })

  it('takes safetensors from a directory that has both, unless told otherwise', async () => {
    const both = join(directory(), 'both')
    mkdirSync(both)
    await rejectsWith(openCheckpoint(both), 'ERR_MODEL_FILE_MISSING', /pytorch_model\.bin/)
    writeFileSync(join(both, 'pytorch_model.bin'), readFileSync(fixture('zip.bin')))
    assert.equal((await openCheckpoint(both)).format, 'pytorch')
    const header = { a: { dtype: 'U8', shape: [1], data_offsets: [0, 1] } }
    writeFileSync(join(both, 'model.safetensors'), safetensors(header, Buffer.alloc(1)))
    assert.equal((await openCheckpoint(both)).format, 'safetensors')
    assert.equal((await openCheckpoint(both, { prefer: 'pytorch' })).format, 'pytorch')
  })

  it('says what is missing, unreadable or mistyped', async () => {
    await rejectsWith(openCheckpoint(join(directory(), 'nothing')), 'ERR_MODEL_FILE_MISSING', /nothing/)
    await assert.rejects(openCheckpoint(7 as unknown as string), { code: 'ERR_INVALID_ARG_TYPE' })
    await assert.rejects(openCheckpoint('x', { perfer: 'pytorch' } as object), { code: 'ERR_UNKNOWN_OPTION' })
  })

  it('refuses what is no state dict', async () => {
    const unsupported: [Uint8Array, RegExp][] = [
      [Buffer.from('<!DOCTYPE html><html>'), /begins with the bytes 3c21/],
      [Buffer.from('version https://git-lfs.github.com/spec/v1\noid sha256:1\n'), /git lfs pull/],
      [zip([{ name: 'readme', data: Buffer.from('x') }]), /data\.pkl/],
      [torchZip(pickle('}.')), /empty dict/],
      [torchZip(dict({ epoch: text('3') })), /epoch/],
      [torchZip(pickle(tensor(), '.'), [floats(1, 2, 3, 4)]), /single tensor/],
      [
        torchZip(
          dict({ a: tensor() }),
          [floats(1, 2, 3, 4)],
          [{ name: 'x/constants.pkl', data: pickle(')') }],
        ),
        /TorchScript/,
      ],
      [
        torchZip(
          dict({ a: tensor() }),
          [floats(1, 2, 3, 4)],
          [{ name: 'x/byteorder', data: Buffer.from('big') }],
        ),
        /big-endian/,
      ],
      [zip([{ name: 'x/data.pkl', data: dict({}), method: 8 }]), /compressed/],
    ]
    for (const [bytes, message] of unsupported) {
      await rejectsWith(openCheckpoint(file(bytes)), 'ERR_CHECKPOINT_UNSUPPORTED', message)
    }
  })

  it('refuses archives that mean different things to different readers', async () => {
    const data = floats(1, 2, 3, 4)
    const good = { name: 'x/data.pkl', data: dict({ a: tensor() }) }
    const twice = zip([good, { name: 'x/data/0', data }, { name: 'x/data/0', data }])
    await rejectsWith(openCheckpoint(file(twice)), 'ERR_CHECKPOINT_CORRUPT', /two members/)
    const other = zip([good, { name: 'x/data/0', localName: 'x/data/1', data }])
    await rejectsWith(openCheckpoint(file(other)), 'ERR_CHECKPOINT_CORRUPT', /differs/)
    const archives = zip([good, { name: 'y/data.pkl', data: dict({}) }, { name: 'x/data/0', data }])
    await rejectsWith(openCheckpoint(file(archives)), 'ERR_CHECKPOINT_CORRUPT', /two archives/)
  })

  it('refuses tensors that reach beyond their storage', async () => {
    const cases = [
      tensor({ offset: 1 }),
      tensor({ shape: [5] }),
      tensor({ shape: [2, 2], strides: [3, 1] }),
      tensor({ shape: [2], strides: [-1] }),
      tensor({ shape: [-2, -2], strides: [1, 1] }),
      tensor({ shape: [2 ** 30, 2 ** 30, 2 ** 30], strides: [2 ** 30, 2 ** 30, 2 ** 30] }),
      tensor({ offset: -1 }),
      tensor({ count: 5 }),
    ]
    for (const value of cases) {
      const bytes = torchZip(dict({ a: value }), [floats(1, 2, 3, 4)])
      await rejectsWith(openCheckpoint(file(bytes)), 'ERR_CHECKPOINT_CORRUPT')
    }
    // Repeating one element is fine: it stays inside.
    const expanded = torchZip(dict({ a: tensor({ shape: [9, 4], strides: [0, 1] }) }), [floats(1, 2, 3, 4)])
    assert.deepEqual((await openCheckpoint(file(expanded))).tensors.get('a')?.strides, [0, 1])
    await rejectsWith(
      openCheckpoint(file(torchZip(dict({ a: tensor() })))),
      'ERR_CHECKPOINT_TRUNCATED',
      /x\/data\/0/,
    )
  })

  it('verifies files without checksums, as torch can be told to write them', async () => {
    const bytes = torchZip(dict({ a: tensor() }), [floats(1, 2, 3, 4)])
    const mark = 'PK\x01\x02'
    for (let at = bytes.indexOf(mark); at >= 0; at = bytes.indexOf(mark, at + 1))
      bytes.writeUInt32LE(0, at + 16)
    await (await openCheckpoint(file(bytes))).verify()
  })

  it('reads an OrderedDict as Python 2 wrote it, with its items as arguments', async () => {
    const items = pickle('](](', text('a'), tensor(), 'e](', text('b'), tensor(), 'ee').subarray(2)
    const bytes = torchZip(pickle('ccollections\nOrderedDict\n', tuple(items), 'R.'), [floats(1, 2, 3, 4)])
    assert.deepEqual([...(await openCheckpoint(file(bytes))).tensors.keys()], ['a', 'b'])
  })

  describe('shards', () => {
    let shards: string
    const index = (map: unknown) =>
      writeFileSync(
        join(shards, 'model.safetensors.index.json'),
        JSON.stringify({ metadata: { total_size: 8 }, weight_map: map }),
      )
    before(() => {
      shards = join(directory(), 'shards')
      mkdirSync(shards)
      for (const [name, tensorName] of [
        ['one', 'a'],
        ['two', 'b'],
      ]) {
        const header = { [tensorName as string]: { dtype: 'F32', shape: [1], data_offsets: [0, 4] } }
        writeFileSync(
          join(shards, `model-${name}.safetensors`),
          safetensors(header, floats(name === 'one' ? 1 : 2)),
        )
      }
    })

    it('are read as one', async () => {
      index({ a: 'model-one.safetensors', b: 'model-two.safetensors' })
      const checkpoint = await openCheckpoint(shards)
      assert.deepEqual([...checkpoint.tensors.values()].flatMap(elements), [1, 2])
      assert.deepEqual(
        checkpoint.files,
        ['one', 'two'].map((name) => join(shards, `model-${name}.safetensors`)),
      )
      await checkpoint.verify()
    })

    it('are named when one is missing', async () => {
      index({ a: 'model-one.safetensors', b: 'model-three.safetensors' })
      await rejectsWith(
        openCheckpoint(shards),
        'ERR_MODEL_FILE_MISSING',
        /model-three\.safetensors.* 1 tensor/,
      )
    })

    it('stay in their directory, and hold what the index says', async () => {
      const escapes = [
        '../x.safetensors',
        '/etc/passwd',
        'a/b.safetensors',
        '..',
        '',
        'C:\\x.bin',
        'x.sh',
        7,
        null,
      ]
      for (const name of escapes) {
        index({ a: name })
        await rejectsWith(openCheckpoint(shards), 'ERR_CHECKPOINT_CORRUPT', /file name/)
      }
      index({ a: 'model-two.safetensors' })
      await rejectsWith(openCheckpoint(shards), 'ERR_CHECKPOINT_CORRUPT', /lacks/)
      for (const map of [undefined, null, [], {}]) {
        index(map)
        await rejectsWith(openCheckpoint(shards), 'ERR_CHECKPOINT_CORRUPT')
      }
      writeFileSync(join(shards, 'model.safetensors.index.json'), '{"weight_map":{"a":"x.bin","a":"y.bin"}}')
      await rejectsWith(openCheckpoint(shards), 'ERR_CHECKPOINT_CORRUPT', /twice/)
    })
  })
})
