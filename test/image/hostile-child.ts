// Files that ask for far more than they are, in a process whose peak memory is measured at the end. argv = directory,
// decodeMemory. Prints what became of each.
import { openSync, truncateSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { deflateRawSync, gzipSync } from 'node:zlib'
import { type FilmInput, loadModel, type PrepareOptions, prepareFilm } from 'biovil'
import sharp from 'sharp'
import { dicomFile, film as dicomFilm } from '../dicom/build.js'
import { drawNifti, drawPng, makePng, makeTiff, pngChunk } from '../support/images.js'
import { tinyImageDirectory } from '../support/models.js'

const [, , directory = '', memory = '0'] = process.argv
const decodeMemory = Number(memory)
const side = 5000
const results: Record<string, string> = {}

async function attempt(name: string, input: FilmInput, options: PrepareOptions = {}): Promise<void> {
  results[name] = await prepareFilm(input as Buffer, { decodeMemory, ...options }).then(
    ({ width, height }) => `${width}x${height}`,
    (error: Error & { code?: string }) => `${error.code ?? error.name}: ${error.message}`,
  )
}

/** A NIfTI header for pixels of a type that is not drawn here. */
function niftiHeader(width: number, height: number, datatype: number): Buffer {
  const header = drawNifti({ width: 1, height: 1, type: 'int16', low: 0, high: 0, seed: 0 }).subarray(0, 352)
  header.writeInt16LE(width, 42)
  header.writeInt16LE(height, 44)
  header.writeInt16LE(datatype, 70)
  return header
}

function sparse(name: string, head: Buffer, size: number): string {
  const path = join(directory, name)
  writeSync(openSync(path, 'w'), head)
  truncateSync(path, size)
  return path
}

const background = { r: 0, g: 90, b: 0, alpha: 0.5 }
const drawn = () => sharp({ create: { width: side, height: side, channels: 4, background } })
const words = (value: number) => [value] as const
const dicom = (syntax: string, pixels: Uint8Array, allocated: number) => {
  const file = dicomFile(
    dicomFilm(
      [0x0028, 0x0010, 'US', words(side)],
      [0x0028, 0x0011, 'US', words(side)],
      [0x0028, 0x0100, 'US', words(allocated)],
      [0x0028, 0x0101, 'US', words(allocated)],
      [0x0028, 0x0102, 'US', words(allocated - 1)],
      [0x7fe0, 0x0010, 'OW', pixels],
    ),
    { syntax },
  )
  if (syntax !== '1.2.840.10008.1.2.1.99') return file
  // The data set begins after the meta information, whose length its first element tells.
  const length = 132 + 12 + new DataView(file.buffer, file.byteOffset + 140).getUint32(0, true)
  return Buffer.concat([file.subarray(0, length), deflateRawSync(file.subarray(length), { level: 1 })])
}

const scenarios: Record<string, () => Promise<void>> = {
  async bombs() {
    const files: Record<string, () => Promise<Uint8Array> | Uint8Array> = {
      'png rgba 16': () => drawn().toColourspace('rgb16').png().toBuffer(),
      'png interlaced': () => drawn().png({ progressive: true }).toBuffer(),
      'jpeg progressive': () => drawn().jpeg({ progressive: true, chromaSubsampling: '4:4:4' }).toBuffer(),
      webp: () => drawn().webp({ lossless: true, effort: 0 }).toBuffer(),
      'tiff deflate': () => drawn().tiff({ compression: 'deflate' }).toBuffer(),
      'nifti float64': () =>
        gzipSync(Buffer.concat([niftiHeader(side, side, 64), Buffer.alloc(8 * side * side)]), { level: 1 }),
      'dicom 16 bits': () => dicom('1.2.840.10008.1.2.1', new Uint8Array(2 * side * side), 16),
    }
    for (const [name, make] of Object.entries(files)) {
      const path = join(directory, name)
      writeFileSync(path, await make())
      await Promise.all([1, 2, 3, 4, 5, 6].map((i) => attempt(`${name} ${i}`, path)))
    }
  },

  async declared() {
    const huge = 900_000
    const png = { width: huge, height: huge, bits: 16, type: 6 }
    await attempt('png', makePng(png, pngChunk('IDAT', Buffer.alloc(20))))
    const tiff = makeTiff({ width: 4, height: 4, data: new Uint8Array(16) })
    for (const at of [10 + 8, 22 + 8]) tiff.writeUInt32LE(100_000, at)
    await attempt('tiff', tiff)
    await attempt('nifti', niftiHeader(32767, 32767, 64))
    await attempt('nifti gz', gzipSync(niftiHeader(32767, 32767, 64)))
    // Within the limit of pixels, and no data behind it.
    await attempt('nifti short', gzipSync(niftiHeader(9000, 9000, 64)), { decodeMemory: 2e9 })
    await attempt(
      'dicom',
      dicomFile(dicomFilm([0x0028, 0x0010, 'US', [65535]], [0x0028, 0x0011, 'US', [65535]])),
    )
    await attempt('sparse png', sparse('sparse.png', Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), 2 ** 40))
    const size = 352 + 8 * 9000 * 9000
    const path = sparse('sparse.nii', niftiHeader(9000, 9000, 64), size)
    await Promise.all([1, 2, 3, 4].map((i) => attempt(`sparse nifti ${i}`, path)))
    await attempt(
      'gzip of zeros',
      gzipSync(Buffer.concat([niftiHeader(100, 100, 2), Buffer.alloc(300e6)]), { level: 1 }),
    )
  },

  async streams() {
    const chunk = Buffer.alloc(1 << 20)
    const endless = () =>
      new Readable({
        read() {
          this.push(chunk)
        },
      })
    await attempt('endless', endless() as never, { maxPixels: 1e6 })
    async function* generator() {
      for (;;) yield chunk
    }
    await attempt('endless generator', generator() as never, { maxPixels: 1e6 })
    const web = new ReadableStream({ pull: (controller) => controller.enqueue(chunk) })
    await attempt('endless web stream', web as never, { maxPixels: 1e6 })
    for (const [name, make] of Object.entries({
      stalled: () => new Readable({ read() {} }),
      'stalled generator': async function* () {
        await new Promise(() => {})
        yield chunk
      },
      'stalled web stream': () => new ReadableStream({}),
    })) {
      const began = performance.now()
      await attempt(name, make() as never, { signal: AbortSignal.timeout(100) })
      if (performance.now() - began > 2000) results[name] = 'late'
    }
    await using model = await loadModel(await tinyImageDirectory('image'), { device: 'cpu' })
    const began = performance.now()
    const stalled = (async function* () {
      yield drawPng({ width: 9, height: 9, colour: 'grey', bits: 8, low: 0, high: 255, seed: 1 })
      await new Promise(() => {})
    })()
    results['stalled films'] = await (async () => {
      const options = { signal: AbortSignal.timeout(500), ahead: 1 }
      for await (const { error } of model.encodeImageStream(stalled, options)) if (error) throw error
      return 'ended'
    })().catch((error: Error) => error.name)
    if (performance.now() - began > 3000) results['stalled films'] = 'late'
    const texts = (async function* () {
      yield 'w5'
      await new Promise(() => {})
    })()
    results['stalled texts'] = (await (async () => {
      for await (const rows of model.embedTextStream(texts, { signal: AbortSignal.timeout(200) })) return rows
      return 'ended'
    })().catch((error: Error) => error.name)) as string
  },

  async turns() {
    const bytes = await drawn().png({ compressionLevel: 1 }).toBuffer()
    // One film fits at a time.
    const options = { decodeMemory: Math.ceil((4 * side * side * 4) / 3) + 1000 }
    const began = performance.now()
    const first = prepareFilm(bytes, options)
    const reason = new Error('enough')
    const controller = new AbortController()
    const waiting = prepareFilm(bytes, { ...options, signal: controller.signal })
    const next = prepareFilm(bytes, options)
    setTimeout(() => controller.abort(reason), 20)
    const aborted = await waiting.catch((error) => error)
    const waited = performance.now() - began
    const during = new AbortController()
    const running = prepareFilm(bytes, { ...options, signal: during.signal })
    setTimeout(() => during.abort(reason), 20)
    results['aborted while it waits'] = aborted === reason ? 'the reason' : String(aborted)
    results['aborted while others work'] =
      (await running.catch((error) => error)) === reason ? 'the reason' : 'no'
    results['the others'] = `${(await first).width} ${(await next).width}`
    results['at once'] = waited < 1000 || waited < (performance.now() - began) / 2 ? 'yes' : `${waited} ms`
    await using model = await loadModel(await tinyImageDirectory('image-t'), { device: 'cpu' })
    const pairs = Array.from({ length: 6 }, () => ({ image: bytes, prior: bytes }))
    let pairsDone = 0
    for await (const { error } of model.encodeImageStream(pairs, { ...options, ahead: 5 })) {
      if (error) throw error
      pairsDone++
    }
    results['pairs, five ahead'] = String(pairsDone)
  },
}

// The timers of AbortSignal keep no process alive.
const alive = setInterval(() => {}, 1000)
for (const name of process.argv.slice(4)) await scenarios[name]?.()
clearInterval(alive)
process.stdout.write(JSON.stringify({ results, megabytes: process.resourceUsage().maxRSS / 1024 }))
