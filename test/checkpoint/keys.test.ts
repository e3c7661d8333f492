import assert from 'node:assert/strict'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspectModel, synthesize } from 'biovil'
import { temporaryDirectory } from '../support/temp.js'
import { rejectsWith, safetensors } from './support.js'

interface Stored {
  dtype: string
  shape: number[]
  data: Buffer
}

const word = 'bert.embeddings.word_embeddings.weight'
const decoder = 'cls.predictions.decoder.weight'

describe('the keys of a checkpoint', () => {
  const directory = temporaryDirectory()
  let base: string
  let count = 0

  before(async () => {
    base = join(directory(), 'base')
    const sizes = { layers: 2, heads: 2, hidden: 16, intermediate: 32, projection: 8, positions: 8 }
    await synthesize(base, { ...sizes, seed: 1, formats: ['safetensors'] })
  })

  /** A copy of the model whose weights and configuration were edited. */
  function variant(
    edit: (tensors: Map<string, Stored>, get: (name: string) => Stored) => void,
    config: Record<string, unknown> = {},
  ): string {
    const path = join(directory(), `variant${count++}`)
    cpSync(base, path, { recursive: true })
    const tensors = readSafetensors(join(path, 'model.safetensors'))
    edit(tensors, (name) => tensors.get(name) ?? assert.fail(name))
    writeFileSync(join(path, 'model.safetensors'), writeSafetensors(tensors))
    const file = join(path, 'config.json')
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), ...config }))
    return path
  }
  const inspect = async (...args: Parameters<typeof variant>) =>
    (await inspectModel(variant(...args))).parts.text ?? assert.fail()

  it('of the published layout all fit', async () => {
    const { methods, keys } = (await inspectModel(base)).parts.text ?? assert.fail()
    assert.deepEqual([...methods].sort(), ['cls_hidden', 'embed', 'hidden', 'mlm'])
    assert.deepEqual(keys, {
      missing: [],
      unexpected: [],
      ignored: [],
      renamed: {},
      tied: { [decoder]: word },
    })
  })

  it('that are known and not needed are reported as ignored', async () => {
    const ignored = ['bert.embeddings.position_ids', 'bert.pooler.dense.weight', 'cls.seq_relationship.bias']
    const { keys } = await inspect((tensors) => {
      for (const name of ignored) tensors.set(name, { dtype: 'I64', shape: [1], data: Buffer.alloc(8) })
    })
    assert.deepEqual([...keys.ignored].sort(), ignored)
    assert.deepEqual(keys.unexpected, [])
  })

  it('that nothing knows are reported as unexpected', async () => {
    const { keys, methods } = await inspect((tensors) => {
      tensors.set('classifier.weight', { dtype: 'U8', shape: [1], data: Buffer.alloc(1) })
      tensors.set('constructor', { dtype: 'U8', shape: [1], data: Buffer.alloc(1) })
    })
    assert.deepEqual([...keys.unexpected].sort(), ['classifier.weight', 'constructor'])
    assert.equal(methods.length, 4)
  })

  it('with legacy names of LayerNorm are translated', async () => {
    const { keys, methods } = await inspect((tensors) => {
      for (const name of [...tensors.keys()]) {
        if (!name.includes('LayerNorm')) continue
        rename(tensors, name, name.replace('.weight', '.gamma').replace('.bias', '.beta'))
      }
    })
    assert.equal(methods.length, 4)
    assert.equal(Object.keys(keys.renamed).length, 14)
    assert.equal(keys.renamed['bert.embeddings.LayerNorm.gamma'], 'bert.embeddings.LayerNorm.weight')
    assert.equal(keys.renamed['cls_projection_head.LayerNorm.beta'], 'cls_projection_head.LayerNorm.bias')
  })

  it('that are proper win over those that must be translated, in any order', async () => {
    const { keys } = await inspect((tensors, get) => {
      const stored = [...tensors]
      tensors.clear()
      tensors.set('bert.embeddings.LayerNorm.gamma', { dtype: 'F32', shape: [1], data: Buffer.alloc(4) })
      for (const [name, value] of stored) tensors.set(name, value)
      tensors.set('cls.predictions.decoder.bias', get('cls.predictions.bias'))
    })
    assert.deepEqual(keys.unexpected, ['bert.embeddings.LayerNorm.gamma'])
    assert.equal(keys.tied['cls.predictions.decoder.bias'], 'cls.predictions.bias')
  })

  it('of a bare BertModel get their prefix; there are no heads then', async () => {
    const { keys, methods, dimension } = await inspect((tensors) => {
      for (const name of [...tensors.keys()]) {
        if (name.startsWith('bert.')) rename(tensors, name, name.slice(5))
        else tensors.delete(name)
      }
      tensors.set('pooler.dense.bias', { dtype: 'F32', shape: [1], data: Buffer.alloc(4) })
    })
    assert.deepEqual([...methods].sort(), ['cls_hidden', 'hidden'])
    assert.equal(dimension, 16)
    assert.equal(keys.renamed['embeddings.word_embeddings.weight'], word)
    assert.deepEqual(keys.ignored, ['pooler.dense.bias'])
    assert.ok(keys.missing.includes('cls_projection_head.dense_to_hidden.weight'))
    assert.ok(keys.missing.includes('cls.predictions.bias'))
    assert.deepEqual(keys.tied, {})
  })

  it('of an encoder without projection head leave the other methods', async () => {
    const { keys, methods } = await inspect(
      (tensors) => {
        for (const name of [...tensors.keys()])
          if (name.startsWith('cls_projection_head')) tensors.delete(name)
      },
      { projection_size: undefined },
    )
    assert.deepEqual([...methods].sort(), ['cls_hidden', 'hidden', 'mlm'])
    assert.equal(keys.missing.length, 6)
  })

  it('with a decoder: the word embeddings win, unless the configuration unties them', async () => {
    const own = (tensors: Map<string, Stored>, get: (name: string) => Stored) => {
      tensors.set(decoder, { ...get(word), data: Buffer.alloc(get(word).data.length) })
    }
    const tied = await inspect(own)
    assert.equal(tied.keys.tied[decoder], word)
    const untied = await inspect(own, { tie_word_embeddings: false })
    assert.deepEqual(untied.keys.tied, {})
    assert.ok(untied.parameters > tied.parameters)
    const missing = variant(() => {}, { tie_word_embeddings: false })
    await rejectsWith(inspectModel(missing), 'ERR_CHECKPOINT_KEYS', /predictions\.decoder\.weight/)
  })

  it('with only the decoder bias: it is the bias', async () => {
    const { keys, methods } = await inspect((tensors) =>
      rename(tensors, 'cls.predictions.bias', 'cls.predictions.decoder.bias'),
    )
    assert.ok(methods.includes('mlm'))
    assert.equal(keys.renamed['cls.predictions.decoder.bias'], 'cls.predictions.bias')
  })

  it('of the encoder must all be there', async () => {
    const path = variant((tensors) => {
      for (const name of [...tensors.keys()]) if (name.includes('layer.1.')) tensors.delete(name)
    })
    await rejectsWith(inspectModel(path), 'ERR_CHECKPOINT_KEYS', /lacks 16 .*bert\.encoder\.layer\.1\..*…/)
  })

  it('of a head must be there as a whole', async () => {
    const projection = variant((tensors) => tensors.delete('cls_projection_head.LayerNorm.weight'))
    await rejectsWith(
      inspectModel(projection),
      'ERR_CHECKPOINT_KEYS',
      /'embed'.*cls_projection_head\.LayerNorm\.weight/,
    )
    const mlm = variant((tensors) => tensors.delete('cls.predictions.transform.dense.bias'))
    await rejectsWith(inspectModel(mlm), 'ERR_CHECKPOINT_KEYS', /'mlm'.*transform\.dense\.bias/)
  })

  it('must have the shapes of the configuration', async () => {
    const narrow = variant((_, get) => {
      const tensor = get('bert.encoder.layer.0.output.dense.weight')
      tensor.shape = [32, 16]
    })
    await rejectsWith(
      inspectModel(narrow),
      'ERR_CHECKPOINT_SHAPE',
      /output\.dense\.weight .*\[32, 16\].*\[16, 32\]/,
    )
    const flat = variant((_, get) => {
      get('bert.embeddings.LayerNorm.bias').shape = [16, 1]
    })
    await rejectsWith(inspectModel(flat), 'ERR_CHECKPOINT_SHAPE', /\[16, 1\].*\[16\]/)
    await rejectsWith(
      inspectModel(variant(() => {}, { max_position_embeddings: 9 })),
      'ERR_CHECKPOINT_SHAPE',
      /\[8, 16\].*\[9, 16\]/,
    )
    const unnamed = variant(() => {}, { projection_size: undefined })
    await rejectsWith(inspectModel(unnamed), 'ERR_MODEL_CONFIG', /projection_size/)
  })

  it('may be float16, bfloat16 or float64; other types are refused where they are needed', async () => {
    for (const [dtype, type, size] of [
      ['F16', 'float16', 2],
      ['BF16', 'bfloat16', 2],
      ['F64', 'float64', 8],
    ] as const) {
      const { types } = await inspect((tensors) => {
        for (const tensor of tensors.values()) {
          tensor.dtype = dtype
          tensor.data = Buffer.alloc((tensor.data.length / 4) * size)
        }
      })
      assert.deepEqual(types, [type])
    }
    const quantized = variant((_, get) => {
      const tensor = get('bert.embeddings.LayerNorm.bias')
      tensor.dtype = 'I8'
      tensor.data = Buffer.alloc(16)
    })
    await rejectsWith(inspectModel(quantized), 'ERR_CHECKPOINT_UNSUPPORTED', /LayerNorm\.bias .*int8/)
  })
})

function rename(tensors: Map<string, Stored>, from: string, to: string): void {
  const stored = tensors.get(from) ?? assert.fail(from)
  tensors.delete(from)
  tensors.set(to, stored)
}

function readSafetensors(path: string): Map<string, Stored> {
  const bytes = readFileSync(path)
  const start = 8 + Number(bytes.readBigUInt64LE())
  const header = JSON.parse(bytes.toString('utf8', 8, start)) as Record<
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] }
  >
  const tensors = new Map<string, Stored>()
  for (const [name, { dtype, shape, data_offsets: [begin, end] = [0, 0] }] of Object.entries(header)) {
    if (name === '__metadata__') continue
    tensors.set(name, { dtype, shape, data: bytes.subarray(start + begin, start + end) })
  }
  return tensors
}

function writeSafetensors(tensors: ReadonlyMap<string, Stored>): Buffer {
  const header: Record<string, unknown> = {}
  let end = 0
  for (const [name, { dtype, shape, data }] of tensors) {
    const begin = end
    end += data.length
    header[name] = { dtype, shape, data_offsets: [begin, end] }
  }
  return safetensors(header, Buffer.concat([...tensors.values()].map(({ data }) => data)))
}
