import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { inspect } from 'node:util'
import { inspectImage, openCheckpoint, prepareFilm } from 'biovil'
import sharp from 'sharp'
import { dicomFile, film } from '../dicom/build.js'
import { drawNifti, drawPng, gzipped, makePng, pngChunk } from '../support/images.js'
import { temporaryDirectory } from '../support/temp.js'

/** What nothing may tell. */
const planted = 'PLANTED^JANE 4711'

const png = drawPng({ width: 60, height: 50, colour: 'grey', bits: 8, low: 0, high: 255, seed: 1 })

function withTexts(file: Buffer): Buffer {
  const text = (type: string, head: string) => pngChunk(type, Buffer.from(`${head}\0${planted}`, 'latin1'))
  const at = 8 + 25
  const texts = [text('tEXt', planted), text('tEXt', 'Title'), text('zTXt', planted), text('iCCP', planted)]
  return Buffer.concat([file.subarray(0, at), ...texts, file.subarray(at)])
}

async function carriers(): Promise<Record<string, Uint8Array>> {
  const exif = { IFD0: { ImageDescription: planted, Artist: planted, Copyright: planted } }
  const described = () => sharp(png).withExif(exif).withXmp(`<x:xmpmeta>${planted}</x:xmpmeta>`)
  const nifti = drawNifti({ width: 60, height: 50, type: 'int16', low: 0, high: 900, seed: 2 })
  // db_name, descrip, aux_file and intent_name.
  for (const [at, length] of [
    [14, 18],
    [148, 80],
    [228, 24],
    [328, 16],
  ] as const) {
    nifti.write(planted.slice(0, length), at, 'latin1')
  }
  const tags = [
    [0x0010, 0x0010, 'PN'],
    [0x0010, 0x0020, 'LO'],
    [0x0008, 0x1030, 'LO'],
    [0x0020, 0x4000, 'LT'],
    [0x0018, 0x0015, 'CS'],
    [0x0008, 0x0060, 'CS'],
    [0x0018, 0x5101, 'CS'],
    [0x2050, 0x0020, 'CS'],
  ] as const
  return {
    png: withTexts(png),
    jpeg: await described().jpeg().toBuffer(),
    webp: await described().webp().toBuffer(),
    tiff: await described().tiff().toBuffer(),
    nifti,
    'compressed nifti': gzipped(nifti),
    dicom: dicomFile(film(...tags.map(([group, element, vr]) => [group, element, vr, planted] as const))),
    'a text': Buffer.from(`${planted}\n`.repeat(50)),
    'a damaged png': makePng(
      { width: 9, height: 9, bits: 8, type: 0 },
      pngChunk('IDAT', Buffer.from(planted)),
    ),
  }
}

/** The same numbers in every run. */
function generator(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

describe('what is told of a film', function () {
  this.timeout(120_000)
  const directory = temporaryDirectory()

  it('is nothing that its file says of a patient, whole or damaged, in any mode', async () => {
    const random = generator(7)
    for (const [name, bytes] of Object.entries(await carriers())) {
      for (let i = 0; i < 60; i++) {
        const copy = Buffer.from(bytes)
        if (i > 0) for (let k = random(5); k >= 0; k--) copy[random(copy.length)] = random(256)
        const file = i % 7 === 6 ? copy.subarray(0, random(copy.length)) : copy
        const told = await inspectImage(file, {
          dicom: i % 2 === 0 ? 'display' : 'reference',
          maxPixels: 4e6,
        }).then(
          ({ inspection }) => inspection,
          (error: Error) => error,
        )
        const text = inspect(told, { depth: 8, maxStringLength: null, showHidden: true })
        assert.ok(!/PLANTED|JANE|4711/.test(text), `${name} ${i}: ${text}`)
      }
    }
  })

  it('begins with the path as it was given', async () => {
    const path = join(directory(), 'no film.png')
    writeFileSync(path, 'no film')
    const short = relative(process.cwd(), path)
    for (const [given, shown] of [
      [path, path],
      [short, short],
      [pathToFileURL(path), path],
    ] as const) {
      await assert.rejects(prepareFilm(given), (error: Error) => error.message.startsWith(`${shown}: `))
    }
    const missing = join(relative(process.cwd(), directory()), 'missing.png')
    await assert.rejects(prepareFilm(missing), (error: Error) =>
      error.message.startsWith(`Cannot read ${missing}: `),
    )
  })

  it('shows the control characters of a name as escapes', async () => {
    const odd = 'bad\u001b[31m\nname\u202e.png'
    const path = join(directory(), odd)
    const check = (error: Error) => {
      assert.ok(!/[\p{Cc}\u202e]/u.test(error.message), JSON.stringify(error.message))
      assert.match(error.message, /bad\\u001b\[31m\\nname\\u202e\.png/)
      return true
    }
    await assert.rejects(prepareFilm(path), check)
    writeFileSync(path, 'no film')
    await assert.rejects(prepareFilm(path), check)
    await assert.rejects(openCheckpoint(path), check)
    mkdirSync(`${path}.d`)
    await assert.rejects(prepareFilm(`${path}.d`), check)
  })
})
