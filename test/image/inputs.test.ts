import assert from 'node:assert/strict'
import { createReadStream, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pathToFileURL } from 'node:url'
import sharp from 'sharp'
import { draw, drawNifti, drawPng, gzipped, makeTiff, type PngPicture } from '../support/images.js'
import { temporaryDirectory } from '../support/temp.js'
import { cropRectangle, inspectImage, prepareFilm, sniffFormat } from './internals.js'

const picture: PngPicture = {
  width: 130,
  height: 170,
  colour: 'grey',
  bits: 16,
  low: 100,
  high: 4000,
  seed: 8,
}

function codes(warnings: readonly { code: string }[]): string[] {
  return warnings.map(({ code }) => code)
}

describe('inputs of prepareFilm', () => {
  const directory = temporaryDirectory()
  const png = drawPng(picture)
  const grey = Uint16Array.from(draw(picture))
  const { width, height } = picture
  let wanted: Uint8Array

  before(async () => {
    wanted = (await prepareFilm(png)).crop
  })

  it('takes a path, whatever its suffix', async () => {
    const path = join(directory(), 'film.jpg')
    writeFileSync(path, png)
    assert.deepEqual((await prepareFilm(path)).crop, wanted)
    assert.deepEqual((await prepareFilm(pathToFileURL(path))).crop, wanted)
    assert.deepEqual((await prepareFilm(createReadStream(path, { highWaterMark: 100 }))).crop, wanted)
  })

  it('takes bytes, also in the middle of a buffer', async () => {
    const around = Buffer.concat([Buffer.alloc(3), png, Buffer.alloc(5)])
    assert.deepEqual((await prepareFilm(around.subarray(3, 3 + png.length))).crop, wanted)
    assert.deepEqual((await prepareFilm(new Uint8Array(png))).crop, wanted)
  })

  it('takes a web stream', async () => {
    const stream = Readable.toWeb(Readable.from([png.subarray(0, 50), png.subarray(50)]))
    assert.deepEqual((await prepareFilm(stream as unknown as NodeJS.ReadableStream)).crop, wanted)
  })

  it('takes raw pixels and leaves them alone', async () => {
    const film = await prepareFilm({ pixels: grey, width, height, bitsStored: 12 })
    assert.deepEqual(film.crop, wanted)
    assert.deepEqual([film.format, film.bitsStored, film.width, film.height], ['raw', 12, width, height])
    for (const pixels of [Int16Array.from(grey), Float32Array.from(grey)]) {
      assert.deepEqual((await prepareFilm({ pixels, width, height })).crop, wanted)
    }
    const bytes = Buffer.from(Array.from({ length: 600 }, (_, i) => i >> 2))
    const before = Buffer.from(bytes)
    await prepareFilm({ pixels: bytes, width: 20, height: 30, photometric: 'MONOCHROME1' })
    assert.deepEqual(bytes, before)
    // What the caller does to its memory meanwhile does not matter.
    const pending = prepareFilm({ pixels: grey, width, height })
    const { port1, port2 } = new MessageChannel()
    port1.postMessage(grey.buffer, [grey.buffer])
    assert.equal(grey.length, 0)
    assert.deepEqual((await pending).crop, wanted)
    port1.close()
    port2.close()
  })

  it('turns MONOCHROME1 round in display mode alone', async () => {
    const ramp = Array.from({ length: 600 }, (_, i) => Math.floor(i / 10))
    const ramps = [
      Uint8Array.from(ramp),
      Uint16Array.from(ramp),
      Int16Array.from(ramp),
      Float32Array.from(ramp),
    ]
    for (const pixels of ramps) {
      const raw = { pixels, width: 20, height: 30, photometric: 'MONOCHROME1' } as const
      const [display, reference] = await Promise.all([
        prepareFilm(raw, { keepFilm: true }),
        prepareFilm(raw, { keepFilm: true, dicom: 'reference' }),
      ])
      assert.deepEqual([display.film?.[0], display.film?.[599]], [255, 0])
      assert.deepEqual([reference.film?.[0], reference.film?.[599]], [0, 255])
      assert.deepEqual(codes(display.warnings), [])
      assert.deepEqual(codes(reference.warnings), ['WARN_POLARITY'])
      assert.ok(display.applied.includes('inverted (MONOCHROME1)'))
    }
  })

  it('takes TIFF of 16 bits, signed, floating, and with white as zero', async () => {
    const pixels = draw(picture)
    const tiff = (data: Uint16Array | Int16Array | Float32Array, photometric?: 0) =>
      prepareFilm(makeTiff({ width, height, data, ...(photometric === 0 ? { photometric } : {}) }))
    const film = await tiff(Uint16Array.from(pixels))
    assert.deepEqual(film.crop, wanted)
    assert.deepEqual([film.format, film.bitsStored], ['tiff', 16])
    assert.deepEqual((await tiff(Int16Array.from(pixels, (value) => value - 3000))).crop, wanted)
    assert.deepEqual((await tiff(Float32Array.from(pixels, (value) => value / 8))).crop, wanted)
    assert.deepEqual(
      (
        await tiff(
          Uint16Array.from(pixels, (value) => 65535 - value),
          0,
        )
      ).crop,
      wanted,
    )
  })

  it('takes one page of several and says so', async () => {
    const page = { width, height, data: Uint16Array.from(draw(picture)) }
    const tiff = makeTiff({ width: 20, height: 30, data: new Uint8Array(600) }, page)
    const second = await prepareFilm(tiff, { frame: 1 })
    assert.deepEqual(second.crop, wanted)
    assert.deepEqual(codes(second.warnings), ['WARN_FRAMES'])
    assert.deepEqual(codes((await prepareFilm(tiff)).warnings), ['WARN_FRAMES', 'WARN_CONSTANT'])
    await assert.rejects(prepareFilm(tiff, { frame: 2 }), { code: 'ERR_OUT_OF_RANGE' })
  })

  it('ignores the EXIF orientation, as the reference does', async () => {
    const upright = await sharp(png).jpeg({ quality: 90 }).toBuffer()
    const turned = await sharp(upright)
      .keepExif()
      .withExif({ IFD0: { Orientation: '6' } })
      .png()
      .toBuffer()
    const film = await prepareFilm(turned)
    assert.deepEqual([film.width, film.height], [width, height])
  })

  it('defines constant images and samples that are not finite', async () => {
    const black = await prepareFilm({ pixels: new Uint8Array(64).fill(9), width: 8, height: 8 })
    assert.ok(black.crop.every((value) => value === 0))
    assert.equal(black.meanGrey, 0)
    assert.deepEqual(codes(black.warnings), ['WARN_CONSTANT'])
    const pixels = Float32Array.from({ length: 64 }, (_, i) => i)
    pixels.set([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY], 10)
    const odd = await prepareFilm({ pixels, width: 8, height: 8 }, { keepFilm: true })
    assert.deepEqual(odd.film?.subarray(9, 14), Uint8Array.of(36, 0, 255, 0, 52))
    assert.deepEqual(codes(odd.warnings), ['WARN_NON_FINITE'])
    const none = await prepareFilm({ pixels: new Float32Array(64).fill(Number.NaN), width: 8, height: 8 })
    assert.deepEqual(codes(none.warnings), ['WARN_CONSTANT', 'WARN_NON_FINITE'])
  })

  it('sniffs formats by content', async () => {
    const bare = Buffer.from([8, 0, 5, 0, 0x43, 0x53, 10, 0, ...Buffer.from('ISO_IR 100')])
    const implicit = Buffer.from([8, 0, 0, 0, 4, 0, 0, 0, 200, 0, 0, 0, 8, 0, 5, 0])
    const big = Buffer.from([0, 8, 0, 5, 0x43, 0x53, 0, 10, ...Buffer.from('ISO_IR 100')])
    const files = {
      png,
      jpeg: await sharp(png).jpeg().toBuffer(),
      webp: await sharp(png).webp().toBuffer(),
      tiff: await sharp(png).tiff().toBuffer(),
      nifti: drawNifti({ ...picture, type: 'int16' }),
      dicom: Buffer.concat([Buffer.alloc(128), Buffer.from('DICM')]),
    }
    for (const [format, bytes] of Object.entries(files)) assert.equal(sniffFormat(bytes), format)
    for (const bytes of [bare, implicit, big]) assert.equal(sniffFormat(bytes), 'dicom')
    assert.equal(sniffFormat(gzipped(files.nifti)), 'nifti')
    for (const text of ['', 'hello, world, this is no image', 'GIF89a', '%PDF-1.4', '\0\0\0\0']) {
      assert.equal(sniffFormat(Buffer.from(text)), undefined)
    }
  })

  it('describes an image without preparing it twice', async () => {
    const { inspection, film } = await inspectImage(png)
    assert.equal(film.length, width * height)
    assert.deepEqual(Object.keys(inspection), [
      'format',
      'width',
      'height',
      'bitsStored',
      'applied',
      'meanGrey',
      'crop',
      'warnings',
    ])
    const mean = film.reduce((sum, value) => sum + value, 0) / film.length
    assert.ok(Math.abs(inspection.meanGrey - mean) < 1e-9)
    assert.deepEqual([inspection.bitsStored, inspection.width, inspection.height], [16, width, height])
  })

  it('takes a gzipped NIfTI file with some bytes behind its pixels', async () => {
    const nifti = drawNifti({ ...picture, type: 'int16' })
    const plain = (await prepareFilm(nifti)).crop
    for (const behind of [1, 300_000, 1_000_000]) {
      const file = gzipped(Buffer.concat([nifti, Buffer.alloc(behind)]))
      assert.deepEqual((await prepareFilm(file)).crop, plain)
    }
  })

  it('says where the crop lies in the original', () => {
    assert.deepEqual(cropRectangle(512, 512, 512, 480), { x: 16, y: 16, width: 480, height: 480 })
    // 600 x 512: (600 - 480) / 2 is whole; 512 x 515: 17.5 rounds to the even 18.
    assert.deepEqual(cropRectangle(1024, 1030, 512, 480), { x: 32, y: 36, width: 960, height: 960 })
    const wide = cropRectangle(3056, 2544, 512, 448)
    assert.ok(Math.abs(wide.width - (448 * 3056) / 615) < 1e-9)
    assert.ok(Math.abs(wide.x - (84 * 3056) / 615) < 1e-9)
  })
})
