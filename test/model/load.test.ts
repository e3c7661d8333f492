import assert from 'node:assert/strict'
import { cpSync, existsSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { inspectModel, type LoadOptions, loadModel } from 'biovil'
import { loadTiny, tinyModelDirectory } from '../support/models.js'
import { root } from '../support/root.js'
import { temporaryDirectory } from '../support/temp.js'

describe('loadModel()', () => {
  const directory = temporaryDirectory()
  const name = 'bert.embeddings.word_embeddings.weight'
  let copies = 0

  /** A copy of the tiny model that a test may damage. */
  async function copy(): Promise<string> {
    const path = join(directory(), `model-${copies++}`)
    cpSync(await tinyModelDirectory(), path, { recursive: true })
    return path
  }

  function edit(path: string, change: (json: Record<string, unknown>) => void): void {
    const json = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>
    change(json)
    writeFileSync(path, JSON.stringify(json))
  }

  it('says what was loaded', async () => {
    await using model = await loadTiny()
    assert.equal(model.device, 'cpu')
    assert.equal(model.dimension, 16)
    assert.equal(model.untrained, true)
    assert.deepEqual(model.facts.text?.keys.missing, [])
    assert.match(model.facts.libtorch, /^2\.11\./)
    assert.match(inspect(model), /^Model\(.*, cpu, float32, 16-d, UNTRAINED\)$/)
  })

  it('gives the same numbers from .bin and .safetensors', async () => {
    await using a = await loadTiny({ weights: 'safetensors' })
    await using b = await loadTiny({ weights: 'pytorch' })
    assert.match(b.facts.text?.files[0] as string, /pytorch_model\.bin$/)
    const texts = ['w5 w6', 'w7 [MASK]']
    assert.deepEqual((await a.embedText(texts)).data, (await b.embedText(texts)).data)
    assert.deepEqual(await a.fillMask('w7 [MASK]'), await b.fillMask('w7 [MASK]'))
    assert.ok(b.facts.text?.keys.ignored.includes('bert.embeddings.position_ids'))
  })

  it('refuses weights that are NaN or infinite unless told otherwise', async () => {
    const path = await copy()
    const file = join(path, 'model.safetensors')
    const bytes = readFileSync(file)
    const start = 8 + Number(bytes.readBigUInt64LE())
    const { [name]: tensor } = JSON.parse(bytes.subarray(8, start).toString())
    bytes.writeFloatLE(Number.NEGATIVE_INFINITY, start + tensor.data_offsets[0] + 4 * 7)
    writeFileSync(file, bytes)
    await assert.rejects(loadModel(path, { device: 'cpu' }), {
      code: 'ERR_CHECKPOINT_CORRUPT',
      message: /word_embeddings\.weight .*first at element 7:.*allowNonFinite/,
    })
    await using model = await loadModel(path, { device: 'cpu', allowNonFinite: true })
    assert.equal(model.dimension, 16)
  })

  it('refuses weights that are replaced while it loads', async () => {
    const path = await copy()
    const file = join(path, 'pytorch_model.bin')
    const onProgress = () => {
      if (existsSync(`${file}.new`)) return
      cpSync(file, `${file}.new`)
      renameSync(`${file}.new`, file)
      writeFileSync(`${file}.new`, '')
    }
    await assert.rejects(loadModel(path, { device: 'cpu', weights: 'pytorch', onProgress }), {
      code: 'ERR_CHECKPOINT_CHANGED',
      message: /pytorch_model\.bin was replaced or written/,
    })
  })

  it('names an unknown model and a directory that is not there', async () => {
    await assert.rejects(loadModel('cxr-bert-specialised'), {
      code: 'ERR_MODEL_UNKNOWN',
      message: /cxr-bert-specialized/,
    })
    await assert.rejects(loadModel(join(directory(), 'nowhere')), {
      code: 'ERR_MODEL_UNKNOWN',
      message: /nowhere/,
    })
  })

  for (const [file, code] of [
    ['config.json', 'ERR_MODEL_FILE_MISSING'],
    ['vocab.txt', 'ERR_MODEL_FILE_MISSING'],
  ] as const) {
    it(`names ${file} when it is missing`, async () => {
      const path = await copy()
      rmSync(join(path, file))
      await assert.rejects(loadModel(path), { code, message: new RegExp(file.replace('.', '\\.')) })
    })
  }

  it('names the weight files it looked for', async () => {
    const path = await copy()
    rmSync(join(path, 'model.safetensors'))
    rmSync(join(path, 'pytorch_model.bin'))
    await assert.rejects(loadModel(path), {
      code: 'ERR_MODEL_FILE_MISSING',
      message: /model\.safetensors.*pytorch_model\.bin/,
    })
  })

  it('notices truncated and damaged weights before they are used', async () => {
    const path = await copy()
    const bin = join(path, 'pytorch_model.bin')
    const bytes = readFileSync(bin)
    truncateSync(bin, bytes.length - 5000)
    await assert.rejects(loadModel(path, { weights: 'pytorch' }), { code: 'ERR_CHECKPOINT_TRUNCATED' })
    const flipped = Buffer.from(bytes)
    const at = Math.floor(bytes.length / 2)
    flipped[at] = (flipped[at] as number) ^ 0x10
    writeFileSync(bin, flipped)
    await assert.rejects(loadModel(path, { weights: 'pytorch' }), { code: 'ERR_CHECKPOINT_CORRUPT' })
    truncateSync(join(path, 'model.safetensors'), 20_000)
    await assert.rejects(loadModel(path, { weights: 'safetensors' }), { code: 'ERR_CHECKPOINT_TRUNCATED' })
  })

  it('names a weight of another shape, and one that is missing', async () => {
    const path = await copy()
    edit(join(path, 'config.json'), (config) => {
      config['projection_size'] = 24
    })
    await assert.rejects(loadModel(path), {
      code: 'ERR_CHECKPOINT_SHAPE',
      message: /cls_projection_head.*\[16, ?32\].*\[24, ?32\]|cls_projection_head/,
    })
  })

  it('explains a configuration that it cannot run', async () => {
    for (const [key, value, code] of [
      ['hidden_act', 'relu', 'ERR_MODEL_CONFIG'],
      ['hidden_size', 'wide', 'ERR_MODEL_CONFIG'],
      ['num_hidden_layers', 5, 'ERR_MODEL_GRAPH'],
      ['layer_norm_eps', 1e-5, 'ERR_MODEL_GRAPH'],
      ['vocab_size', 100, 'ERR_VOCABULARY'],
    ] as const) {
      const path = await copy()
      edit(join(path, 'config.json'), (config) => {
        config[key] = value
      })
      await assert.rejects(loadModel(path), (error: { code: string; message: string }) => {
        assert.equal(error.code, code, `${key}: ${error.message}`)
        return true
      })
    }
  })

  it('refuses a vocabulary without special tokens', async () => {
    const path = await copy()
    const vocabulary = join(path, 'vocab.txt')
    writeFileSync(vocabulary, readFileSync(vocabulary, 'utf8').replace('[MASK]', 'mask'))
    await assert.rejects(loadModel(path), { code: 'ERR_VOCABULARY', message: /\[MASK\]/ })
  })

  it('refuses devices that are not there, in words that help', async () => {
    const path = await tinyModelDirectory()
    // Without a libtorch that knows CUDA there is nothing to ask for devices.
    await assert.rejects(
      loadModel(path, { device: 'cuda:7' }),
      (error: { code: string; message: string }) => {
        assert.match(error.code, /^ERR_(DEVICE_UNAVAILABLE|LIBTORCH_NOT_FOUND)$/)
        assert.match(error.message, /cuda/i)
        return true
      },
    )
  })

  it('refuses wrong types and unknown options', async () => {
    const path = await tinyModelDirectory()
    const wrong = (options: unknown) => loadModel(path, options as LoadOptions)
    await assert.rejects(loadModel(7 as unknown as string), { code: 'ERR_INVALID_ARG_TYPE' })
    await assert.rejects(wrong({ devcie: 'cpu' }), { code: 'ERR_UNKNOWN_OPTION', message: /devcie.*device/ })
    await assert.rejects(wrong({ device: 'gpu' }), { code: 'ERR_INVALID_ARG_VALUE' })
    await assert.rejects(wrong({ dtype: 'int8' }), { code: 'ERR_INVALID_ARG_VALUE' })
    await assert.rejects(wrong({ threads: 0 }), { code: 'ERR_OUT_OF_RANGE' })
    await assert.rejects(wrong({ signal: {} }), { code: 'ERR_INVALID_ARG_TYPE' })
  })

  it("rejects with the signal's reason", async () => {
    const reason = new Error('changed my mind')
    await assert.rejects(loadModel(await tinyModelDirectory(), { signal: AbortSignal.abort(reason) }), reason)
  })

  it('takes a graph that is named, and checks that it fits', async () => {
    const graphs = join(root, 'models/graphs')
    await using model = await loadTiny({ graph: join(graphs, 'bert-L2-A2.pt') })
    assert.equal((await model.embedText('w5')).length, 1)
    await assert.rejects(loadTiny({ graph: join(graphs, 'bert-L12-A12.pt') }), { code: 'ERR_MODEL_GRAPH' })
    await assert.rejects(loadTiny({ graph: join(directory(), 'none.pt') }), { code: 'ERR_MODEL_GRAPH' })
    const damaged = join(directory(), 'bert-L2-A2.pt')
    cpSync(join(graphs, 'bert-L2-A2.json'), damaged.replace('.pt', '.json'))
    writeFileSync(damaged, 'no graph')
    await assert.rejects(loadTiny({ graph: damaged }), { code: 'ERR_MODEL_GRAPH' })
  })
})

describe('inspectModel()', () => {
  it('reads sizes, keys and what is offered, without libtorch', async () => {
    const { untrained, parts } = await inspectModel(await tinyModelDirectory())
    assert.equal(untrained, true)
    assert.equal(parts.text?.format, 'safetensors')
    assert.deepEqual(parts.text?.types, ['float32'])
    assert.ok(parts.text?.methods.includes('mlm'))
    assert.equal(parts.text?.dimension, 16)
  })
})
