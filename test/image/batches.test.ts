import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Program, Tensor } from '../../binding.d.ts'
import { film } from '../support/films.js'
import { type ImageInput, ImageModel } from './internals.js'

const side = 32

/** A device on which, as on a GPU, a row depends on the batch that it was computed in: here on size, place and pixels. */
class Device implements Program {
  readonly batches: number[] = []

  async run(_method: string, inputs: readonly Tensor[]): Promise<Tensor[]> {
    const [{ dims, data }] = inputs as [Tensor]
    const n = dims[0] as number
    this.batches.push(n)
    await sleep(Math.random() * 5)
    const rows = Float32Array.from({ length: n }, (_, i) => {
      const pixels = (data as Uint8Array).subarray(i * side * side, (i + 1) * side * side)
      return (pixels.reduce((sum, value) => sum + value, 0) % 97) + n / 64 + i / 4096
    })
    const tensor: Tensor = { type: 'float32', dims: [n, 1], data: rows }
    return [tensor, tensor, tensor]
  }

  close(): void {}
}

describe('batches of films', () => {
  const facts = { resize: side, crop: side, grid: 1, dimension: 1, methods: ['encode'] }
  const model = (device: Device) =>
    new ImageModel(facts as unknown as ConstructorParameters<typeof ImageModel>[0], [device], {
      device: 'cuda:0',
      standing: { untrained: true, demonstration: false },
    })
  const films: ImageInput[] = Array.from({ length: 75 }, (_, i) => ({
    pixels: film(i, 40, 40),
    width: 40,
    height: 40,
  }))
  const rowsOf = async (device: Device, images: readonly (ImageInput | string)[], ahead?: number) => {
    const rows: (number | undefined)[] = []
    for await (const { encoding } of model(device).encodeStream(images, ahead ? { ahead } : {}))
      rows.push(encoding?.global[0])
    return rows
  }

  it('follow from the numbers of the films, whatever else runs', async () => {
    const device = new Device()
    const alone = await rowsOf(device, films)
    assert.deepEqual(device.batches, [32, 32, 11])
    const busy = new Device()
    const other = model(busy)
    const [beside] = await Promise.all([
      rowsOf(busy, films),
      ...Array.from({ length: 24 }, (_, i) => other.encode(films[i] as ImageInput)),
    ])
    assert.deepEqual(beside, alone)
  })

  it('do not change for the others when a film cannot be read', async () => {
    const device = new Device()
    const whole = await rowsOf(device, films)
    const broken = await rowsOf(
      device,
      films.map((one, i) => (i % 20 === 7 ? '/no/such/film.png' : one)),
    )
    assert.deepEqual(
      broken,
      whole.map((row, i) => (i % 20 === 7 ? undefined : row)),
    )
  })

  it('are the same when a run goes on after 32 films, and with fewer films ahead', async () => {
    for (const ahead of [1, 2, 4, 31, 200]) {
      const whole = await rowsOf(new Device(), films, ahead)
      assert.deepEqual(await rowsOf(new Device(), films.slice(32), ahead), whole.slice(32), `${ahead} ahead`)
    }
  })
})
