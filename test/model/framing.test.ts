import assert from 'node:assert/strict'
import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { inspectModel, loadModel } from 'biovil'
import { biovil } from '../support/cli.js'
import { film } from '../support/films.js'
import { tinyImageDirectory, tinyModelDirectory } from '../support/models.js'
import { relabel } from '../support/relabel.js'
import { root } from '../support/root.js'
import { temporaryDirectory } from '../support/temp.js'

const name = 'biovil_image_resnet50_proj_size_128.pt'
const names = { image: name, 'image-t': 'biovil_t_image_model_proj_size_128.pt' }

describe('how a film becomes the input of an image encoder', () => {
  const directory = temporaryDirectory()
  let count = 0

  /** An image encoder alone whose weight file says this. */
  async function saying(
    metadata: Record<string, string>,
    part: keyof typeof names = 'image',
  ): Promise<string> {
    const path = join(directory(), `model${count++}`)
    mkdirSync(path)
    copyFileSync(join(await tinyImageDirectory(part), names[part]), join(path, names[part]))
    await relabel(join(path, names[part]), metadata)
    return path
  }

  const framing = async (path: string) => {
    const { resize, crop, grid } = (await inspectModel(path)).parts.image ?? assert.fail()
    return [resize, crop, grid]
  }

  it('is the published one where the file says nothing', async () => {
    assert.deepEqual(await framing(await saying({ untrained: 'true' })), [512, 480, 15])
  })

  it('is what the file says', async () => {
    const path = await saying({ resize: '144', crop: '96' })
    assert.deepEqual(await framing(path), [144, 96, 3])
    await using model = await loadModel(path, { device: 'cpu' })
    const {
      grid,
      patches,
      film: prepared,
    } = await model.encodeImage({
      pixels: film(1, 300, 200),
      width: 300,
      height: 200,
    })
    assert.deepEqual(
      [grid.rows, grid.columns, patches.length, prepared.size],
      [3, 3, 9 * model.dimension, 96],
    )
  })

  it('and so is the smoothing of similarities', async () => {
    for (const [metadata, expected] of [
      [{}, 1.5],
      [{ sigma: '0.8' }, 0.8],
    ] as const) {
      await using model = await loadModel(await saying({ resize: '144', crop: '96', ...metadata }), {
        device: 'cpu',
      })
      assert.equal(model.facts.image?.sigma, expected)
    }
  })

  it('must smooth by more than nothing and no more than the grid', async () => {
    for (const sigma of ['0', '-1', '3.1', 'much', '']) {
      await assert.rejects(inspectModel(await saying({ resize: '144', crop: '96', sigma })), {
        code: 'ERR_MODEL_CONFIG',
        message: /expected for sigma a number above 0 and at most 3/,
      })
    }
  })

  it('and so is the stride: a dilated encoder sees the same at every second patch, and more between', async () => {
    const image = { pixels: film(1, 300, 200), width: 300, height: 200 }
    const encoded: Float32Array[] = []
    for (const [stride, grid] of [
      ['32', 3],
      ['16', 6],
    ] as const) {
      await using model = await loadModel(await saying({ resize: '144', crop: '96', stride }), {
        device: 'cpu',
      })
      assert.deepEqual([model.facts.image?.stride, model.facts.image?.grid], [Number(stride), grid])
      encoded.push((await model.encodeImage(image)).patches)
    }
    const [coarse, fine] = encoded as [Float32Array, Float32Array]
    const size = coarse.length / 9
    assert.equal(fine.length, 36 * size)
    for (let patch = 0; patch < 9; patch++) {
      const twin = 12 * Math.floor(patch / 3) + 2 * (patch % 3)
      for (let i = 0; i < size; i++) {
        const [one, other] = [coarse[patch * size + i], fine[twin * size + i]] as [number, number]
        assert.ok(Math.abs(one - other) < 1e-5, `patch ${patch}, ${i}: ${one} and ${other}`)
      }
    }
  })

  it('must have a stride that a graph has', async () => {
    for (const [kind, stride, expected] of [
      ['image', '8', '16 or 32'],
      ['image', '', '16 or 32'],
      ['image-t', '16', '32'],
    ] as const) {
      await assert.rejects(inspectModel(await saying({ resize: '144', crop: '96', stride }, kind)), {
        code: 'ERR_MODEL_CONFIG',
        message: new RegExp(`expected for stride ${expected}, but found ${stride}$`),
      })
    }
  })

  it('is what the caller asks for, before what the file says', async () => {
    for (const [metadata, options, expected] of [
      [{}, { crop: 512, stride: 16 }, [512, 512, 16, 32]],
      [{}, { resize: 480 }, [480, 480, 32, 15]],
      [{ resize: '144', crop: '96' }, { crop: 128 }, [144, 128, 32, 4]],
      [{ resize: '144', crop: '96', stride: '16' }, { stride: 32 }, [144, 96, 32, 3]],
      [{ resize: '144', crop: '96' }, {}, [144, 96, 32, 3]],
    ] as const) {
      await using model = await loadModel(await saying(metadata), { device: 'cpu', ...options })
      const { resize, crop, stride, grid } = model.facts.image ?? assert.fail()
      assert.deepEqual([resize, crop, stride, grid], expected)
      const image = { pixels: film(1, 300, 200), width: 300, height: 200 }
      const encoding = await model.encodeImage(image)
      assert.deepEqual([encoding.film.size, encoding.grid.rows], [crop, grid])
    }
  })

  it('that the caller asks for must fit the model', async () => {
    for (const [kind, options, message] of [
      ['image', { stride: 8 }, /for stride 16 or 32 for this model but received 8$/],
      ['image-t', { stride: 16 }, /for stride 32 for this model but received 16$/],
      ['image', { crop: 500 }, /for crop a multiple of 32, .* but received crop 500 and resize 512$/],
      ['image', { crop: 544 }, /for resize a number from crop to 4096 .* crop 544 and resize 512$/],
      ['image', { resize: 5000 }, /resize 5000$/],
      ['image', { crop: 0 }, /option 'crop'/],
      ['image', { resize: 1.5 }, /option 'resize'/],
    ] as const) {
      await assert.rejects(loadModel(await saying({}, kind), { device: 'cpu', ...options }), {
        name: 'RangeError',
        code: 'ERR_OUT_OF_RANGE',
        message,
      })
    }
    await assert.rejects(loadModel(await tinyModelDirectory(), { device: 'cpu', crop: 512 }), {
      code: 'ERR_INVALID_ARG_VALUE',
      message: /has no image encoder/,
    })
  })

  it('can be chosen on the command line, where a model takes images', async function () {
    this.timeout(60_000)
    const directory = await tinyImageDirectory('image')
    const films = join(root, 'examples/films/phantom-000120.png')
    const command = ['ground', films, 'w5', '--model', directory, '--device', 'cpu', '--json']
    const framed = await biovil([...command, '--crop', '512', '--stride', '16'])
    assert.equal(framed.code, 0, framed.stderr)
    const { rows, columns } = JSON.parse(framed.stdout).grid
    assert.deepEqual([rows, columns], [32, 32])
    for (const [option, value] of [
      ['--crop', '500'],
      ['--stride', '8'],
      ['--resize', 'large'],
    ] as const) {
      assert.equal((await biovil([...command, option, value])).code, 2, `${option} ${value}`)
    }
    assert.equal((await biovil(['fill-mask', 'w5 [MASK]', '--model', directory, '--crop', '512'])).code, 2)
  })

  it('must make a grid of patches', async () => {
    const refused: Record<string, string>[] = [
      { crop: '256' },
      { resize: '288' },
      { resize: '255', crop: '256' },
      { resize: '288', crop: '250' },
      { resize: '288', crop: '0' },
      { resize: '288', crop: '-32' },
      { resize: '8192', crop: '256' },
      { resize: 'large', crop: '256' },
      { resize: '288.5', crop: '256' },
    ]
    for (const metadata of refused) {
      await assert.rejects(
        inspectModel(await saying(metadata)),
        (error: Error & { code: string }) => {
          assert.equal(error.code, 'ERR_MODEL_CONFIG')
          assert.match(
            error.message,
            /a multiple of 32, and for resize a number from crop to 4096, but found crop/,
          )
          return error.message.includes(name)
        },
        JSON.stringify(metadata),
      )
    }
  })
})
