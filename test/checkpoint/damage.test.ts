import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { BiovilError, type Checkpoint, openCheckpoint } from 'biovil'
import { temporaryDirectory } from '../support/temp.js'
import { fixture, floats, randomNumbers, rejectsWith, safetensors } from './support.js'

const samples = {
  zip: readFileSync(fixture('zip.bin')),
  legacy: readFileSync(fixture('legacy.bin')),
  safetensors: safetensors(
    {
      __metadata__: { format: 'pt' },
      'bert.embeddings.LayerNorm.weight': { dtype: 'F32', shape: [2, 3], data_offsets: [0, 24] },
      'bert.embeddings.LayerNorm.bias': { dtype: 'F16', shape: [4], data_offsets: [24, 32] },
    },
    floats(1, 2, 3, 4, 5, 6, 7, 8),
  ),
}

type Format = keyof typeof samples
const formats = Object.keys(samples) as Format[]

describe('a damaged weight file', () => {
  const directory = temporaryDirectory()
  let count = 0
  const path = () => join(directory(), `file${count++ % 64}`)
  const open = (bytes: Uint8Array): Promise<Checkpoint> => {
    const file = path()
    writeFileSync(file, bytes)
    return openCheckpoint(file)
  }

  for (const format of formats) {
    it(`${format}: cut off anywhere, says so`, async function () {
      this.timeout(60_000)
      const whole = samples[format]
      for (
        let length = 0;
        length < whole.length;
        length += length < 64 || length > whole.length - 64 ? 1 : 7
      ) {
        await rejectsWith(open(whole.subarray(0, length)), 'ERR_CHECKPOINT_TRUNCATED')
      }
    })

    it(`${format}: cut off after it was opened, is found by verify()`, async () => {
      const checkpoint = await open(samples[format])
      await checkpoint.verify()
      const [file = ''] = checkpoint.files
      writeFileSync(file, samples[format].subarray(0, -1))
      await rejectsWith(checkpoint.verify(), 'ERR_CHECKPOINT_TRUNCATED')
    })
  }

  it('zip: every flipped bit of the data is found by verify(), which names the tensor', async function () {
    this.timeout(60_000)
    const { tensors } = await open(samples.zip)
    const names = { base: 48, half: 4, brain: 4, double: 16, ids: 32, mask: 2 }
    for (const [name, size] of Object.entries(names)) {
      const row = tensors.get(name) ?? assert.fail(name)
      for (let bit = 0; bit < 8 * size; bit += 5) {
        const bytes = Buffer.from(samples.zip)
        bytes.writeUInt8(bytes.readUInt8(row.offset + (bit >> 3)) ^ (1 << (bit & 7)), row.offset + (bit >> 3))
        const checkpoint = await open(bytes)
        await rejectsWith(checkpoint.verify(), 'ERR_CHECKPOINT_CORRUPT', new RegExp(`\\b${name}\\b`))
      }
    }
  })

  it('zip: every flipped bit of the pickle is found', async function () {
    this.timeout(60_000)
    const start = samples.zip.indexOf('\x80\x02ccollections', 0, 'latin1')
    const end = samples.zip.indexOf('PK\x07\x08', start, 'latin1')
    assert.ok(start > 0 && end > start)
    for (let bit = 8 * start; bit < 8 * end; bit += 13) {
      const bytes = Buffer.from(samples.zip)
      bytes.writeUInt8(bytes.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
      await assert.rejects(async () => (await open(bytes)).verify(), isCheckpointError)
    }
  })

  for (const format of formats) {
    it(`${format}: 5,000 random mutations give checkpoint errors or a sound index, and nothing else`, async function () {
      this.timeout(120_000)
      const folder = join(directory(), format)
      mkdirSync(folder)
      let refused = 0
      const work = async (worker: number) => {
        const random = randomNumbers(worker)
        const file = join(folder, String(worker))
        for (let i = 0; i < 625; i++) {
          writeFileSync(file, mutate(samples[format], random))
          try {
            const checkpoint = await openCheckpoint(file)
            requireSound(checkpoint)
            await checkpoint.verify()
          } catch (error) {
            if (!isCheckpointError(error)) {
              throw new Error(`${format}, worker ${worker}, mutation ${i}`, { cause: error })
            }
            refused++
          }
        }
      }
      await Promise.all(Array.from({ length: 8 }, (_, worker) => work(worker)))
      assert.ok(refused > 3000, `${refused} of 5,000 were refused`)
    })
  }

  it('verify() reports progress and obeys its signal', async () => {
    const checkpoint = await open(samples.zip)
    const seen: number[] = []
    await checkpoint.verify({
      onProgress({ stage, unit, done, total }) {
        assert.deepEqual([stage, unit, total], ['verify', 'bytes', samples.zip.length])
        seen.push(done)
      },
    })
    assert.ok(seen.length > 2)
    assert.deepEqual(
      seen,
      seen.toSorted((a, b) => a - b),
    )
    assert.equal(seen.at(-1), samples.zip.length)
    const reason = new Error('enough')
    await assert.rejects(
      checkpoint.verify({ signal: AbortSignal.abort(reason) }),
      (error) => error === reason,
    )
    const controller = new AbortController()
    const halfway = checkpoint.verify({
      signal: controller.signal,
      onProgress: () => controller.abort(reason),
    })
    await assert.rejects(halfway, (error) => error === reason)
    await assert.rejects(checkpoint.verify({ sginal: 1 } as object), { code: 'ERR_UNKNOWN_OPTION' })
  })
})

function isCheckpointError(error: unknown): boolean {
  return error instanceof BiovilError && error.code.startsWith('ERR_CHECKPOINT_')
}

/** What the engine relies on: every element of every tensor lies inside its file. */
function requireSound({ tensors }: Checkpoint): void {
  const sizes: Record<string, number> = { bool: 1, float16: 2, bfloat16: 2, float32: 4, float64: 8, int64: 8 }
  for (const { file, type, shape, strides, offset } of tensors.values()) {
    assert.ok(Number.isSafeInteger(offset) && offset >= 0)
    assert.ok(shape.every((size) => Number.isSafeInteger(size) && size >= 0))
    assert.equal(strides?.length ?? shape.length, shape.length)
    if (shape.includes(0)) continue
    const steps = strides ?? shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1))
    const last = shape.reduce((sum, size, axis) => sum + (size - 1) * (steps[axis] ?? 0), 0)
    assert.ok(offset + (last + 1) * (sizes[type] ?? 1) <= statSync(file).size)
  }
}

/** One to three edits: bits, bytes, numbers at the edge of their range, cuts, repeats, insertions. */
function mutate(original: Buffer, random: (below: number) => number): Buffer {
  let bytes = Buffer.from(original)
  for (let edits = 1 + random(3); edits > 0 && bytes.length > 16; edits--) {
    const at = random(bytes.length - 8)
    const length = 1 + random(24)
    switch (random(7)) {
      case 0:
        bytes[at] = (bytes[at] ?? 0) ^ (1 << random(8))
        break
      case 1:
        bytes[at] = random(256)
        break
      case 2:
        bytes.writeUInt32LE([0, 0xffffffff, 0x7fffffff, 0x80000000, 1, 0xffff][random(6)] ?? 0, at)
        break
      case 3:
        bytes.writeBigUInt64LE(
          [0xffffffffffffffffn, 0x7fffffffffffffffn, 1n << 53n, 1n << 63n][random(4)] ?? 0n,
          at,
        )
        break
      case 4:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)])
        break
      case 5:
        bytes = Buffer.concat([bytes.subarray(0, at + length), bytes.subarray(at)])
        break
      default:
        bytes = Buffer.concat([bytes.subarray(0, at), Buffer.alloc(length, random(256)), bytes.subarray(at)])
    }
  }
  return bytes
}
