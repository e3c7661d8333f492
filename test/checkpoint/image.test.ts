import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspectModel, openCheckpoint, type SynthesizeOptions, synthesize, type TensorRow } from 'biovil'
import { biovil } from '../support/cli.js'
import { root } from '../support/root.js'
import { temporaryDirectory } from '../support/temp.js'
import { elements, rejectsWith, safetensors } from './support.js'

const files = {
  image: 'biovil_image_resnet50_proj_size_128.pt',
  'image-t': 'biovil_t_image_model_proj_size_128.pt',
} as const
const narrow = { seed: 5, imageWidth: 8, projection: 16 } as const

interface Stored {
  readonly shape: readonly number[]
  readonly data: Buffer
}

describe('image checkpoints', () => {
  const directory = temporaryDirectory()
  let count = 0
  const target = () => join(directory(), `model${count++}`)

  for (const [part, parity] of [
    ['image', 'biovil-seed7'],
    ['image-t', 'biovil-t-seed7'],
  ] as const) {
    it(`synthesized have the bits and the order that Python gives: ${parity}`, async function () {
      this.timeout(60_000)
      const path = target()
      const model = await synthesize(path, { seed: 7, parts: [part] })
      const state = JSON.parse(readFileSync(join(root, `test/fixtures/parity/${parity}.json`), 'utf8'))
      const expected = state.weights as { name: string; shape: number[]; sha256: string }[]
      const { tensors } = await openCheckpoint(join(path, files[part]))
      assert.deepEqual(
        [...tensors.keys()],
        expected.map(({ name }) => name),
      )
      const bytes = readFileSync(join(path, files[part]))
      for (const { name, shape, sha256 } of expected) {
        const row = tensors.get(name) as TensorRow
        assert.deepEqual(row.shape, shape, name)
        const data = bytes.subarray(row.offset, row.offset + byteLength(row))
        assert.equal(createHash('sha256').update(data).digest('hex').slice(0, 16), sha256, name)
      }
      assert.deepEqual(
        [model.files.length, model.vocabularySize, model.parts, tensors.size],
        [1, undefined, [part], part === 'image' ? 328 : 372],
      )
    })
  }

  it('say themselves that they are untrained, wherever they are copied to', async () => {
    const path = target()
    await synthesize(path, { ...narrow, parts: ['image', 'image-t'] })
    for (const file of Object.values(files)) {
      const checkpoint = await openCheckpoint(join(path, file))
      assert.deepEqual(checkpoint.metadata, { untrained: 'true', seed: '5' })
      await checkpoint.verify()
      for (const row of checkpoint.tensors.values()) assert.equal(row.offset % 64, 0)
    }
    const copy = join(directory(), 'copy.pt')
    cpSync(join(path, files.image), copy)
    assert.equal((await openCheckpoint(copy)).metadata['untrained'], 'true')
  })

  it('come in any width, with filters that answer even inputs with nothing', async () => {
    const path = target()
    await synthesize(path, { ...narrow, parts: ['image-t'] })
    const { tensors } = await openCheckpoint(join(path, files['image-t']))
    const row = (name: string) => tensors.get(name) ?? assert.fail(name)
    assert.deepEqual(row('encoder.encoder.layer4.2.conv3.weight').shape, [256, 64, 1, 1])
    assert.deepEqual(row('encoder.vit_pooler.type_embed').shape, [2, 1, 32])
    assert.deepEqual(row('projector.model.0.weight').shape, [16, 64, 1, 1])
    assert.deepEqual(elements(row('projector.model.1.num_batches_tracked')), [0n])
    const first = elements(row('encoder.encoder.conv1.weight')) as number[]
    for (let filter = 0; filter < 8; filter++) {
      const weights = first.slice(147 * filter, 147 * (filter + 1))
      assert.deepEqual(
        weights,
        weights.toReversed().map((weight) => (weight === 0 ? weight : -weight)),
      )
      assert.ok(new Set(weights).size > 70)
    }
    const variances = elements(row('encoder.encoder.layer1.0.bn1.running_var')) as number[]
    assert.ok(variances.every((variance) => variance > 0.5 && variance < 1.5))
  })

  it('stand beside the text encoder', async () => {
    const path = target()
    const sizes = { layers: 2, heads: 2, hidden: 16, intermediate: 32, positions: 8 }
    const model = await synthesize(path, {
      ...sizes,
      ...narrow,
      parts: ['text', 'image'],
      formats: ['pytorch'],
    })
    assert.deepEqual(
      readdirSync(path).toSorted(),
      model.files.map((file) => file.slice(path.length + 1)).toSorted(),
    )
    const contents = await inspectModel(path)
    assert.equal(contents.parts.text?.dimension, 16)
    assert.equal(contents.parts.image?.dimension, 16)
    assert.equal((await openCheckpoint(path)).metadata['untrained'], 'true')
  })

  it('replace nothing but their like', async () => {
    const path = target()
    await synthesize(path, { ...narrow, parts: ['image'] })
    await synthesize(path, { ...narrow, seed: 6, parts: ['image-t'] })
    assert.deepEqual(readdirSync(path), [files['image-t']])
    const real = join(path, files.image)
    writeFileSync(
      real,
      safetensors({ x: { dtype: 'F32', shape: [1], data_offsets: [0, 4] } }, Buffer.alloc(4)),
    )
    const before = readFileSync(real)
    await rejectsWith(synthesize(path, { ...narrow, parts: ['image'] }), 'ERR_OUTPUT', /left alone/)
    assert.deepEqual(readFileSync(real), before)
  })

  it('are refused with options that make no sense', async () => {
    const bad: [object, string][] = [
      [{ parts: [] }, 'ERR_INVALID_ARG_VALUE'],
      [{ parts: ['audio'] }, 'ERR_INVALID_ARG_VALUE'],
      [{ parts: 'image' }, 'ERR_INVALID_ARG_TYPE'],
      [{ parts: ['image'], imageWidth: 7 }, 'ERR_OUT_OF_RANGE'],
      [{ parts: ['image'], imageWidth: 0 }, 'ERR_OUT_OF_RANGE'],
      [{ parts: ['text', 'image'], projection: null }, 'ERR_INVALID_ARG_VALUE'],
    ]
    for (const [options, code] of bad) {
      const path = target()
      await assert.rejects(synthesize(path, { seed: 1, ...options } as SynthesizeOptions), { code })
      assert.ok(!existsSync(path))
    }
  })

  it('are written on the command line', async () => {
    const path = target()
    const size = ['--image-width', '8', '--projection', '16']
    const { code, stdout, stderr } = await biovil([
      'synthesize',
      path,
      '--seed',
      '2',
      '--parts',
      'image',
      ...size,
    ])
    assert.equal(code, 0, stderr)
    assert.equal(stdout, `${join(path, files.image)}\n`)
    assert.match(stderr, /UNTRAINED/)
    assert.equal((await biovil(['synthesize', target(), '--seed', '2', '--parts', 'image,x'])).code, 2)
  })

  describe('meet the graphs', () => {
    const bases: Record<string, ReadonlyMap<string, Stored>> = {}

    before(async () => {
      const path = target()
      await synthesize(path, { ...narrow, parts: ['image', 'image-t'] })
      for (const file of Object.values(files)) bases[file] = await read(join(path, file))
    })

    /** What `inspectModel` says of a checkpoint that was edited. */
    async function inspect(file: string, edit?: (tensors: Map<string, Stored>) => void) {
      const tensors = new Map(bases[file])
      edit?.(tensors)
      const path = target()
      await synthesize(path, { ...narrow, parts: [file === files.image ? 'image' : 'image-t'] })
      writeFileSync(join(path, file), written(tensors))
      return (await inspectModel(path)).parts.image ?? assert.fail('no image part')
    }

    it('with all that was published, and without what is not needed', async () => {
      for (const [file, methods, pooled] of [
        [files.image, ['encode'], 256],
        [files['image-t'], ['encode', 'encode_pair'], 64],
      ] as const) {
        const image = await inspect(file)
        assert.deepEqual([image.methods, image.dimension, image.pooled], [methods, 16, pooled])
        const { ignored, unexpected, renamed, tied } = image.keys
        assert.equal(ignored.length, 54 + 2)
        assert.deepEqual([unexpected, renamed, tied], [[], {}, {}])
        const bare = await inspect(file, (tensors) => {
          for (const name of ignored) tensors.delete(name)
        })
        assert.deepEqual(bare.keys.ignored, [])
      }
    })

    it('without the parts that only a pair needs', async () => {
      const { methods, keys } = await inspect(files['image-t'], (tensors) => {
        for (const name of [...tensors.keys()]) if (name.includes('vit_pooler')) tensors.delete(name)
      })
      assert.deepEqual(methods, ['encode'])
      assert.ok(keys.missing.includes('encoder.vit_pooler.type_embed'))
    })

    it('with the classifiers of one task or more', async () => {
      const { methods, keys } = await inspect(files.image, (tensors) => {
        for (const task of [0, 1, 10]) addTask(tensors, `classifier.fc_${task}.model`, 256, 12, 3)
      })
      assert.deepEqual(methods, ['encode', 'classify'])
      assert.equal(keys.renamed['classifier.fc_10.model.3.bias'], 'classifier.fc.model.3.bias')
      assert.deepEqual(keys.unexpected, [])

      const linear = await inspect(files['image-t'], (tensors) => {
        tensors.set('classifier.fc_0.model.weight', zeros(4, 64))
        tensors.set('classifier.fc_0.model.bias', zeros(4))
      })
      assert.deepEqual(linear.methods, ['encode', 'encode_pair', 'classify_linear'])
    })

    it('or are refused for what they lack or what does not fit', async () => {
      const refused: [
        (tensors: Map<string, Stored>) => unknown,
        'ERR_CHECKPOINT_KEYS' | 'ERR_CHECKPOINT_SHAPE',
        RegExp,
      ][] = [
        [
          (t) => t.delete('encoder.encoder.layer3.5.bn2.running_var'),
          'ERR_CHECKPOINT_KEYS',
          /layer3\.5\.bn2\.running_var/,
        ],
        [
          (t) => t.set('encoder.encoder.layer1.0.conv1.weight', zeros(8, 4, 1, 1)),
          'ERR_CHECKPOINT_SHAPE',
          /\[8, 8, 1, 1\]/,
        ],
        [
          (t) => {
            addTask(t, 'classifier.fc_0.model', 256, 12, 3)
            addTask(t, 'classifier.fc_1.model', 256, 12, 3)
            t.delete('classifier.fc_1.model.1.weight')
          },
          'ERR_CHECKPOINT_KEYS',
          /classifier of task 1/,
        ],
        [
          (t) => {
            addTask(t, 'classifier.fc_0.model', 256, 12, 3)
            addTask(t, 'classifier.fc_1.model', 256, 12, 2)
          },
          'ERR_CHECKPOINT_SHAPE',
          /fc_1\.model\.3/,
        ],
      ]
      for (const [edit, code, message] of refused)
        await rejectsWith(inspect(files.image, edit), code, message)
    })
  })
})

function zeros(...shape: number[]): Stored {
  return { shape, data: Buffer.alloc(4 * shape.reduce((a, b) => a * b, 1)) }
}

function addTask(
  tensors: Map<string, Stored>,
  name: string,
  features: number,
  hidden: number,
  classes: number,
) {
  tensors.set(`${name}.0.weight`, zeros(hidden, features))
  for (const part of ['weight', 'bias', 'running_mean', 'running_var']) {
    tensors.set(`${name}.1.${part}`, zeros(hidden))
  }
  tensors.set(`${name}.1.num_batches_tracked`, zeros())
  tensors.set(`${name}.3.weight`, zeros(classes, hidden))
  tensors.set(`${name}.3.bias`, zeros(classes))
}

function byteLength({ shape, type }: TensorRow): number {
  return (type === 'int64' ? 8 : 4) * shape.reduce((a, b) => a * b, 1)
}

async function read(file: string): Promise<Map<string, Stored>> {
  const bytes = readFileSync(file)
  const { tensors } = await openCheckpoint(file)
  return new Map(
    [...tensors].map(([name, { shape, offset }]) => {
      const data = bytes.subarray(offset, offset + 4 * shape.reduce((a, b) => a * b, 1))
      return [name, { shape, data }]
    }),
  )
}

/** As safetensors, which the reader tells by content: every number float32. */
function written(tensors: ReadonlyMap<string, Stored>): Buffer {
  const header: Record<string, unknown> = {}
  let end = 0
  for (const [name, { shape, data }] of tensors) {
    header[name] = { dtype: 'F32', shape, data_offsets: [end, end + data.length] }
    end += data.length
  }
  return safetensors(header, Buffer.concat([...tensors.values()].map(({ data }) => data)))
}
