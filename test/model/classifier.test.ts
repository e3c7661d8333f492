import assert from 'node:assert/strict'
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { loadModel, openCheckpoint, synthesize } from 'biovil'
import { film } from '../support/films.js'
import { tinyImageDirectory } from '../support/models.js'
import { temporaryDirectory } from '../support/temp.js'

const file = 'biovil_image_resnet50_proj_size_128.pt'
const [features, classes] = [256, 3]

describe('Model#classifierLogits()', () => {
  const directory = temporaryDirectory()

  it('runs every task of the head that a checkpoint has: [classes, tasks]', async () => {
    const path = join(directory(), 'tasks')
    cpSync(await tinyImageDirectory('image'), path, { recursive: true })
    const heads = [0, 1].map((task) => ({
      weight: Float32Array.from({ length: classes * features }, (_, i) => Math.sin(i * 0.7 + task)),
      bias: Float32Array.from({ length: classes }, (_, i) => i - task),
    }))
    await addHeads(join(path, file), heads)
    await using model = await loadModel(path, { device: 'cpu' })
    assert.ok(model.facts.image?.methods.includes('classify_linear'))
    const encoding = await model.encodeImage({ pixels: film(1, 520, 520), width: 520, height: 520 })
    const logits = await model.classifierLogits(encoding)
    assert.deepEqual(logits.dims, [classes, 2])
    for (const [task, { weight, bias }] of heads.entries()) {
      for (let c = 0; c < classes; c++) {
        const expected = encoding.pooled.reduce(
          (sum, value, k) => sum + value * (weight[c * features + k] as number),
          bias[c] as number,
        )
        assert.ok(Math.abs((logits.data[c * 2 + task] as number) - expected) < 1e-4)
      }
    }
  })

  it('says when there is none', async () => {
    const path = join(directory(), 'none')
    await synthesize(path, { seed: 1, parts: ['image'], imageWidth: 8, projection: 16 })
    await using model = await loadModel(path, { device: 'cpu' })
    const encoding = await model.encodeImage({ pixels: film(1, 520, 520), width: 520, height: 520 })
    await assert.rejects(model.classifierLogits(encoding), { code: 'ERR_NO_HEAD' })
  })
})

/** Writes the weights of a checkpoint and two linear heads as safetensors; readers go by content, not by suffix. */
async function addHeads(
  path: string,
  heads: readonly { weight: Float32Array; bias: Float32Array }[],
): Promise<void> {
  const checkpoint = await openCheckpoint(path)
  const header: Record<string, unknown> = { __metadata__: { untrained: 'true' } }
  const parts: Buffer[] = []
  let at = 0
  const add = (name: string, dtype: string, shape: readonly number[], bytes: Buffer) => {
    header[name] = { dtype, shape, data_offsets: [at, at + bytes.length] }
    parts.push(bytes)
    at += bytes.length
  }
  const handle = await open(path)
  for (const [name, { shape, type, offset }] of checkpoint.tensors) {
    const bytes = Buffer.alloc(shape.reduce((a, b) => a * b, 1) * (type === 'int64' ? 8 : 4))
    await handle.read(bytes, 0, bytes.length, offset)
    add(name, type === 'int64' ? 'I64' : 'F32', shape, bytes)
  }
  await handle.close()
  for (const [task, { weight, bias }] of heads.entries()) {
    add(`classifier.fc_${task}.model.weight`, 'F32', [classes, features], Buffer.from(weight.buffer))
    add(`classifier.fc_${task}.model.bias`, 'F32', [classes], Buffer.from(bias.buffer))
  }
  const json = Buffer.from(JSON.stringify(header))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(json.length))
  rmSync(path)
  writeFileSync(path, Buffer.concat([length, json, ...parts]))
  assert.ok(readFileSync(path).length > at)
}
