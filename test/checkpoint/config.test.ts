import assert from 'node:assert/strict'
import { copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspectModel, loadModel, synthesize } from 'biovil'
import { root } from '../support/root.js'
import { temporaryDirectory } from '../support/temp.js'
import { rejectsWith } from './support.js'

describe('config.json', () => {
  const directory = temporaryDirectory()
  let model: string
  let original: Record<string, unknown>
  const change = (changes: Record<string, unknown>) =>
    writeFileSync(join(model, 'config.json'), JSON.stringify({ ...original, ...changes }))

  before(async () => {
    model = join(directory(), 'model')
    await synthesize(model, {
      ...{ layers: 2, heads: 2, hidden: 16, intermediate: 32, projection: 8, positions: 8 },
      seed: 5,
      formats: ['safetensors'],
    })
    original = JSON.parse(readFileSync(join(model, 'config.json'), 'utf8'))
  })
  beforeEach(() => change({}))

  it('gives sizes, seed and that the weights are untrained', async () => {
    const { untrained, seed, parts } = await inspectModel(model)
    assert.deepEqual([untrained, seed], [true, 5])
    const { layers, heads, hiddenSize, maxLength, dimension } = parts.text ?? assert.fail()
    assert.deepEqual([layers, heads, hiddenSize, maxLength, dimension], [2, 2, 16, 8, 8])
  })

  it('needs no model_type, and defaults what transformers defaults', async () => {
    const keys = ['model_type', 'layer_norm_eps', 'hidden_act', 'position_embedding_type', 'architectures']
    change(Object.fromEntries(keys.map((key) => [key, undefined])))
    assert.equal((await inspectModel(model)).parts.text?.methods.length, 4)
  })

  it('says false of a model that was trained on real films', async () => {
    for (const biovil of [{ untrained: false }, { untrained: false, demonstration: false, phase: 'joint' }]) {
      change({ biovil })
      const { untrained, demonstration } = await inspectModel(model)
      // The weight file beside it is of an untrained model and says so.
      assert.deepEqual([untrained, demonstration], [true, false])
    }
  })

  const refused: [Record<string, unknown>, RegExp][] = [
    [{ hidden_size: undefined }, /positive integer for hidden_size, but it is missing/],
    [{ num_hidden_layers: '2' }, /num_hidden_layers, but found "2"/],
    [{ num_attention_heads: 0 }, /num_attention_heads, but found 0/],
    [{ vocab_size: 1.5 }, /vocab_size, but found 1\.5/],
    [{ num_attention_heads: 3 }, /multiple of num_attention_heads \(3\) for hidden_size, but found 16/],
    [{ hidden_act: 'gelu_new' }, /'gelu' for hidden_act, but found "gelu_new"/],
    [{ position_embedding_type: 'relative_key' }, /'absolute' for position_embedding_type/],
    [{ layer_norm_eps: '1e-12' }, /layer_norm_eps/],
    [{ tie_word_embeddings: 'yes' }, /tie_word_embeddings/],
    [{ projection_size: -1 }, /projection_size/],
    [{ biovil: {} }, /biovil\.untrained/],
    [
      { biovil: { phase: 'joint' } },
      /true or false for biovil\.untrained or biovil\.demonstration, but it is missing/,
    ],
    [{ biovil: { untrained: null, demonstration: false } }, /biovil\.untrained, but found null/],
    [{ biovil: null }, /biovil\.untrained/],
  ]
  for (const [changes, message] of refused) {
    it(`is refused with ${JSON.stringify(changes, (_, value) => value ?? 'nothing')}`, async () => {
      change(changes)
      await rejectsWith(inspectModel(model), 'ERR_MODEL_CONFIG', message)
    })
  }

  it('is refused when it is not a JSON object', async () => {
    for (const text of ['{', '[]', 'null', '']) {
      writeFileSync(join(model, 'config.json'), text)
      await rejectsWith(inspectModel(model), 'ERR_MODEL_CONFIG', /config\.json/)
    }
    rmSync(join(model, 'config.json'))
    await rejectsWith(inspectModel(model), 'ERR_MODEL_FILE_MISSING', /config\.json/)
    mkdirSync(join(model, 'config.json'))
    await rejectsWith(inspectModel(model), 'ERR_MODEL_CONFIG', /cannot be read/)
    rmSync(join(model, 'config.json'), { recursive: true })
  })

  it('of a depth without a graph names the command that makes one', async () => {
    change({ num_hidden_layers: 3 })
    await rejectsWith(inspectModel(model), 'ERR_MODEL_GRAPH', /export\.py --layers 3 --heads 2/)
    change({ layer_norm_eps: 1e-5 })
    await rejectsWith(inspectModel(model), 'ERR_MODEL_GRAPH', /layer_norm_eps 0\.00001.* computes with 1e-12/)
  })

  it('takes a graph that is named, and checks it', async () => {
    const graph = join(directory(), 'graph.pt')
    const load = (path: string) => loadModel(model, { graph: path, device: 'cpu' })
    await rejectsWith(load(join(directory(), 'none.pt')), 'ERR_MODEL_GRAPH', /none\.pt/)
    for (const suffix of ['pt', 'json']) {
      copyFileSync(join(root, `models/graphs/bert-L2-A2.${suffix}`), join(directory(), `graph.${suffix}`))
    }
    const bytes = readFileSync(graph)
    bytes.writeUInt8(bytes.readUInt8(1000) ^ 1, 1000)
    writeFileSync(graph, bytes)
    await rejectsWith(load(graph), 'ERR_MODEL_GRAPH', /SHA-256/)
    writeFileSync(join(directory(), 'graph.json'), '{"format":2}')
    await rejectsWith(load(graph), 'ERR_MODEL_GRAPH', /format 1/)
    const deep = join(directory(), 'deep')
    cpSync(join(root, 'models/graphs'), deep, { recursive: true })
    await rejectsWith(
      load(join(deep, 'bert-L12-A12.pt')),
      'ERR_MODEL_GRAPH',
      /needs .*2 layers.* has 12 layers/,
    )
  })
})
