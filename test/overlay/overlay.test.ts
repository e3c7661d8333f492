import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Grounding } from 'biovil'
import sharp from 'sharp'
import { runNode } from '../support/cli.js'
import { temporaryDirectory } from '../support/temp.js'
import { drawable, fixed, renderOverlay, textWidth, ticks, wrapText } from './internals.js'
import { checkXml } from './xml.js'

/** A grounding of one warm patch, or flat. */
function ground(width: number, height: number, warm = 0.6, untrained = false): Grounding {
  const data = new Float32Array(225).fill(0.1)
  data[11 * 15 + 11] = warm
  return new Grounding({
    grid: { rows: 15, columns: 15, data },
    film: { width, height },
    framing: { resize: 512, crop: 480 },
    phrase: 'Left basilar consolidation',
    untrained,
    smoothing: warm === 0.1 ? false : {},
  })
}

function grey(width: number, height: number, value = 100): Uint8Array {
  return new Uint8Array(width * height).fill(value)
}

interface Picture {
  readonly width: number
  readonly height: number
  at(x: number, y: number): number[]
  count(colour: readonly number[], tolerance?: number): number
  readonly data: Uint8Array
}

async function picture(png: Buffer): Promise<Picture> {
  const { data, info } = await sharp(png).removeAlpha().raw().toBuffer({ resolveWithObject: true })
  assert.equal(info.channels, 3)
  return {
    width: info.width,
    height: info.height,
    data,
    at: (x, y) => Array.from(data.subarray((y * info.width + x) * 3, (y * info.width + x) * 3 + 3)),
    count(colour, tolerance = 3) {
      let found = 0
      for (let i = 0; i < data.length; i += 3) {
        if (colour.every((value, c) => Math.abs((data[i + c] as number) - value) <= tolerance)) found++
      }
      return found
    },
  }
}

const ground_ = [0x10, 0x14, 0x18]
const pink = [0xff, 0x8f, 0xc8]
const amber = [0xff, 0xb7, 0x4d]

describe('overlay', () => {
  it('is a film with heat inside the crop and none in the margins, in a frame with caption and colour bar', async () => {
    const grounding = ground(512, 512, 0.1)
    const png = await renderOverlay({ film: grey(512, 512), grounding, opacity: 0.5, boxes: [] }).png()
    const found = await picture(png)
    // 15 pixels of margin; beside and below the film is room for the bar and the caption.
    assert.ok(found.width > 512 + 30 && found.width < 650, `${found.width}`)
    assert.ok(found.height > 512 + 30 && found.height < 700, `${found.height}`)
    assert.deepEqual(found.at(2, 2), ground_)
    assert.deepEqual(found.at(15, 15), [100, 100, 100])
    assert.deepEqual(found.at(15 + 15, 15 + 256), [100, 100, 100])
    assert.deepEqual(found.at(15 + 496, 15 + 256), [100, 100, 100])
    // The middle of viridis, half and half with the film; the grid is flat, so it is the same everywhere.
    assert.deepEqual(found.at(15 + 16, 15 + 16), found.at(15 + 495, 15 + 495))
    const [red, green, blue] = found.at(15 + 256, 15 + 256) as [number, number, number]
    assert.ok(Math.abs(red - (100 + 33) / 2) < 3 && Math.abs(green - (100 + 145) / 2) < 3, `${red} ${green}`)
    assert.ok(Math.abs(blue - (100 + 140) / 2) < 3)
    assert.ok(found.count([0xec, 0xef, 0xf1], 12) > 200, 'the caption')
  })

  it('is warmest at the peak and shows the film as it is without opacity', async () => {
    const grounding = ground(512, 512)
    const options = { film: grey(512, 512), grounding, boxes: [] }
    const warm = await picture(await renderOverlay({ ...options, opacity: 1 }).png())
    const { x, y } = grounding.peak
    // Beside the mark of the peak: the bright, yellow end of viridis.
    const [red, green, blue] = warm.at(15 + x + 9, 15 + y + 9) as [number, number, number]
    assert.ok(red > 180 && green > 200 && blue < 90, `${red} ${green} ${blue}`)
    const bare = await picture(await renderOverlay({ ...options, opacity: 0 }).png())
    assert.deepEqual(bare.at(15 + 40, 15 + 40), [100, 100, 100])
  })

  it('draws what was found and, dashed in another colour, the truth', async () => {
    const grounding = ground(512, 512)
    const options = { film: grey(512, 512), grounding }
    const box = { x: 100, y: 120, width: 60, height: 50, score: 0.5 }
    const without = await picture(await renderOverlay({ ...options, boxes: [] }).png())
    const found = await picture(await renderOverlay({ ...options, boxes: [box] }).png())
    const both = await picture(await renderOverlay({ ...options, boxes: [box], truth: [box] }).png())
    assert.deepEqual(
      found.at(15 + 100, 15 + 145).map((value) => value > 200),
      [true, true, true],
    )
    assert.ok((without.at(15 + 100, 15 + 145)[0] as number) < 200)
    assert.equal(without.count(pink), 0)
    assert.ok(both.count(pink, 40) > 20)
    // The three best of the grounding itself are the default.
    const usual = await picture(await renderOverlay(options).png())
    const [best] = grounding.boxes()
    assert.ok((usual.at(15 + (best?.x ?? 0), 15 + (best?.y ?? 0) + 30)[0] as number) > 200)
  })

  it('says so when the weights are random', async () => {
    const film = grey(512, 512)
    const trained = await picture(await renderOverlay({ film, grounding: ground(512, 512) }).png())
    const untrained = await picture(
      await renderOverlay({ film, grounding: ground(512, 512, 0.6, true) }).png(),
    )
    assert.equal(trained.count(amber, 8), 0)
    assert.ok(untrained.count(amber, 8) > 100)
  })

  for (const [width, height] of [
    [64, 64],
    [33, 64],
    [300, 40],
    [900, 700],
    [2000, 2600],
  ] as const) {
    it(`fits a film of ${width} x ${height}`, async () => {
      const grounding = ground(width, height)
      const overlay = renderOverlay({ film: grey(width, height), grounding, maxSize: 1000 })
      const { width: shown, height: high } = await sharp(await overlay.png()).metadata()
      const longest = Math.min(1000, Math.max(512, width, height))
      assert.ok(shown >= 0.7 * longest && shown <= 1.3 * longest, `${shown}`)
      assert.ok(high >= 0.34 * longest && high <= 1.5 * longest, `${high}`)
      checkXml(await overlay.svg())
    })
  }

  it('looks the same as SVG, which is well-formed whatever the phrase', async () => {
    const film = Uint8Array.from({ length: 512 * 400 }, (_, i) => (i * 7) % 256)
    const phrase = 'a < b & "c" > \'d\' ]]> \u0000 \u001b \ud800 \uffff 肺 naïve — ½'
    const overlay = renderOverlay({
      film,
      grounding: ground(512, 400),
      phrase,
      truth: [{ x: 5, y: 5, width: 50, height: 50 }],
    })
    const svg = await overlay.svg()
    const names = checkXml(svg)
    assert.equal(names[0], 'svg')
    assert.equal(names.filter((name) => name === 'image').length, 2)
    assert.ok(!names.includes('text'), 'text would need a font')
    assert.match(svg, /<title>a &lt; b &amp; "c"/)
    const [a, b] = [
      await picture(await overlay.png()),
      await picture(await sharp(Buffer.from(svg)).png().toBuffer()),
    ]
    assert.deepEqual([b.width, b.height], [a.width, a.height])
    let difference = 0
    for (const [i, value] of a.data.entries()) difference += Math.abs(value - (b.data[i] as number))
    assert.ok(difference / a.data.length < 1, `mean difference ${difference / a.data.length}`)
  })

  describe('without any font', () => {
    const directory = temporaryDirectory()
    it('gives the same bytes', async () => {
      const script = join(directory(), 'draw.mjs')
      const config = join(directory(), 'fonts.conf')
      writeFileSync(config, '<?xml version="1.0"?><fontconfig></fontconfig>')
      writeFileSync(
        script,
        `import { createHash } from 'node:crypto'
        import { Grounding } from ${JSON.stringify(import.meta.resolve('biovil'))}
        import { renderOverlay } from ${JSON.stringify(new URL('overlay/index.js', import.meta.resolve('biovil')).href)}
        const data = new Float32Array(225); data[112] = 1
        const grounding = new Grounding({ grid: { rows: 15, columns: 15, data }, film: { width: 200, height: 200 },
          framing: { resize: 512, crop: 480 }, phrase: 'Cardiomegaly' })
        const overlay = renderOverlay({ film: new Uint8Array(40000).fill(80), grounding })
        for (const result of [await overlay.png(), await overlay.svg()])
          console.log(createHash('sha256').update(result).digest('hex'))`,
      )
      const usual = await runNode([script])
      const fontless = await runNode([script], {
        env: { FONTCONFIG_FILE: config, FONTCONFIG_PATH: directory() },
      })
      assert.deepEqual([usual.code, fontless.code], [0, 0], usual.stderr + fontless.stderr)
      assert.match(usual.stdout, /^([0-9a-f]{64}\n){2}$/)
      assert.equal(fontless.stdout, usual.stdout)
    })
  })

  it('cuts a phrase that nobody would read, in no time', async () => {
    const overlay = renderOverlay({
      film: grey(64, 64),
      grounding: ground(64, 64),
      phrase: 'word '.repeat(1e5),
    })
    const { height } = await sharp(await overlay.png()).metadata()
    assert.ok(height < 800, `${height}`)
  })

  it('refuses what it cannot draw', () => {
    const grounding = ground(64, 64)
    const film = grey(64, 64)
    const throws = (options: object, code: string) =>
      assert.throws(() => renderOverlay({ film, grounding, ...options }), { code })
    throws({ film: grey(64, 63) }, 'ERR_INVALID_ARG_VALUE')
    throws({ film: [1] }, 'ERR_INVALID_ARG_TYPE')
    throws({ grounding: {} }, 'ERR_INVALID_ARG_TYPE')
    throws({ opacity: 1.5 }, 'ERR_OUT_OF_RANGE')
    throws({ opacity: '1' }, 'ERR_INVALID_ARG_TYPE')
    throws({ range: [1, 0] }, 'ERR_INVALID_ARG_VALUE')
    throws({ range: 1 }, 'ERR_INVALID_ARG_TYPE')
    throws({ colormap: 'jet' }, 'ERR_INVALID_ARG_VALUE')
    throws({ boxes: [{ x: 1, y: 1, width: Number.NaN, height: 1 }] }, 'ERR_INVALID_ARG_TYPE')
    throws({ boxes: [null] }, 'ERR_INVALID_ARG_TYPE')
    throws({ maxSize: 10 }, 'ERR_OUT_OF_RANGE')
    throws({ color: 'red' }, 'ERR_UNKNOWN_OPTION')
  })
})

describe('text of an overlay', () => {
  it('falls back visibly', () => {
    assert.equal(drawable('naïve  café\n≥ 3 cm – “x” 肺炎 ½ 😀'), 'naive cafe >= 3 cm - "x" ?? 1?2 ?')
  })

  it('is wrapped at spaces and cut with an ellipsis', () => {
    const words = 'one two three four five six seven eight nine ten'
    const width = textWidth('one two three', 10)
    assert.deepEqual(wrapText('one two three', 10, width, 2), ['one two three'])
    const lines = wrapText(words, 10, width, 3)
    assert.equal(lines.length, 3)
    assert.equal(lines[0], 'one two three')
    assert.ok(lines[2]?.endsWith('…'))
    for (const line of [...lines, ...wrapText('x'.repeat(500), 10, width, 3)]) {
      assert.ok(textWidth(line, 10) <= width, line)
    }
    assert.equal(wrapText(words, 10, width, 9).join(' '), words)
    assert.deepEqual(wrapText(' \n ', 10, width, 3), [])
  })
})

describe('ticks of an overlay', () => {
  it('are round, inside the range and few', () => {
    assert.deepEqual(ticks([-0.11, 0.27], 6), [-0.1, 0, 0.1, 0.2])
    assert.deepEqual(ticks([0, 1], 5), [0, 0.2, 0.4, 0.6, 0.8, 1])
    assert.deepEqual(ticks([0.2, 0.2], 6), [])
    assert.equal(fixed(-0.0001, 2), '0.00')
  })
})
