import assert from 'node:assert/strict'
import { join } from 'node:path'
import { loadModel, type Model, synthesize } from 'biovil'
import { loadTiny, tinySize } from '../support/models.js'
import { temporaryDirectory } from '../support/temp.js'

describe('Model#fillMask()', () => {
  let model: Model
  const directory = temporaryDirectory()
  before(async () => {
    model = await loadTiny()
  })
  after(() => model.close())

  it('ranks the vocabulary for every mask', async () => {
    const { text, masks } = await model.fillMask('w5 [MASK] w6 [MASK].', { topK: 3 })
    assert.equal(text, 'w5 [MASK] w6 [MASK].')
    assert.deepEqual(
      masks.map(({ position }) => position),
      [2, 4],
    )
    for (const { predictions } of masks) {
      assert.equal(predictions.length, 3)
      const [a, b, c] = predictions.map(({ probability }) => probability) as [number, number, number]
      assert.ok(a >= b && b >= c && c > 0 && a + b + c < 1)
      for (const { id, token } of predictions)
        assert.equal(token, id < 5 ? ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'][id] : `w${id}`)
    }
  })

  it('gives probabilities that sum to 1 over the whole vocabulary', async () => {
    const { masks } = await model.fillMask('w9 [MASK]', { topK: 128 })
    const sum = masks[0]?.predictions.reduce((total, { probability }) => total + probability, 0) ?? 0
    assert.ok(Math.abs(sum - 1) < 1e-9)
    assert.equal(new Set(masks[0]?.predictions.map(({ id }) => id)).size, 128)
  })

  it('takes an array of texts, more masks than one run holds, and 5 predictions by default', async () => {
    const many = Array.from({ length: 100 }, () => '[MASK]').join(' ')
    const [one, hundred] = await model.fillMask(['[MASK]', many])
    assert.equal(one?.masks[0]?.predictions.length, 5)
    assert.equal(hundred?.masks.length, 100)
  })

  it('refuses a text without [MASK], a bad topK and a model without the head', async () => {
    await assert.rejects(model.fillMask('w5'), { code: 'ERR_NO_MASK' })
    await assert.rejects(model.fillMask('[MASK]', { topK: 0 }), { code: 'ERR_OUT_OF_RANGE' })
    await assert.rejects(model.fillMask('[MASK]', { topK: 1000 }), { code: 'ERR_OUT_OF_RANGE' })
    await assert.rejects(model.fillMask(7 as unknown as string), { code: 'ERR_INVALID_ARG_TYPE' })
    const plain = join(directory(), 'no-head')
    await synthesize(plain, { ...tinySize, seed: 1, formats: ['safetensors'] })
    await removeTensors(join(plain, 'model.safetensors'), /^cls\.predictions\./)
    await using headless = await loadModel(plain, { device: 'cpu' })
    await assert.rejects(headless.fillMask('[MASK]'), { code: 'ERR_NO_HEAD' })
    assert.equal((await headless.embedText('the lungs are clear')).dims[1], 16)
  })
})

/** Takes tensors out of the index of a safetensors file; their bytes stay, as padding that nothing names. */
async function removeTensors(path: string, names: RegExp): Promise<void> {
  const { readFile, writeFile } = await import('node:fs/promises')
  const bytes = await readFile(path)
  const size = Number(bytes.readBigUInt64LE(0))
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + size)) as Record<
    string,
    { data_offsets: [number, number] }
  >
  const kept = Object.entries(header).filter(([name]) => name !== '__metadata__' && !names.test(name))
  // The format allows no holes, so the data is packed anew.
  const parts: Buffer[] = []
  let at = 0
  const packed: Record<string, unknown> = { __metadata__: header['__metadata__'] }
  for (const [name, entry] of kept) {
    const [start, end] = entry.data_offsets
    parts.push(bytes.subarray(8 + size + start, 8 + size + end))
    packed[name] = { ...entry, data_offsets: [at, at + end - start] }
    at += end - start
  }
  const json = Buffer.from(JSON.stringify(packed))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(json.length))
  await writeFile(path, Buffer.concat([length, json, ...parts]))
}
