import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { prepareFilm, type RawPixels, type WarningCode } from 'biovil'
import sharp from 'sharp'
import { film } from '../support/films.js'
import { drawNifti, drawPng, gzipped, type NiftiPicture } from '../support/images.js'
import { root } from '../support/root.js'

const films = join(root, 'examples/films')
const picture = { width: 90, height: 80, colour: 'grey', bits: 8, low: 0, high: 255, seed: 1 } as const
const slice: NiftiPicture = { width: 60, height: 70, type: 'int16', low: 0, high: 900, seed: 2 }

async function codes(input: Parameters<typeof prepareFilm>[0], options?: object): Promise<WarningCode[]> {
  return (await prepareFilm(input, options)).warnings.map(({ code }) => code)
}

describe('WARN_RANGE', () => {
  const width = 500
  const height = 400
  /** Grey values up to `most`, with one pixel of `hot`. */
  const withHotPixel = (
    most: number,
    hot: number,
    Type: typeof Uint8Array | typeof Uint16Array | typeof Float32Array,
  ) => {
    const pixels = new Type(Array.from(film(3, width, height), (value) => (value * most) / 255))
    pixels[70_001] = hot
    return { pixels, width, height } as RawPixels
  }

  it('for one hot pixel at 8, 12 and 16 bits, and in floating point', async () => {
    for (const [most, hot, Type] of [
      [100, 255, Uint8Array],
      [1800, 4095, Uint16Array],
      [4095, 32767, Uint16Array],
      [4095, 65535, Uint16Array],
      [0.25, 1, Float32Array],
    ] as const) {
      assert.deepEqual(await codes(withHotPixel(most, hot, Type)), ['WARN_RANGE'], `${most} ${hot}`)
      assert.deepEqual(await codes(withHotPixel(most, most, Type)), [], `${most}`)
    }
  })

  it('for one dark pixel, and in a film of many megapixels', async () => {
    const pixels = Int16Array.from(film(3, width, height))
    pixels[5] = -1000
    assert.deepEqual(await codes({ pixels, width, height }), ['WARN_RANGE'])
    const large = new Uint16Array(4000 * 3000)
    for (let i = 0; i < large.length; i++) large[i] = (i * 7919) % 1000
    assert.deepEqual(await codes({ pixels: large, width: 4000, height: 3000 }), [])
    large[7_000_001] = 4095
    assert.deepEqual(await codes({ pixels: large, width: 4000, height: 3000 }), ['WARN_RANGE'])
  })

  it('not from half of the range on, nor where percentiles leave the outliers out', async () => {
    const half = (most: number) => withHotPixel(most, 200, Uint8Array)
    const range = film(3, width, height).reduce(
      ([low, high], value) => [Math.min(low as number, value), Math.max(high as number, value)],
      [255, 0],
    )
    assert.ok((range[1] as number) - (range[0] as number) > 200)
    assert.deepEqual(await codes(half(180)), [])
    assert.deepEqual(await codes(half(70)), ['WARN_RANGE'])
    assert.deepEqual(await codes(half(70), { percentiles: [0.1, 99.9] }), [])
    assert.deepEqual(await codes(half(70), { percentiles: [0, 100] }), ['WARN_RANGE'])
  })

  it('for none of the phantoms', async () => {
    const names = readdirSync(films).filter((name) => name.endsWith('.png'))
    assert.ok(names.length > 0)
    for (const name of names) assert.deepEqual(await codes(join(films, name)), [], name)
  })
})

describe('WARN_ALPHA and WARN_COLOUR', () => {
  it('for an alpha channel that takes part in the stretch, and for inks', async () => {
    const colour = { width: 90, height: 80, bits: 8, low: 0, high: 255, seed: 1 } as const
    assert.deepEqual(await codes(drawPng({ ...colour, colour: 'rgba' })), ['WARN_ALPHA'])
    assert.deepEqual(await codes(drawPng({ ...colour, colour: 'la' })), ['WARN_ALPHA'])
    assert.deepEqual(await codes(drawPng({ ...colour, colour: 'rgb' })), [])
    const cmyk = await sharp(drawPng({ ...colour, colour: 'rgb' }))
      .toColourspace('cmyk')
      .jpeg()
      .toBuffer()
    assert.deepEqual(await codes(cmyk), ['WARN_COLOUR'])
  })
})

describe('WARN_ORIENTATION', () => {
  const png = drawPng(picture)

  it('for EXIF in JPEG, PNG and WebP, and the tag of TIFF; the pixels stay as stored', async () => {
    const formats = {
      jpeg: () => sharp(png).jpeg(),
      png: () => sharp(png).png(),
      webp: () => sharp(png).webp({ lossless: true }),
      tiff: () => sharp(png).tiff(),
    }
    for (const [name, make] of Object.entries(formats)) {
      const plain = await prepareFilm(await make().toBuffer())
      for (let orientation = 1; orientation <= 8; orientation++) {
        const file = await make().withMetadata({ orientation }).toBuffer()
        const turned = await prepareFilm(file)
        assert.deepEqual([turned.width, turned.height], [90, 80])
        assert.deepEqual(turned.crop, plain.crop, name)
        const [warning, ...others] = turned.warnings
        assert.deepEqual(others, [])
        assert.equal(
          warning?.code,
          orientation === 1 ? undefined : 'WARN_ORIENTATION',
          `${name} ${orientation}`,
        )
        if (orientation === 6)
          assert.match(warning?.message ?? '', /orientation 6 .* clockwise by 90 degrees/)
      }
    }
  })

  /** The slice with voxel axes that run so in x (right), y (anterior), z (superior). */
  function directed(
    code: 'sform' | 'qform' | 'none',
    columns: readonly number[],
    rows: readonly number[],
  ): Buffer {
    const file = drawNifti(slice)
    file.writeInt16LE(code === 'qform' ? 1 : 0, 252)
    file.writeInt16LE(code === 'sform' ? 1 : 0, 254)
    for (let axis = 0; axis < 3; axis++) {
      file.writeFloatLE((columns[axis] as number) * 0.14, 280 + 16 * axis)
      file.writeFloatLE((rows[axis] as number) * 0.14, 284 + 16 * axis)
      file.writeFloatLE(axis === 2 ? 1 : 0, 288 + 16 * axis)
    }
    return file
  }

  it('for a NIfTI direction that is turned or mirrored; the pixels stay as stored', async () => {
    const plain = (await prepareFilm(drawNifti(slice))).crop
    const oblique = Math.SQRT1_2
    for (const [columns, rows, expected] of [
      // SimpleITK's identity, the same in the coronal plane, nibabel's identity.
      [[-1, 0, 0], [0, -1, 0], []],
      [[-1, 0, 0], [0, 0, -1], []],
      [[1, 0, 0], [0, 1, 0], []],
      [[1, 0, 0], [0, -1, 0], ['WARN_ORIENTATION']],
      [[-1, 0, 0], [0, 1, 0], ['WARN_ORIENTATION']],
      [[-1, 0, 0], [0, 0, 1], ['WARN_ORIENTATION']],
      [[0, -1, 0], [-1, 0, 0], ['WARN_ORIENTATION']],
      [[0, 1, 0], [-1, 0, 0], ['WARN_ORIENTATION']],
      [[-oblique, oblique, 0], [-oblique, -oblique, 0], ['WARN_ORIENTATION']],
    ] as const) {
      for (const file of [directed('sform', columns, rows), gzipped(directed('sform', columns, rows))]) {
        const found = await prepareFilm(file)
        assert.deepEqual(
          found.warnings.map(({ code }) => code),
          expected,
          `${columns} ${rows}`,
        )
        assert.deepEqual(found.crop, plain)
      }
    }
  })

  it('by the quaternion where that is what the file has, and not where it has neither', async () => {
    const quaternion = (b: number, c: number, d: number) => {
      const file = directed('qform', [9, 9, 9], [9, 9, 9])
      for (const [i, value] of [b, c, d].entries()) file.writeFloatLE(value, 256 + 4 * i)
      for (let i = 0; i < 4; i++) file.writeFloatLE(i === 0 ? 1 : 0.14, 76 + 4 * i)
      return file
    }
    assert.deepEqual(await codes(quaternion(0, 0, 0)), [])
    // 180 degrees about z, as SimpleITK writes its identity.
    assert.deepEqual(await codes(quaternion(0, 0, 1)), [])
    assert.deepEqual(await codes(quaternion(1, 0, 0)), ['WARN_ORIENTATION'])
    assert.deepEqual(await codes(quaternion(0, 0, Math.SQRT1_2)), ['WARN_ORIENTATION'])
    assert.deepEqual(await codes(directed('none', [1, 0, 0], [0, -1, 0])), [])
  })
})
