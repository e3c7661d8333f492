import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  writeFileSync,
} from 'node:fs'
import fs from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { loadTokenizer, openCheckpoint, type SynthesizeOptions, synthesize, type TensorRow } from 'biovil'
import { biovil } from '../support/cli.js'
import { fullModelDirectory, tinyModelDirectory } from '../support/models.js'
import { root } from '../support/root.js'
import { temporaryDirectory } from '../support/temp.js'
import { elements, rejectsWith } from './support.js'

const tiny = { layers: 2, heads: 2, hidden: 16, intermediate: 32, projection: 8, positions: 8 } as const

describe('synthesize', () => {
  const directory = temporaryDirectory()
  let count = 0
  const target = () => join(directory(), `model${count++}`)

  it('writes the same numbers in both formats, in the published layout', async () => {
    const path = target()
    const model = await synthesize(path, { ...tiny, seed: 9 })
    assert.deepEqual(
      model.files.map((file) => file.slice(path.length + 1)),
      [
        'config.json',
        'vocab.txt',
        'tokenizer_config.json',
        'special_tokens_map.json',
        'model.safetensors',
        'pytorch_model.bin',
      ],
    )
    assert.deepEqual(readdirSync(path).length, 6)
    const plain = await openCheckpoint(path)
    const torch = await openCheckpoint(path, { prefer: 'pytorch' })
    await torch.verify()
    assert.deepEqual(plain.metadata, { format: 'pt', untrained: 'true', seed: '9' })
    const position = 'bert.embeddings.position_ids'
    assert.deepEqual(
      [...torch.tensors.keys()].filter((name) => !plain.tensors.has(name)),
      [position, 'cls.predictions.decoder.weight', 'cls.predictions.decoder.bias'],
    )
    for (const row of plain.tensors.values()) {
      const other = torch.tensors.get(row.name) ?? assert.fail(row.name)
      assert.deepEqual(other.shape, row.shape)
      assert.deepEqual(elements(other), elements(row))
      assert.equal(other.offset % 64, 0)
    }
    assert.deepEqual(elements(torch.tensors.get(position) as TensorRow), [0n, 1n, 2n, 3n, 4n, 5n, 6n, 7n])
    assert.equal(
      torch.tensors.get('cls.predictions.decoder.weight')?.offset,
      torch.tensors.get('bert.embeddings.word_embeddings.weight')?.offset,
    )
    const total = [...plain.tensors.values()].reduce((sum, row) => sum + elements(row).length, 0)
    assert.equal(model.parameters, total)
  })

  it('writes about normal numbers that the seed and the name decide', async () => {
    const values = async (seed: number) => {
      const path = target()
      await synthesize(path, { ...tiny, hidden: 64, seed, formats: ['safetensors'] })
      const { tensors } = await openCheckpoint(path)
      return (name: string) => elements(tensors.get(name) ?? assert.fail(name)) as number[]
    }
    const first = await values(1)
    const word = first('bert.embeddings.word_embeddings.weight')
    const mean = word.reduce((a, b) => a + b) / word.length
    const deviation = Math.sqrt(word.reduce((sum, x) => sum + (x - mean) ** 2, 0) / word.length)
    assert.ok(Math.abs(mean) < 0.005 && Math.abs(deviation - 0.08) < 0.004, `${mean} ${deviation}`)
    const scale = first('bert.embeddings.LayerNorm.weight')
    assert.ok(scale.every((x) => Math.abs(x - 1) < 0.1))
    assert.deepEqual((await values(1))('bert.embeddings.LayerNorm.weight'), scale)
    assert.notDeepEqual((await values(2))('bert.embeddings.LayerNorm.weight'), scale)
    const layers = [0, 1].map((n) => first(`bert.encoder.layer.${n}.output.LayerNorm.weight`))
    assert.notDeepEqual(layers[0], layers[1])
  })

  for (const [name, model] of [
    ['tiny-seed3', tinyModelDirectory],
    ['cxr-bert-seed7', fullModelDirectory],
  ] as const) {
    it(`gives the bits that Python gives: ${name}`, async function () {
      this.timeout(60_000)
      const state = JSON.parse(readFileSync(join(root, `test/fixtures/parity/${name}.json`), 'utf8'))
      const weights = Object.entries(state.weights as Record<string, { shape: number[]; sha256: string }>)
      const { tensors } = await openCheckpoint(await model(state.seed))
      assert.equal(tensors.size, weights.length)
      for (const [tensor, { shape, sha256 }] of weights) {
        const row = tensors.get(tensor) ?? assert.fail(tensor)
        assert.deepEqual(row.shape, shape)
        assert.equal(hash(row), sha256, tensor)
      }
    })
  }

  it('marks what it writes as untrained', async () => {
    const path = target()
    await synthesize(path, { ...tiny, seed: 4, formats: ['pytorch'] })
    const config = JSON.parse(readFileSync(join(path, 'config.json'), 'utf8'))
    assert.deepEqual(config.biovil, { untrained: true, seed: 4 })
    assert.ok(!existsSync(join(path, 'model.safetensors')))
  })

  it('has a vocabulary of its own, or copies one', async () => {
    const path = target()
    const { vocabularySize } = await synthesize(path, { ...tiny, seed: 1 })
    const tokenizer = await loadTokenizer(path)
    assert.equal(tokenizer.vocabularySize, vocabularySize)
    const tokens = tokenizer.encode('Small left pleural effusion, no pneumothorax (1.5 cm).').tokens
    assert.ok(!tokens.includes('[UNK]'), tokens.join(' '))
    assert.ok(tokens.includes('effusion'))

    const vocabulary = join(directory(), 'vocab.txt')
    writeFileSync(vocabulary, '[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nlung')
    const copy = target()
    assert.equal((await synthesize(copy, { ...tiny, seed: 1, vocabulary })).vocabularySize, 6)
    assert.equal(readFileSync(join(copy, 'vocab.txt'), 'utf8'), readFileSync(vocabulary, 'utf8'))
    const wide = target()
    await synthesize(wide, { ...tiny, seed: 1, vocabulary, vocabularySize: 10 })
    const { tensors } = await openCheckpoint(wide)
    assert.deepEqual(tensors.get('bert.embeddings.word_embeddings.weight')?.shape, [10, 16])
    await assert.rejects(synthesize(target(), { ...tiny, seed: 1, vocabulary, vocabularySize: 5 }), {
      code: 'ERR_OUT_OF_RANGE',
    })
    writeFileSync(vocabulary, '[PAD]\n[UNK]\nlung\n')
    await rejectsWith(
      synthesize(target(), { ...tiny, seed: 1, vocabulary }),
      'ERR_VOCABULARY',
      /\[CLS\], \[SEP\], \[MASK\]/,
    )
    await rejectsWith(
      synthesize(target(), { ...tiny, seed: 1, vocabulary: 'none.txt' }),
      'ERR_VOCABULARY',
      /none\.txt/,
    )
  })

  it('leaves the projection head out on request', async () => {
    const path = target()
    await synthesize(path, { ...tiny, projection: null, seed: 1 })
    const { tensors } = await openCheckpoint(path)
    assert.ok([...tensors.keys()].every((name) => !name.startsWith('cls_projection_head')))
    assert.ok(!('projection_size' in JSON.parse(readFileSync(join(path, 'config.json'), 'utf8'))))
  })

  it('refuses options that make no sense', async () => {
    const bad: [object, string][] = [
      [{}, 'ERR_INVALID_ARG_TYPE'],
      [{ seed: -1 }, 'ERR_OUT_OF_RANGE'],
      [{ seed: 1, layer: 2 }, 'ERR_UNKNOWN_OPTION'],
      [{ seed: 1, heads: 5 }, 'ERR_OUT_OF_RANGE'],
      [{ seed: 1, projection: 0 }, 'ERR_OUT_OF_RANGE'],
      [{ seed: 1, formats: [] }, 'ERR_INVALID_ARG_VALUE'],
      [{ seed: 1, formats: ['onnx'] }, 'ERR_INVALID_ARG_VALUE'],
      [{ seed: 1, formats: 'pytorch' }, 'ERR_INVALID_ARG_TYPE'],
      [{ seed: 1, hidden: 65536, intermediate: 65536, heads: 1 }, 'ERR_OUT_OF_RANGE'],
    ]
    for (const [options, code] of bad) {
      const path = target()
      await assert.rejects(synthesize(path, options as SynthesizeOptions), { code })
      assert.ok(!existsSync(path))
    }
    await assert.rejects(synthesize(1 as unknown as string, { seed: 1 }), { code: 'ERR_INVALID_ARG_TYPE' })
  })

  it('replaces only what it wrote itself', async () => {
    const path = target()
    mkdirSync(path)
    await synthesize(path, { ...tiny, seed: 1 })
    writeFileSync(join(path, 'notes.txt'), 'mine')
    await synthesize(path, { ...tiny, seed: 2, formats: ['safetensors'] })
    assert.equal((await openCheckpoint(path)).metadata['seed'], '2')
    assert.ok(!existsSync(join(path, 'pytorch_model.bin')), 'weights of another seed must not stay')
    assert.equal(readFileSync(join(path, 'notes.txt'), 'utf8'), 'mine')

    const real = target()
    mkdirSync(real)
    for (const text of ['{"hidden_size":768}', 'null', 'no JSON']) {
      writeFileSync(join(real, 'config.json'), text)
      await rejectsWith(synthesize(real, { ...tiny, seed: 1 }), 'ERR_OUTPUT', /left alone/)
      assert.deepEqual(readdirSync(real), ['config.json'])
    }
    const file = join(directory(), 'file')
    writeFileSync(file, 'mine')
    await rejectsWith(synthesize(file, { ...tiny, seed: 1 }), 'ERR_OUTPUT', /file/)
    await rejectsWith(synthesize(join(file, 'below'), { ...tiny, seed: 1 }), 'ERR_OUTPUT')
    assert.equal(readFileSync(file, 'utf8'), 'mine')
  })

  it('leaves nothing behind when it is aborted', async () => {
    const path = target()
    const reason = new Error('enough')
    const controller = new AbortController()
    const options = {
      ...tiny,
      seed: 1,
      signal: controller.signal,
      onProgress: () => controller.abort(reason),
    }
    await assert.rejects(synthesize(path, options), (error) => error === reason)
    assert.ok(!existsSync(path))
    assert.deepEqual(
      readdirSync(directory()).filter((name) => name.startsWith('.')),
      [],
    )
    await assert.rejects(
      synthesize(path, { ...tiny, seed: 1, signal: AbortSignal.abort(reason) }),
      (error) => error === reason,
    )
  })

  it('says that the disk is full, before and while it writes', async () => {
    const { statfs, open } = fs
    const path = target()
    try {
      fs.statfs = (async () => ({ blocks: 9, bavail: 1, bsize: 4096 })) as unknown as typeof fs.statfs
      syncBuiltinESMExports()
      await rejectsWith(synthesize(path, { ...tiny, seed: 1 }), 'ERR_DISK_FULL', /free, but the model needs/)
      fs.statfs = statfs
      fs.open = async (...args) => {
        const handle = await open(...args)
        const error = Object.assign(new Error('ENOSPC: no space left on device, write'), {
          code: 'ENOSPC',
          syscall: 'write',
        })
        handle.write = () => Promise.reject(error)
        return handle
      }
      syncBuiltinESMExports()
      await rejectsWith(synthesize(path, { ...tiny, seed: 1 }), 'ERR_DISK_FULL', /filled up/)
    } finally {
      Object.assign(fs, { statfs, open })
      syncBuiltinESMExports()
    }
    assert.ok(!existsSync(path))
    assert.deepEqual(
      readdirSync(directory()).filter((name) => name.startsWith('.')),
      [],
    )
  })

  it('reports progress, and keeps the event loop responsive', async function () {
    this.timeout(60_000)
    const path = target()
    const delay = monitorEventLoopDelay({ resolution: 5 })
    const seen: number[] = []
    let total = 0
    delay.enable()
    await synthesize(path, {
      ...{ layers: 2, heads: 2, hidden: 1024, intermediate: 2048, seed: 1, formats: ['pytorch'] },
      onProgress(progress) {
        assert.deepEqual([progress.stage, progress.unit], ['synthesize', 'bytes'])
        seen.push(progress.done)
        total = progress.total ?? 0
      },
    })
    delay.disable()
    assert.ok(total > 60e6)
    assert.equal(seen.at(-1), total)
    assert.deepEqual(
      seen,
      seen.toSorted((a, b) => a - b),
    )
    assert.ok(delay.percentile(99) < 100e6, `${delay.percentile(99) / 1e6} ms`)
  })

  describe('on the command line', () => {
    const sizes = [
      '--layers',
      '2',
      '--heads',
      '2',
      '--hidden',
      '16',
      '--intermediate',
      '32',
      '--projection',
      '8',
    ]

    it('writes a model and says that it is untrained', async () => {
      const path = target()
      const { code, stdout, stderr } = await biovil([
        'synthesize',
        path,
        '--seed',
        '3',
        ...sizes,
        '--format',
        'safetensors',
      ])
      assert.equal(code, 0, stderr)
      assert.equal(stdout.trimEnd().split('\n').length, 5)
      assert.match(stderr, /UNTRAINED/)
      const other = target()
      const json = await biovil([
        'synthesize',
        other,
        '--seed',
        '3',
        ...sizes,
        '--projection',
        'none',
        '--json',
        '--quiet',
      ])
      const model = JSON.parse(json.stdout)
      assert.deepEqual(
        [model.directory, model.seed, model.untrained, model.files.length],
        [other, 3, true, 6],
      )
      assert.equal(json.stderr, '')
    })

    it('exits with 2 for wrong usage and 1 for a directory that is not its own', async () => {
      const path = target()
      const wrong = [
        [],
        [path],
        [path, path, '--seed', '1'],
        [path, '--seed', 'x'],
        [path, '--seed', '1', '--format', 'gguf'],
      ]
      for (const args of wrong) assert.equal((await biovil(['synthesize', ...args])).code, 2, args.join(' '))
      const { code, stderr } = await biovil(['synthesize', directory(), '--seed', '1'])
      assert.equal(code, 1)
      assert.match(stderr, /left alone/)
    })
  })
})

/** SHA-256 of a contiguous float32 tensor. */
function hash({ file, shape, offset }: TensorRow): string {
  const bytes = Buffer.alloc(4 * shape.reduce((a, b) => a * b, 1))
  const handle = openSync(file, 'r')
  assert.equal(readSync(handle, bytes, 0, bytes.length, offset), bytes.length)
  closeSync(handle)
  return createHash('sha256').update(bytes).digest('hex')
}
