import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { biovil } from '../support/cli.js'
import { film } from '../support/films.js'
import { killMidway } from '../support/kill.js'
import { tinyImageDirectory } from '../support/models.js'
import { temporaryDirectory } from '../support/temp.js'

describe('biovil with images', function () {
  this.timeout(120_000)
  const directory = temporaryDirectory()
  let model: string
  let films: string
  before(async () => {
    model = await tinyImageDirectory('image')
    films = join(directory(), 'films')
    mkdirSync(join(films, 'more'), { recursive: true })
    for (let i = 0; i < 40; i++) {
      const png = await sharp(film(i, 200, 240), { raw: { width: 200, height: 240, channels: 1 } })
        .png()
        .toBuffer()
      writeFileSync(join(films, i < 20 ? `f${String(i).padStart(2, '0')}.png` : `more/f${i}.png`), png)
    }
    writeFileSync(join(films, 'f05-broken.png'), 'no image')
    writeFileSync(join(films, 'more/notes.txt'), 'not an image, not read')
  })
  const output = (name: string) => join(directory(), name)
  const lines = (name: string) =>
    readFileSync(output(name), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))

  it('embed --image writes .npy with an index, passes over broken files, and resumes', async () => {
    const args = ['embed', '--image', films, '-m', model, '-o', output('whole.npy')]
    const { code, stderr } = await biovil(args)
    assert.equal(code, 1, stderr)
    assert.match(stderr, /1 of them could not be embedded/)
    const index = lines('whole.index.jsonl')
    assert.equal(index.length, 41)
    const broken = index.filter(({ error }) => error)
    assert.deepEqual(
      broken.map(({ file, error }) => [file.endsWith('f05-broken.png'), error.code]),
      [[true, 'ERR_IMAGE_FORMAT']],
    )
    assert.deepEqual(
      index.filter(({ row }) => row !== undefined).map(({ row }) => row),
      Array.from({ length: 40 }, (_, i) => i),
    )
    const whole = readFileSync(output('whole.npy'))
    assert.match(whole.toString('latin1', 0, 128), /'shape': \(40, 16\)/)

    const path = output('killed.npy')
    const before = await killMidway([...args.slice(0, -1), path], path)
    assert.ok(before > 0 && before < 41, `killed after ${before} files`)
    const resumed = await biovil([...args.slice(0, -1), path, '--resume'])
    assert.equal(resumed.code, 1, resumed.stderr)
    assert.match(resumed.stderr, new RegExp(`41 images, ${before} of them before`))
    assert.deepEqual(readFileSync(path), whole)
    assert.deepEqual(lines('killed.index.jsonl'), index)
  })

  it('embed --image writes patches and pooled features, and JSON Lines', async () => {
    const one = join(films, 'f00.png')
    for (const [what, shape] of [
      ['patches', '1, 225, 16'],
      ['pooled', '1, 256'],
    ] as const) {
      const { code, stderr } = await biovil([
        'embed',
        '--image',
        one,
        '--what',
        what,
        '-m',
        model,
        '-o',
        output(`${what}.npy`),
      ])
      assert.equal(code, 0, stderr)
      assert.ok(
        readFileSync(output(`${what}.npy`))
          .toString('latin1', 0, 128)
          .includes(`(${shape})`),
      )
    }
    assert.equal(
      (await biovil(['embed', '--image', join(films, 'f0*.png'), '-m', model, '-o', output('glob.jsonl')]))
        .code,
      1,
    )
    const rows = lines('glob.jsonl')
    assert.equal(rows.length, 11)
    assert.equal(rows[0].embedding.length, 16)
    assert.equal(
      (await biovil(['embed', '--image', one, '--what', 'all', '-m', model, '-o', output('x.npy')])).code,
      2,
    )
    assert.equal(
      (await biovil(['embed', '--image', join(films, 'none*.png'), '-m', model, '-o', output('x.npy')])).code,
      1,
    )
  })

  it('similarity --image gives rows of images and columns of texts', async () => {
    const one = join(films, 'f00.png')
    const { code, stdout, stderr } = await biovil([
      'similarity',
      '--image',
      one,
      '--text',
      'w5',
      '--text',
      'w6 w7',
      '-m',
      model,
      '--json',
    ])
    assert.equal(code, 0, stderr)
    const { rows, columns, scores } = JSON.parse(stdout)
    assert.deepEqual([rows, columns, scores.length, scores[0].length], [[one], ['w5', 'w6 w7'], 1, 2])
  })

  it('classify scores files by built-in or own prompts, and passes over broken ones', async () => {
    const { code, stdout, stderr } = await biovil([
      'classify',
      join(films, 'f0[4-6]*.png'),
      '-m',
      model,
      '--json',
    ])
    assert.equal(code, 1, stderr)
    const found = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    assert.equal(found.length, 4)
    assert.equal(found.filter(({ error }) => error?.code === 'ERR_IMAGE_FORMAT').length, 1)
    assert.match(stderr, /1 of 4 images could not be classified/)
    for (const { scores } of found) {
      if (!scores) continue
      assert.deepEqual(Object.keys(scores.Pneumonia), ['margin', 'softmax'])
      assert.ok(
        Math.abs(scores.Pneumonia.margin) <= 2 &&
          scores.Pneumonia.softmax > 0 &&
          scores.Pneumonia.softmax < 1,
      )
    }
    const own = output('prompts.json')
    writeFileSync(own, '{"large": ["w5 w6", "w7"], "small": "w9"}')
    const mine = await biovil(['classify', join(films, 'f00.png'), '-m', model, '--prompts', own, '--json'])
    assert.equal(mine.code, 0, mine.stderr)
    const { scores } = JSON.parse(mine.stdout)
    assert.ok(Math.abs(scores.large.softmax + scores.small.softmax - 1) < 1e-9)
    assert.ok(Math.abs(scores.large.margin + scores.small.margin) < 1e-9)
    writeFileSync(own, '{"large": []}')
    assert.match(
      (await biovil(['classify', join(films, 'f00.png'), '-m', model, '--prompts', own])).stderr,
      /ERR_INPUT/,
    )
  })

  it('classify --output writes the lines of --json, and resumes after a kill', async () => {
    const args = ['classify', films, '-m', model, '--prompts', 'ms-cxr']
    const whole = await biovil([...args, '-o', output('scores.jsonl')])
    assert.equal(whole.code, 1, whole.stderr)
    assert.equal(whole.stdout, '', 'nothing on stdout')
    assert.match(whole.stderr, /1 of them could not be classified/)
    const rows = lines('scores.jsonl')
    assert.equal(rows.length, 41)
    assert.deepEqual(
      rows.filter(({ error }) => error).map(({ file, error }) => [file, error.code]),
      [[join(films, 'f05-broken.png'), 'ERR_IMAGE_FORMAT']],
    )
    assert.equal((await biovil([...args, '--json'])).stdout, readFileSync(output('scores.jsonl'), 'utf8'))

    const path = output('killed.jsonl')
    const before = await killMidway([...args, '-o', path], path)
    assert.ok(before > 0 && before < 41, `killed after ${before} files`)
    const other = await biovil([...args.slice(0, -1), 'chexpert', '-o', path, '--resume'])
    assert.match(other.stderr, /prompts was.*ERR_OUTPUT/s)
    const resumed = await biovil([...args, '-o', path, '--resume', '--jobs', '2'])
    assert.equal(resumed.code, 1, resumed.stderr)
    assert.match(resumed.stderr, new RegExp(`41 images, ${before} of them before`))
    assert.deepEqual(lines('killed.jsonl'), rows)
    assert.match((await biovil([...args, '-o', path, '--resume'])).stderr, /complete already/)

    assert.equal((await biovil([...args, '-o', output('scores.npy')])).code, 2)
    assert.equal((await biovil([...args, '--resume'])).code, 2)
  })

  it('ground draws the truth, and a range and colours that compare', async () => {
    const one = join(films, 'f00.png')
    const args = ['ground', one, 'w5 w6', '-m', model, '--svg', output('truth.svg')]
    const picture = async (...more: string[]) => {
      const { code, stderr } = await biovil([...args, ...more])
      assert.equal(code, 0, stderr)
      return readFileSync(output('truth.svg'), 'utf8')
    }
    const plain = await picture()
    const drawn = await picture(
      '--truth',
      '10,20,30,40',
      '--truth',
      '5,5,8,8',
      '--range=-1,1',
      '--colormap',
      'magma',
    )
    const dashed = (svg: string) => svg.match(/<rect [^>]*stroke-dasharray/g)?.length ?? 0
    assert.equal(dashed(plain), 0)
    // Two boxes and the legend, each a line and its rim.
    assert.equal(dashed(drawn), 6)
    assert.match(drawn, /biovil-map-magma/)
    assert.match(plain, /biovil-map-viridis/)
  })

  it('ground gives peak, boxes, and the heatmap as .npy', async () => {
    const one = join(films, 'f00.png')
    const args = ['ground', one, 'w5 w6', '-m', model, '--json', '--npy', output('map.npy')]
    const { code, stdout, stderr } = await biovil(args)
    assert.equal(code, 0, stderr)
    const { image, grid, peak, boxes, preprocessing, untrained } = JSON.parse(stdout)
    assert.deepEqual([image, grid.rows, grid.columns, untrained], [{ width: 200, height: 240 }, 15, 15, true])
    assert.ok(preprocessing.applied.length > 0)
    const bytes = readFileSync(output('map.npy'))
    assert.ok(bytes.toString('latin1', 0, 128).includes('(240, 200)'))
    const at = (x: number, y: number) => bytes.readFloatLE(128 + 4 * (y * 200 + x))
    assert.ok(Math.abs(at(peak.x, peak.y) - peak.score) < 0.05)
    assert.ok(Number.isNaN(at(0, 0)), 'outside of what the model saw')
    assert.ok(
      boxes.length > 0 &&
        boxes.every((box: { x: number; width: number }) => box.x >= 6 && box.x + box.width <= 194),
    )
    for (const wrong of [
      ['--threshold', 'high'],
      ['--interpolation', 'cubic'],
      ['--padding', 'wrap'],
    ]) {
      assert.equal((await biovil([...args, ...wrong])).code, 2)
    }
    assert.equal((await biovil(['ground', one, '-m', model])).code, 2)
  })

  it('inspect describes a file and writes the film', async () => {
    const one = join(films, 'f00.png')
    const { code, stdout } = await biovil(['inspect', one, '--json', '--png', output('film.png')])
    assert.equal(code, 0)
    const found = JSON.parse(stdout)
    assert.deepEqual([found.format, found.width, found.height, found.warnings], ['png', 200, 240, []])
    const { data, info } = await sharp(output('film.png')).raw().toBuffer({ resolveWithObject: true })
    assert.deepEqual([info.width, info.height], [200, 240])
    const grey = Array.from({ length: 200 * 240 }, (_, i) => data[i * info.channels] as number)
    assert.ok(Math.abs(grey.reduce((a, b) => a + b, 0) / grey.length - found.meanGrey) < 1e-6)
    assert.match((await biovil(['inspect', one])).stdout, /^size +200 x 240$/m)
    const broken = await biovil(['inspect', join(films, 'f05-broken.png')])
    assert.equal(broken.code, 1)
    assert.match(broken.stderr, /ERR_IMAGE_FORMAT/)
  })

  it('info tells of both parts', async () => {
    const { parts } = JSON.parse((await biovil(['info', '-m', model, '--json'])).stdout)
    assert.deepEqual(
      [parts.text.dimension, parts.image.dimension, parts.image.architecture, parts.image.crop],
      [16, 16, 'biovil', 480],
    )
  })
})
