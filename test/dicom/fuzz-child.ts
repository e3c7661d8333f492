// Decodes damaged copies of fixtures: argv = seed, how many of each, names. Prints one JSON summary, and to stderr now
// and then where it is: after a crash, the seed that goes on from there.
import { decodeDicom } from './internals.js'
import { readFixture } from './records.js'

const [, , seed = '1', count = '100', ...names] = process.argv
const allowed = new Set([
  'ERR_IMAGE_FORMAT',
  'ERR_IMAGE_DECODE',
  'ERR_IMAGE_TOO_LARGE',
  'ERR_DICOM_SYNTAX',
  'ERR_DICOM_PIXELS',
])
const outcomes: Record<string, number> = {}
const unexpected: string[] = []
let slowest = { milliseconds: 0, what: '' }
let state = Number(seed)
const extremes = [
  [0, 0],
  [0xff, 0xff],
  [0xff, 0x7f],
  [0, 0x80],
  [0xff, 0xff, 0xff, 0xff],
  [0xff, 0xff, 0xff, 0x7f],
  [0, 0, 0, 0],
  [0, 0, 0, 1],
]

for (const name of names) {
  const bytes = readFixture(name)
  for (let i = 0; i < Number(count); i++) {
    const before = state
    if (i % 500 === 0) process.stderr.write(`${name}, state ${before}\n`)
    const damaged = damage(bytes)
    const mode = i % 2 === 0 ? 'display' : 'reference'
    const start = performance.now()
    const outcome = await decodeDicom(damaged, { mode }).then(
      (image) => (image.data.length === image.width * image.height * image.channels ? 'ok' : 'wrong length'),
      (error: { code?: string; message: string }) => error.code ?? `no code: ${error.message}`,
    )
    const milliseconds = performance.now() - start
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
    const what = `${name}, state ${before}, ${mode}`
    if (milliseconds > slowest.milliseconds) slowest = { milliseconds, what }
    if (outcome !== 'ok' && !allowed.has(outcome)) unexpected.push(`${what}: ${outcome}`)
  }
}
const megabytes = process.resourceUsage().maxRSS / 1024
process.stdout.write(JSON.stringify({ outcomes, unexpected, slowest, megabytes }))

/** One to four changes: bits, bytes, numbers at their limits, lengths, cuts; mostly in the header. */
function damage(original: Uint8Array): Uint8Array {
  let bytes = new Uint8Array(original)
  for (let left = 1 + below(4); left > 0; left--) {
    const header = Math.min(bytes.length, 900)
    const at = below(4) > 0 ? 128 + below(Math.max(1, header - 128)) : below(bytes.length)
    const kind = below(16)
    if (kind < 6) bytes[at] = (bytes[at] ?? 0) ^ (1 << below(8))
    else if (kind < 10) bytes[at] = below(256)
    else if (kind < 13 && at < bytes.length) bytes.set(pick(extremes).slice(0, bytes.length - at), at)
    else if (kind < 14) bytes = bytes.slice(0, at)
    else if (kind < 15) bytes = joined(bytes.subarray(0, at), bytes.subarray(at + 1 + below(16)))
    else bytes = joined(bytes.subarray(0, at), bytes.subarray(Math.max(0, at - 1 - below(16))))
  }
  return bytes
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.concat([a, b]))
}

function pick<T>(values: readonly T[]): T {
  return values[below(values.length)] as T
}

/** mulberry32: the same damage for the same seed. */
function below(limit: number): number {
  state = (state + 0x6d2b79f5) >>> 0
  let value = Math.imul(state ^ (state >>> 15), state | 1)
  value ^= value + Math.imul(value ^ (value >>> 7), value | 61)
  return ((value ^ (value >>> 14)) >>> 0) % limit
}
