import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openCheckpoint } from 'biovil'

/** Writes the float32 tensors of a weight file back as safetensors, which its name does not matter to, with other metadata. */
export async function relabel(path: string, metadata: Readonly<Record<string, string>>): Promise<void> {
  const { tensors } = await openCheckpoint(path)
  const bytes = readFileSync(path)
  const header: Record<string, unknown> = { __metadata__: metadata }
  const parts: Buffer[] = []
  let end = 0
  for (const { name, type, shape, offset } of tensors.values()) {
    if (type !== 'float32') continue
    const data = bytes.subarray(offset, offset + 4 * shape.reduce((a, b) => a * b, 1))
    header[name] = { dtype: 'F32', shape, data_offsets: [end, end + data.length] }
    parts.push(data)
    end += data.length
  }
  const json = JSON.stringify(header)
  const text = Buffer.from(json.padEnd(Math.ceil(Buffer.byteLength(json) / 8) * 8))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(text.length))
  writeFileSync(path, Buffer.concat([length, text, ...parts]))
}

/** A copy of an untrained model directory that passes for a demonstration model with films of 128 pixels. */
export async function asDemonstration(directory: string, target: string): Promise<string> {
  cpSync(directory, target, { recursive: true })
  const config = JSON.parse(readFileSync(join(target, 'config.json'), 'utf8'))
  writeFileSync(join(target, 'config.json'), JSON.stringify({ ...config, biovil: { demonstration: true } }))
  rmSync(join(target, 'pytorch_model.bin'), { force: true })
  await relabel(join(target, 'model.safetensors'), { demonstration: 'true' })
  const image = { demonstration: 'true', resize: '144', crop: '128' }
  await relabel(join(target, 'biovil_image_resnet50_proj_size_128.pt'), image)
  return target
}
