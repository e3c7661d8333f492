import assert from 'node:assert/strict'
import { renameSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ParameterRow, Program, StoredType, Tensor } from '../../binding.d.ts'
import { temporaryDirectory } from '../support/temp.js'
import {
  engineOptions,
  expectedEmbedding,
  ids,
  loadBinding,
  programOptions,
  rows,
  weights,
  work,
} from './tiny.js'

describe('native programs', () => {
  const directory = temporaryDirectory()
  const { binding } = loadBinding()
  let program: Program
  before(async () => {
    await binding.loadEngine(await engineOptions())
    program = await binding.Program.load(programOptions(directory()))
  })
  after(() => program.close())

  const close = (actual: Tensor | undefined, expected: readonly number[], tolerance = 1e-6) => {
    assert.equal(actual?.data.length, expected.length)
    for (const [i, value] of expected.entries()) {
      const got = actual?.data[i] as number
      assert.ok(Math.abs(got - value) <= tolerance, `element ${i}: expected ${value} but got ${got}`)
    }
  }

  /** A program whose weights are `bytes` under `parameters`. */
  const loadWith = (bytes: Uint8Array, parameters: readonly ParameterRow[], more = {}) => {
    const file = join(directory(), 'other.bin')
    writeFileSync(file, bytes)
    return binding.Program.load(
      programOptions(directory(), { files: [{ path: file }], methods: ['embed'], parameters, ...more }),
    )
  }

  it('computes with the weights of the file', async () => {
    const [result, ...rest] = await program.run('embed', [ids(1, 2, 3)])
    assert.deepEqual([rest.length, result?.type, result?.dims], [0, 'float32', [1, 4]])
    close(result, expectedEmbedding([1, 2, 3]))
  })

  it('returns several tensors, and tensors without elements', async () => {
    const both = await program.run('decode', [ids(4, 5)])
    assert.deepEqual(
      both.map(({ dims }) => dims),
      [
        [1, 2, 16],
        [1, 2, 8],
      ],
    )
    const [none] = await program.run('echo', [{ type: 'float32', dims: [0, 3], data: new Float32Array(0) }])
    assert.deepEqual([none?.dims, none?.data.length], [[0, 3], 0])
  })

  it('copies inputs at the call, from where a subarray begins', async () => {
    for (const data of [
      Float32Array.from([9, 1, 2, 3]).subarray(1),
      Int32Array.from([9, 1, 2, 3]).subarray(1),
      Uint8Array.from([9, 1, 2, 3]).subarray(1),
    ]) {
      const type = data instanceof Float32Array ? 'float32' : data instanceof Int32Array ? 'int32' : 'uint8'
      const running = program.run('echo', [{ type, dims: [3], data }])
      data.fill(7)
      close((await running)[0], [1, 2, 3])
    }
  })

  it('shares one tensor among rows that name the same bytes', async () => {
    const tied = rows.map((row) => (row.name === 'decoder.weight' ? { ...row, offset: 0 } : row))
    const other = await binding.Program.load(programOptions(directory(), { parameters: tied }))
    const [scores, words] = await other.run('decode', [ids(3)])
    const word = [...(words?.data.subarray(0, 8) ?? [])]
    close(
      scores,
      Array.from({ length: 16 }, (_, i) =>
        word.reduce((sum, x, k) => sum + x * (weights[i * 8 + k] as number), 0),
      ),
    )
    other.close()
  })

  for (const [type, bytes, tolerance] of [
    ['float64', new Uint8Array(Float64Array.from(weights).buffer), 1e-6],
    ['bfloat16', bfloat16(weights), 0.05],
    ['int64', new Uint8Array(BigInt64Array.from(weights, (x) => BigInt(Math.round(x))).buffer), 4],
  ] as const) {
    it(`casts ${type} weights`, async () => {
      const scale = type === 'bfloat16' ? 0.5 : 2
      const stored = rows.map((row) => ({ ...row, type: type as StoredType, offset: row.offset * scale }))
      const other = await loadWith(bytes, stored)
      close((await other.run('embed', [ids(1, 2)]))[0], expectedEmbedding([1, 2]), tolerance)
      other.close()
    })
  }

  for (const precision of ['float16', 'bfloat16'] as const) {
    it(`computes in ${precision} and returns float32`, async () => {
      const other = await binding.Program.load(programOptions(directory(), { methods: ['embed'], precision }))
      const [result] = await other.run('embed', [ids(1, 2, 3)])
      assert.ok(result?.data instanceof Float32Array)
      close(result, expectedEmbedding([1, 2, 3]), precision === 'float16' ? 0.005 : 0.05)
      assert.notDeepEqual([...result.data], [...Float32Array.from(expectedEmbedding([1, 2, 3]))])
      other.close()
    })
  }

  it('reads weights with strides, and at offsets that are not aligned', async () => {
    // head.weight is stored as its transpose, and everything lies three bytes further on.
    const bytes = new Uint8Array(3 + weights.byteLength)
    const moved = Float32Array.from(weights)
    for (let i = 0; i < 4; i++) {
      for (let k = 0; k < 8; k++) moved[128 + k * 4 + i] = weights[128 + i * 8 + k] as number
    }
    bytes.set(new Uint8Array(moved.buffer), 3)
    const shifted = rows.map((row) => ({
      ...row,
      offset: row.offset + 3,
      ...(row.name === 'head.weight' ? { strides: [1, 4] } : {}),
    }))
    const other = await loadWith(bytes, shifted)
    close((await other.run('embed', [ids(1, 2, 3)]))[0], expectedEmbedding([1, 2, 3]))
    other.close()
  })

  it('does not need the weights of methods that were not asked for', async () => {
    const other = await loadWith(new Uint8Array(weights.buffer), rows.slice(0, 3))
    close((await other.run('embed', [ids(7)]))[0], expectedEmbedding([7]))
    await assert.rejects(other.run('decode', [ids(7)]), { code: 'ERR_MODEL_GRAPH' })
    other.close()
  })

  it('refuses weights that do not fit', async () => {
    const bytes = new Uint8Array(weights.buffer)
    const [words, ...others] = rows as [ParameterRow, ...ParameterRow[]]
    await assert.rejects(loadWith(bytes, others), { code: 'ERR_CHECKPOINT_KEYS', message: /words\.weight/ })
    await assert.rejects(loadWith(bytes, [{ ...words, shape: [8, 16] }, ...others]), {
      code: 'ERR_CHECKPOINT_SHAPE',
      message: /words\.weight.*\[8, 16\].*\[16, 8\]/,
    })
    await assert.rejects(loadWith(bytes.subarray(0, 300), rows.slice(0, 1)), {
      code: 'ERR_CHECKPOINT_TRUNCATED',
      message: /other\.bin.*words\.weight/,
    })
    for (const strides of [
      [2 ** 52, 1],
      [2 ** 50, 2 ** 50],
    ]) {
      await assert.rejects(loadWith(bytes, [{ ...words, strides }, ...others]), {
        code: 'ERR_CHECKPOINT_TRUNCATED',
      })
    }
  })

  for (const type of ['float32', 'float64', 'float16', 'bfloat16'] as const) {
    for (const [what, bits] of [
      ['NaN', { float32: 0x7fc00001n, float64: 0x7ff8000000000001n, float16: 0x7e01n, bfloat16: 0x7fc1n }],
      [
        'infinity',
        { float32: 0x7f800000n, float64: 0x7ff0000000000000n, float16: 0x7c00n, bfloat16: 0x7f80n },
      ],
      [
        '-infinity',
        { float32: 0xff800000n, float64: 0xfff0000000000000n, float16: 0xfc00n, bfloat16: 0xff80n },
      ],
    ] as const) {
      it(`refuses ${what} among bound weights of ${type}, wherever it is`, async () => {
        const size = { float32: 4, float64: 8, float16: 2, bfloat16: 2 }[type]
        // 128 numbers of words.weight, 32 of head.weight, 4 of head.bias; 128 of decoder.weight are not bound.
        const stored = rows.map((row) => ({ ...row, type, offset: (row.offset / 4) * size }))
        const poisoned = (at: number) => {
          const bytes = Buffer.alloc(292 * size)
          for (let i = 0; i < size; i++) bytes[at * size + i] = Number((bits[type] >> BigInt(8 * i)) & 255n)
          return bytes
        }
        for (const [at, name, index] of [
          [0, 'words.weight', 0],
          [127, 'words.weight', 127],
          [131, 'head.weight', 3],
          [163, 'head.bias', 3],
        ] as const) {
          await assert.rejects(loadWith(poisoned(at), stored), {
            code: 'ERR_CHECKPOINT_CORRUPT',
            message: new RegExp(`${name} of .*other\\.bin .*first at element ${index}:.*allowNonFinite`),
          })
          ;(await loadWith(poisoned(at), stored, { allowNonFinite: true })).close()
        }
        ;(await loadWith(poisoned(164), stored)).close()
      })
    }
  }

  it('refuses weights that only the chosen precision makes infinite', async () => {
    const large = weights.slice()
    large[5] = 70_000
    const bytes = new Uint8Array(large.buffer)
    ;(await loadWith(bytes, rows)).close()
    ;(await loadWith(bytes, rows, { precision: 'bfloat16' })).close()
    await assert.rejects(loadWith(bytes, rows, { precision: 'float16' }), {
      code: 'ERR_CHECKPOINT_CORRUPT',
      message: /words\.weight .*in Half, first at element 5/,
    })
  })

  it('looks at the elements of a strided weight, not at what lies between them', async () => {
    const wide = new Float32Array(4 * 16 + 300)
    const stored = rows.map((row) =>
      row.name === 'head.weight' ? { ...row, strides: [16, 2], offset: 300 * 4 } : row,
    )
    for (const [at, refused] of [
      [1, false],
      [16, true],
    ] as const) {
      const bytes = wide.slice()
      bytes[300 + at] = Number.NaN
      const loading = loadWith(new Uint8Array(bytes.buffer), stored)
      if (refused) await assert.rejects(loading, { message: /head\.weight .*first at element 8:/ })
      else (await loading).close()
    }
  })

  it('refuses a file that is not the one whose index was read', async () => {
    const path = join(directory(), 'known.bin')
    writeFileSync(path, weights)
    const identity = () => {
      const { dev, ino, size, mtimeNs } = statSync(path, { bigint: true })
      return `${dev}:${ino}:${size}:${mtimeNs}`
    }
    const load = (identity: string) =>
      binding.Program.load(programOptions(directory(), { files: [{ path, identity }] }))
    const known = identity()
    ;(await load(known)).close()
    const changed = { code: 'ERR_CHECKPOINT_CHANGED', message: /known\.bin was replaced or written/ }
    writeFileSync(`${path}.new`, weights)
    renameSync(`${path}.new`, path)
    await assert.rejects(load(known), changed)
    const replaced = identity()
    ;(await load(replaced)).close()
    writeFileSync(
      path,
      weights.map((x) => -x),
    )
    await assert.rejects(load(replaced), changed)
    const written = identity()
    truncateSync(path, weights.byteLength - 4)
    await assert.rejects(load(written), changed)
    await assert.rejects(load(''), changed)
  })

  it('refuses graphs, methods and devices that are not there', async () => {
    const bytes = new Uint8Array(weights.buffer)
    await assert.rejects(loadWith(bytes, rows, { methods: ['nothing'] }), { code: 'ERR_MODEL_GRAPH' })
    await assert.rejects(loadWith(bytes, rows, { graph: join(directory(), 'other.bin') }), {
      code: 'ERR_MODEL_GRAPH',
    })
    await assert.rejects(loadWith(bytes, rows, { device: 'cuda:63' }), {
      code: 'ERR_DEVICE_UNAVAILABLE',
      message: /cuda:63.*cpu/,
    })
  })

  it('refuses tensors whose dims or type do not match their data', async () => {
    const data = new Float32Array(6)
    await assert.rejects(program.run('echo', [{ type: 'float32', dims: [7], data }]), {
      code: 'ERR_OUT_OF_RANGE',
    })
    await assert.rejects(
      program.run('echo', [{ type: 'float32', dims: [2 ** 52, 2 ** 52], data }]),
      RangeError,
    )
    await assert.rejects(program.run('echo', [{ type: 'float32', dims: [-1, -6], data }]), TypeError)
    await assert.rejects(program.run('echo', [{ type: 'int32', dims: [6], data }]), {
      code: 'ERR_INVALID_ARG_TYPE',
    })
    await assert.rejects(program.run('echo', [{} as never]), TypeError)
    structuredClone(data, { transfer: [data.buffer] })
    await assert.rejects(program.run('echo', [{ type: 'float32', dims: [6], data }]), RangeError)
  })

  it('names failures inside libtorch in a line, without a C++ stack', async () => {
    const values: Tensor = { type: 'float32', dims: [2, 3], data: new Float32Array(6) }
    await assert.rejects(program.run('fail', [values]), {
      code: 'ERR_NATIVE',
      message: 'mat1 and mat2 shapes cannot be multiplied (2x3 and 4x2)',
    })
    const gigabytes: Tensor = { type: 'int32', dims: [1], data: Int32Array.of(1 << 20) }
    await assert.rejects(program.run('allocate', [gigabytes]), { code: 'ERR_OUT_OF_MEMORY' })
  })

  it('refuses a borrowed method and a constructor call', async () => {
    const { run } = program
    const foreign = Object.create(binding.Program.prototype) as Program
    for (const self of [{}, foreign, undefined, new Map()]) {
      assert.throws(() => run.call(self as never, 'echo', []), TypeError)
      assert.throws(() => program.close.call(self as never), TypeError)
    }
    assert.throws(() => new binding.Program(), { name: 'TypeError', message: /Program\.load/ })
  })

  it('leaves the event loop and file reads alone while it runs', async () => {
    let ticks = 0
    let longest = 0
    let last = performance.now()
    const timer = setInterval(() => {
      const now = performance.now()
      longest = Math.max(longest, now - last)
      last = now
      ticks++
    }, 5)
    const started = performance.now()
    // More runs than libuv has threads.
    const running = Promise.all(Array.from({ length: 8 }, () => work(program, 100)))
    await readFile(new URL(import.meta.url))
    const read = performance.now() - started
    await running
    const took = performance.now() - started
    clearInterval(timer)
    assert.ok(read < took / 4, `a file read took ${read.toFixed(0)} ms of ${took.toFixed(0)}`)
    assert.ok(ticks > took / 50, `${ticks} ticks in ${took.toFixed(0)} ms`)
    assert.ok(longest < 200, `the event loop stood still for ${longest.toFixed(0)} ms`)
  })
})

function bfloat16(values: Float32Array): Uint8Array {
  const halves = new Uint16Array(values.buffer.slice(0))
  return new Uint8Array(halves.filter((_, i) => i % 2 === 1).buffer)
}
