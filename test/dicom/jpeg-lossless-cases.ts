import { encodeLossless, type LosslessForm } from './jpeg-lossless-encoder.js'

/** A stream of lossless JPEG and the samples that it holds. */
export interface LosslessCase {
  readonly name: string
  readonly form: LosslessForm
  readonly samples: Uint16Array
  readonly stream: Uint8Array
}

/** What is tried with every predictor and precision. */
const forms: Readonly<Record<string, Partial<LosslessForm>>> = {
  plain: {},
  'restart every row': { restartRows: 1 },
  'restart every 2 rows': { restartRows: 2 },
  'restart every 5 rows': { restartRows: 5 },
  'restart after the last row': { restartRows: 9 },
  'point transform 1': { pointTransform: 1 },
  'point transform 3': { pointTransform: 3 },
  'long codes': { codes: 'deep' },
  'long codes, point transform 1, restart every 3 rows': { codes: 'deep', pointTransform: 1, restartRows: 3 },
  'differences modulo 2^precision': { narrow: true },
  'one column': { width: 1 },
  'one column, restart every 4 rows': { width: 1, restartRows: 4 },
  'one row': { height: 1 },
}
const colours: Readonly<Record<string, Partial<LosslessForm>>> = {
  'colours together': { components: 3 },
  'colours apart': { components: 3, separate: true },
  'colours together, restart every row': { components: 3, restartRows: 1 },
  'colours apart, restart every 2 rows, long codes': {
    components: 3,
    separate: true,
    restartRows: 2,
    codes: 'deep',
  },
}

/** All predictors with one precision, in every form, on noise and on jumps between the extremes. */
export function* losslessCases(precision: number): Generator<LosslessCase> {
  const all = [8, 12, 16].includes(precision) ? { ...forms, ...colours } : forms
  let seed = precision
  for (const [title, parts] of Object.entries(all)) {
    if ((parts.pointTransform ?? 0) >= precision) continue
    // Halves of sums that were cut short are other halves: no decoder could undo them.
    const last = parts.narrow ? 4 : 7
    for (let predictor = 1; predictor <= last; predictor++) {
      for (const image of ['noise', 'extremes'] as const) {
        const form = { width: 13, height: 9, precision, predictor, ...parts }
        const samples = draw(form, image, seed++)
        const stream = encodeLossless(samples, form)
        yield { name: `${precision} bits, predictor ${predictor}, ${title}, ${image}`, form, samples, stream }
      }
    }
  }
}

/** A ramp with noise, or jumps of the least and the greatest value, without the bits that the form leaves out. */
function draw(form: LosslessForm, image: 'noise' | 'extremes', seed: number): Uint16Array {
  const { width, height, components = 1, precision, pointTransform = 0 } = form
  const random = randomFrom(seed)
  const top = 2 ** precision - 1
  const samples = new Uint16Array(width * height * components)
  for (let i = 0; i < samples.length; i++) {
    const noisy = Math.floor((i / samples.length) * top * 0.8 + random() * top * 0.2 + random())
    const jump = random() < 0.5 ? 0 : top
    samples[i] = ((image === 'noise' ? noisy : jump) >> pointTransform) << pointTransform
  }
  return samples
}

/** mulberry32 */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let value = Math.imul(state ^ (state >>> 15), state | 1)
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61)
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32
  }
}
