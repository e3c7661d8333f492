import assert from 'node:assert/strict'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import {
  Grounding,
  inspectModel,
  loadModel,
  type Model,
  type RawPixels,
  renderOverlay,
  search,
  verifyModel,
} from 'biovil'
import sharp from 'sharp'
import { biovil } from '../support/cli.js'
import { film } from '../support/films.js'
import { tinyImageDirectory } from '../support/models.js'
import { asDemonstration, relabel } from '../support/relabel.js'
import { temporaryDirectory } from '../support/temp.js'

const raw: RawPixels = { pixels: film(1, 200, 180), width: 200, height: 180 }
const mark = { demonstration: true }

describe('a demonstration model', function () {
  this.timeout(60_000)
  const directory = temporaryDirectory()
  let path: string
  let model: Model
  let picture: string
  before(async () => {
    path = await asDemonstration(await tinyImageDirectory('image'), join(directory(), 'model'))
    model = await loadModel(path, { device: 'cpu' })
    picture = join(directory(), 'film.png')
    await sharp(raw.pixels as Uint8Array, { raw: { width: 200, height: 180, channels: 1 } }).toFile(picture)
  })
  after(() => model?.close())

  const marksOf = ({ untrained, demonstration }: { untrained?: boolean; demonstration?: boolean }) => [
    untrained,
    demonstration,
  ]

  it('says so itself, before and after loading', async () => {
    assert.deepEqual(marksOf(await inspectModel(path)), [false, true])
    assert.deepEqual(marksOf(model.facts), [false, true])
    assert.deepEqual(marksOf(model), [false, true])
    assert.match(inspect(model), /DEMONSTRATION/)
  })

  it('marks every result', async () => {
    const rows = await model.embedText(['w5 w6', 'w7'])
    assert.deepEqual(marksOf(rows), [false, true])
    assert.deepEqual(marksOf((await model.embedText(['w5'], { normalize: false })).normalize()), [
      false,
      true,
    ])
    assert.match(inspect(rows), /DEMONSTRATION/)
    const images = await model.embedImage(raw)
    assert.deepEqual(marksOf(images), [false, true])
    for await (const block of model.embedTextStream(['w5'])) assert.deepEqual(marksOf(block), [false, true])
    const marked = [
      await model.encodeImage(raw),
      await model.similarity(['w5', 'w6']),
      await model.fillMask('w5 [MASK]'),
      ...(await search(images, rows, 2)).flat(),
    ]
    for await (const classified of model.classify(raw)) {
      marked.push(classified as never)
      assert.deepEqual(
        classified.scores?.map(({ label }) => label).slice(0, 2),
        ['pleural effusion', 'pneumothorax'],
        'its own prompts are the default',
      )
    }
    for (const result of marked) assert.deepEqual(marksOf(result), [undefined, true])
    const grounding = await model.ground(raw, 'w5')
    assert.deepEqual(marksOf(grounding), [false, true])
    assert.match(inspect(grounding), /DEMONSTRATION/)
  })

  it('has a warning in its pictures', async () => {
    const found = await model.ground(raw, 'w5')
    const { unsmoothed: grid, film: size } = found
    const plain = new Grounding({ grid, film: size, framing: { resize: 144, crop: 128 } })
    const amber = async (grounding: Grounding) => {
      const overlay = renderOverlay({ film: raw.pixels as Uint8Array, grounding })
      return (await overlay.svg()).split('#ffb74d').length - 1
    }
    assert.ok((await amber(found)) > 0)
    assert.equal(await amber(plain), 0)
  })

  it('is marked by every command, in words and in JSON', async () => {
    const text = ['--text', 'w5', '--text', 'w6']
    for (const args of [
      ['similarity', ...text],
      ['similarity', ...text, '--image', picture],
      ['classify', picture],
      ['ground', picture, 'w5'],
      ['fill-mask', 'w5 [MASK]'],
    ]) {
      const { code, stdout, stderr } = await biovil([...args, '--model', path, '--json'])
      assert.equal(code, 0, stderr)
      assert.match(
        stderr,
        /DEMONSTRATION model, trained on drawn phantoms: results mean nothing on real films/,
      )
      assert.equal(JSON.parse(stdout).demonstration, true, args.join(' '))
      assert.ok(!JSON.parse(stdout).untrained)
    }
    const output = join(directory(), 'rows.jsonl')
    for (const [args, input] of [
      [['embed'], 'w5\n'],
      [['embed', '--image', picture], ''],
    ] as const) {
      const { code, stderr } = await biovil([...args, '-m', path, '-o', output], { input })
      assert.equal(code, 0, stderr)
      assert.equal(JSON.parse(readFileSync(output, 'utf8')).demonstration, true)
    }
    assert.match((await biovil(['info', '-m', path])).stdout, /^trained +on drawn phantoms, a DEMONSTRATION/m)
  })

  it('of someone else is not held to published files', async () => {
    const { checks, passed } = await verifyModel(path)
    assert.ok(passed)
    const files = checks.find(({ check }) => check === 'published files')
    assert.deepEqual([files?.status, files?.detail.includes('demonstration')], ['not applicable', true])
  })

  it('has a config.json that says true or false, and nothing else', async () => {
    const copy = join(directory(), 'copy')
    cpSync(path, copy, { recursive: true })
    const config = JSON.parse(readFileSync(join(copy, 'config.json'), 'utf8'))
    for (const biovilMark of [{ demonstration: 'yes' }, { demonstration: 1, untrained: true }]) {
      writeFileSync(join(copy, 'config.json'), JSON.stringify({ ...config, biovil: biovilMark }))
      await assert.rejects(inspectModel(copy), { code: 'ERR_MODEL_CONFIG', message: /biovil\.demonstration/ })
    }
    writeFileSync(
      join(copy, 'config.json'),
      JSON.stringify({ ...config, biovil: { ...mark, untrained: true } }),
    )
    assert.deepEqual(marksOf(await inspectModel(copy)), [true, true])
  })

  it('is marked by any of its files, and a mark in them is true or false, and nothing else', async () => {
    const copy = join(directory(), 'parts')
    cpSync(path, copy, { recursive: true })
    const config = JSON.parse(readFileSync(join(copy, 'config.json'), 'utf8'))
    const neither = { untrained: false, demonstration: false, phase: 'joint' }
    writeFileSync(join(copy, 'config.json'), JSON.stringify({ ...config, biovil: neither }))
    const text = join(copy, 'model.safetensors')
    const image = join(copy, 'biovil_image_resnet50_proj_size_128.pt')
    const framing = { resize: '144', crop: '128' }
    const said = { untrained: 'false', demonstration: 'false', phase: 'joint' }
    await relabel(text, said)
    assert.deepEqual(marksOf(await inspectModel(copy)), [false, true], 'by its image encoder')
    await relabel(image, { ...framing, ...said })
    assert.deepEqual(marksOf(await inspectModel(copy)), [false, false], 'a model of real films')
    const trained = await loadModel(copy, { device: 'cpu' })
    assert.deepEqual(marksOf(await trained.encodeImage(raw)), [undefined, undefined])
    trained.close()
    await relabel(text, { ...said, demonstration: 'true' })
    assert.deepEqual(marksOf(await inspectModel(copy)), [false, true], 'by its text encoder')
    for (const [file, metadata] of [
      [text, { ...said, demonstration: 'yes' }],
      [image, { ...framing, untrained: 'True' }],
    ] as const) {
      await relabel(file, metadata)
      await assert.rejects(inspectModel(copy), {
        code: 'ERR_MODEL_CONFIG',
        message: /expected true or false for (demonstration|untrained), but found "(yes|True)"/,
      })
      await relabel(file, { ...framing, ...said })
    }
  })
})
