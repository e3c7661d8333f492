import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import sharp from 'sharp'
import { drawNifti, drawPng, gzipped, makePng, type NiftiPicture, pngChunk } from '../support/images.js'
import { temporaryDirectory } from '../support/temp.js'
import { type ImageInput, type PrepareOptions, prepareFilm } from './internals.js'

const slice: NiftiPicture = { width: 60, height: 70, type: 'int16', low: 0, high: 900, seed: 2 }

async function fails(input: unknown, code: string, options?: unknown, message?: RegExp): Promise<void> {
  await assert.rejects(
    prepareFilm(input as ImageInput, options as PrepareOptions),
    (error: Error & { code?: string }) => {
      assert.equal(error.code, code, `${error.name}: ${error.message}`)
      if (message) assert.match(error.message, message)
      return true
    },
  )
}

describe('errors of prepareFilm', () => {
  const directory = temporaryDirectory()
  const png = drawPng({ width: 90, height: 80, colour: 'grey', bits: 8, low: 0, high: 255, seed: 1 })

  it('ERR_INPUT for a file that is not there and a stream that fails', async () => {
    await fails(join(directory(), 'no.png'), 'ERR_INPUT', undefined, /no\.png/)
    await fails(directory(), 'ERR_INPUT')
    const broken = new Readable({
      read() {
        this.destroy(new Error('unplugged'))
      },
    })
    await fails(broken, 'ERR_INPUT', undefined, /unplugged/)
  })

  it('ERR_IMAGE_FORMAT for what is no image, with the path', async () => {
    const path = join(directory(), 'report.png')
    writeFileSync(path, 'The heart is of normal size.')
    await fails(path, 'ERR_IMAGE_FORMAT', undefined, /report\.png/)
    await fails(Buffer.alloc(0), 'ERR_IMAGE_FORMAT', undefined, /0 bytes/)
    await fails(Readable.from([]), 'ERR_IMAGE_FORMAT', undefined, /0 bytes/)
    await fails(Buffer.from('GIF89a......'), 'ERR_IMAGE_FORMAT', undefined, /GIF/)
    await fails(gzipped(Buffer.from('a tar file, perhaps')), 'ERR_IMAGE_FORMAT', undefined, /gzip/)
  })

  it('ERR_IMAGE_DECODE for truncated files, with the path', async () => {
    const jpeg = await sharp(png).jpeg().toBuffer()
    const tiff = await sharp(png).tiff({ compression: 'none' }).toBuffer()
    const webp = await sharp(png).webp({ lossless: true }).toBuffer()
    for (const [name, bytes] of Object.entries({ png, jpeg, tiff, webp })) {
      for (const part of [0.3, 0.7, 0.95]) {
        const path = join(directory(), `cut.${name}`)
        writeFileSync(path, bytes.subarray(0, Math.floor(bytes.length * part)))
        await fails(path, 'ERR_IMAGE_DECODE', undefined, new RegExp(`cut\\.${name}`))
      }
    }
    const nifti = drawNifti(slice)
    await fails(nifti.subarray(0, 5000), 'ERR_IMAGE_DECODE', undefined, /5000 of 8752 bytes/)
    await fails(gzipped(nifti).subarray(0, 3000), 'ERR_IMAGE_DECODE')
  })

  it('ERR_IMAGE_DECODE for damaged files', async () => {
    const header = { width: 10, height: 10, bits: 8, type: 0 }
    await fails(makePng(header, pngChunk('IDAT', Buffer.from('not deflated'))), 'ERR_IMAGE_DECODE')
    await fails(makePng(header), 'ERR_IMAGE_DECODE')
    const damaged = Buffer.from(gzipped(drawNifti(slice)))
    damaged.fill(0x55, 2000, 2100)
    await fails(damaged, 'ERR_IMAGE_DECODE')
  })

  it('ERR_IMAGE_DECODE for NIfTI that is no single slice of grey', async () => {
    await fails(drawNifti(slice, 3), 'ERR_IMAGE_DECODE', undefined, /60x70x3/)
    const colour = drawNifti(slice)
    colour.writeInt16LE(128, 70)
    await fails(colour, 'ERR_IMAGE_DECODE', undefined, /datatype 128/)
    const offset = drawNifti(slice)
    offset.writeFloatLE(-5, 108)
    await fails(offset, 'ERR_IMAGE_DECODE')
  })

  it('ERR_IMAGE_TOO_LARGE from the header, before anything is decoded', async () => {
    const bomb = makePng(
      { width: 60000, height: 60000, bits: 8, type: 0 },
      pngChunk('IDAT', Buffer.alloc(20)),
    )
    const before = process.memoryUsage.rss()
    await fails(bomb, 'ERR_IMAGE_TOO_LARGE', undefined, /60000x60000/)
    const volume = drawNifti(slice)
    for (const at of [42, 44]) volume.writeInt16LE(32000, at)
    await fails(volume, 'ERR_IMAGE_TOO_LARGE', undefined, /32000x32000/)
    await fails(gzipped(volume), 'ERR_IMAGE_TOO_LARGE')
    assert.ok(process.memoryUsage.rss() - before < 200e6)
    await fails(png, 'ERR_IMAGE_TOO_LARGE', { maxPixels: 7199 })
    assert.equal((await prepareFilm(png, { maxPixels: 7200 })).width, 90)
    await fails({ pixels: new Uint8Array(100), width: 10, height: 10 }, 'ERR_IMAGE_TOO_LARGE', {
      maxPixels: 99,
    })
    // gzip that inflates to far more than its header declares
    const zeros = gzipped(Buffer.concat([drawNifti(slice), Buffer.alloc(50e6)]))
    await fails(zeros, 'ERR_IMAGE_DECODE')
  })

  it('ERR_IMAGE_TOO_LARGE for a stream without end', async () => {
    const chunk = Buffer.alloc(4 << 20)
    const endless = new Readable({
      read() {
        this.push(chunk)
      },
    })
    await fails(endless, 'ERR_IMAGE_TOO_LARGE', { maxPixels: 1 })
    assert.ok(endless.destroyed)
  })

  it('argument errors', async () => {
    await fails(7, 'ERR_INVALID_ARG_TYPE')
    await fails(null, 'ERR_INVALID_ARG_TYPE')
    await fails({}, 'ERR_INVALID_ARG_TYPE')
    await fails(Readable.from(['text']), 'ERR_INVALID_ARG_TYPE')
    await fails(new URL('https://example.org/film.png'), 'ERR_INVALID_ARG_VALUE', undefined, /https:/)
    await fails({ pixels: new Uint8Array(99), width: 10, height: 10 }, 'ERR_INVALID_ARG_VALUE')
    await fails({ pixels: new BigInt64Array(4), width: 2, height: 2 }, 'ERR_INVALID_ARG_TYPE')
    await fails({ pixels: new Uint8Array(0), width: 0, height: 10 }, 'ERR_OUT_OF_RANGE')
    await fails({ pixels: new Uint8Array(4), width: 2, height: 2, bits: 8 }, 'ERR_UNKNOWN_OPTION')
    const photometric = 'RGB'
    await fails({ pixels: new Uint8Array(4), width: 2, height: 2, photometric }, 'ERR_INVALID_ARG_VALUE')
    await fails(png, 'ERR_OUT_OF_RANGE', { resize: 400 })
    await fails(png, 'ERR_OUT_OF_RANGE', { crop: 0 })
    await fails(png, 'ERR_OUT_OF_RANGE', { frame: 1 })
    await fails(png, 'ERR_UNKNOWN_OPTION', { size: 480 })
    await fails(png, 'ERR_INVALID_ARG_VALUE', { dicom: 'raw' })
  })

  it('reads a stream of tiny chunks that never waits in little memory, and an abort ends it', async function () {
    this.timeout(60_000)
    async function* endless() {
      const chunk = new Uint8Array(1)
      for (;;) yield chunk
    }
    const before = process.memoryUsage().rss
    const signal = AbortSignal.timeout(1500)
    await assert.rejects(prepareFilm(Readable.from(endless()), { signal }), { name: 'TimeoutError' })
    // Hundreds of thousands of chunks, each of which would cost a hundred bytes.
    assert.ok(process.memoryUsage().rss - before < 50e6)
  })

  it('may be called many times with one signal, of which Node does not warn', async () => {
    const warned: Error[] = []
    const listen = (warning: Error) => warned.push(warning)
    process.on('warning', listen)
    const { signal } = new AbortController()
    await Promise.all(Array.from({ length: 30 }, () => prepareFilm(png, { signal })))
    await new Promise((resolve) => setImmediate(resolve))
    process.off('warning', listen)
    assert.deepEqual(warned, [])
  })

  it("rejects with the signal's own reason", async () => {
    const reason = new Error('enough')
    const aborted = AbortSignal.abort(reason)
    await assert.rejects(prepareFilm(png, { signal: aborted }), reason)
    const stalled = new Readable({ read() {} })
    const later = new AbortController()
    const waiting = prepareFilm(stalled, { signal: later.signal })
    setTimeout(() => later.abort(reason), 20)
    await assert.rejects(waiting, reason)
    assert.ok(stalled.destroyed)
    const during = new AbortController()
    const running = prepareFilm(png, { signal: during.signal })
    setImmediate(() => during.abort(reason))
    await assert.rejects(running, reason)
  })
})
