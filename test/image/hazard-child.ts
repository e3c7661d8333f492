// Scenarios that could take a process down, each run in a process of its own: argv = scenario, number.
import { fileURLToPath } from 'node:url'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import sharp from 'sharp'
import { drawNifti, drawPng, gzipped, makeTiff } from '../support/images.js'
import { prepareFilm } from './internals.js'

const self = fileURLToPath(import.meta.url)
const [, , scenario = '', count = '0'] = process.argv
const large = { width: 2544, height: 3056 }
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

function film(): Promise<unknown> {
  const pixels = new Uint16Array(large.width * large.height)
  for (let i = 0; i < pixels.length; i += 7) pixels[i] = i & 4095
  return prepareFilm({ pixels, ...large }, { keepFilm: true })
}

/** The same numbers in every run. */
function generator(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

async function fixtures(): Promise<Record<string, Buffer>> {
  const picture = { width: 70, height: 60, low: 0, high: 255, seed: 3 } as const
  const png = drawPng({ ...picture, colour: 'grey', bits: 8 })
  const shape = { width: 70, height: 60, low: 0, high: 900, seed: 3 } as const
  const nifti = drawNifti({ ...shape, type: 'int16' })
  const data = Uint16Array.from({ length: 4200 }, (_, i) => i)
  return {
    png,
    palette: drawPng({ ...picture, colour: 'palette', bits: 4, high: 15 }),
    'colour of 16 bits': drawPng({ ...picture, colour: 'rgba', bits: 16, high: 65535 }),
    jpeg: await sharp(png).jpeg().toBuffer(),
    progressive: await sharp(png).jpeg({ progressive: true }).toBuffer(),
    tiff: makeTiff({ width: 70, height: 60, data }),
    deflated: await sharp(png).tiff({ compression: 'deflate' }).toBuffer(),
    webp: await sharp(png).webp().toBuffer(),
    nifti,
    'compressed nifti': gzipped(nifti),
    'scaled nifti': drawNifti({ ...shape, type: 'float64', slope: 2, intercept: 1, big_endian: true }),
    'oriented jpeg': await sharp(png).withMetadata({ orientation: 6 }).jpeg().toBuffer(),
  }
}

/** Changes some bytes, most of them in the header, and now and then cuts the end off. */
function damage(bytes: Buffer, random: (below: number) => number): Buffer {
  const damaged = Buffer.from(bytes)
  const head = Math.min(damaged.length, 160)
  for (let i = random(6); i >= 0; i--) {
    // The magic stays, or nothing would be decoded.
    const at = random(5) === 0 ? random(damaged.length) : 8 + random(head - 8)
    damaged[at] = [0, 255, random(256), (damaged[at] as number) ^ (1 << random(8))][random(4)] as number
  }
  return random(6) === 0 ? damaged.subarray(0, random(damaged.length)) : damaged
}

const scenarios: Record<string, () => Promise<unknown>> = {
  async 'terminate-workers'() {
    for (let round = 0; round < 8; round++) {
      const workers = Array.from({ length: 2 }, () => new Worker(self))
      await Promise.all(
        workers.map(async (worker, i) => {
          await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
          await sleep(i * 3 + round)
          await worker.terminate()
        }),
      )
    }
    await film()
    return 'survived'
  },

  async 'exit-while-preparing'() {
    for (let i = 0; i < 6; i++) void film()
    setTimeout(() => process.exit(7), 30)
    await sleep(60_000)
  },

  async leak() {
    const measured: number[] = []
    for (let i = 1; i <= 300; i++) {
      await film()
      if (i === 60 || i === 300) {
        globalThis.gc?.()
        await sleep(50)
        measured.push(process.memoryUsage.rss() / 1e6)
      }
    }
    return JSON.stringify(measured)
  },

  async fuzz() {
    const outcomes: Record<string, number> = {}
    const unexpected: string[] = []
    let slowest = 0
    for (const [name, bytes] of Object.entries(await fixtures())) {
      const random = generator(name.length * 77 + Number(count))
      for (let i = 0; i < Number(count); i++) {
        const began = performance.now()
        // Percentiles see samples of every kind, NaN and infinite ones too.
        const percentiles = i % 2 === 0 ? undefined : ([0.1, 99.9] as const)
        const outcome = await prepareFilm(damage(bytes, random), { maxPixels: 4e6, percentiles }).then(
          (film) => (film.crop.length === 480 * 480 ? 'prepared' : 'wrong size'),
          (error: Error & { code?: string }) => error.code ?? String(error.stack),
        )
        slowest = Math.max(slowest, performance.now() - began)
        outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
        if (!/^(prepared|ERR_IMAGE_(FORMAT|DECODE|TOO_LARGE))$/.test(outcome)) {
          unexpected.push(`${name} ${i}: ${outcome}`)
        }
      }
    }
    return JSON.stringify({ outcomes, unexpected, slowest, megabytes: process.resourceUsage().maxRSS / 1024 })
  },
}

if (isMainThread) {
  const result = await scenarios[scenario]?.()
  process.stdout.write(`done ${String(result)}\n`)
} else {
  for (let i = 0; i < 6; i++) void film()
  parentPort?.postMessage('running')
  await sleep(60_000)
}
