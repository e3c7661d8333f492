/** How {@link encodeLossless} writes a stream; what is left out is the plainest. */
export interface LosslessForm {
  readonly width: number
  readonly height: number
  /** 2 to 16. */
  readonly precision: number
  /** 1 to 7. */
  readonly predictor: number
  readonly components?: number
  /** Each component in a scan of its own. */
  readonly separate?: boolean
  readonly pointTransform?: number
  /** A restart after so many rows. */
  readonly restartRows?: number
  /** Codes of 4 and 5 bits, or one of each length up to 16 bits. */
  readonly codes?: 'flat' | 'deep'
  /** Differences modulo two to the precision, as some encoders write them, in place of 2^16. */
  readonly narrow?: boolean
}

/** How many codes have 1 to 16 bits: 17 together, one for each category, the code of ones alone unused. */
const lengths = {
  flat: [0, 0, 0, 14, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  deep: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 3],
}

/** Lossless JPEG by the letter of ITU-T T.81, annex H, slowly; `samples` are interleaved. */
export function encodeLossless(samples: ArrayLike<number>, form: LosslessForm): Uint8Array {
  const { width, height, precision, predictor, components = 1, pointTransform = 0, restartRows = 0 } = form
  const counts = lengths[form.codes ?? 'flat']
  const all = Array.from({ length: components }, (_, i) => i)
  const scans = form.separate ? all.map((i) => [i]) : [all]
  const frame = [
    precision,
    ...word(height),
    ...word(width),
    components,
    ...all.flatMap((i) => [i + 1, 0x11, 0]),
  ]
  const bytes = [0xff, 0xd8, ...segment(0xc3, frame)]
  bytes.push(...segment(0xc4, [0, ...counts, ...Array.from({ length: 17 }, (_, i) => i)]))
  if (restartRows > 0) bytes.push(...segment(0xdd, word(restartRows * width)))
  for (const scan of scans) {
    const heads = scan.flatMap((i) => [i + 1, 0])
    bytes.push(...segment(0xda, [scan.length, ...heads, predictor, 0, pointTransform]))
    for (const byte of entropyCoded(samples, form, scan, huffmanCodes(counts))) bytes.push(byte)
  }
  return Uint8Array.from([...bytes, 0xff, 0xd9])
}

function* entropyCoded(samples: ArrayLike<number>, form: LosslessForm, scan: number[], codes: string[]) {
  const {
    width,
    height,
    precision,
    predictor,
    components = 1,
    pointTransform = 0,
    restartRows = height,
  } = form
  const at = (x: number, y: number, component: number) =>
    (samples[(y * width + x) * components + component] as number) >> pointTransform
  const modulus = form.narrow ? 2 ** precision : 65536
  for (let top = 0, restart = 0; top < height; top += restartRows, restart++) {
    if (top > 0) yield* [0xff, 0xd0 + ((restart - 1) & 7)]
    let bits = ''
    for (let y = top; y < Math.min(height, top + restartRows); y++) {
      for (let x = 0; x < width; x++) {
        for (const i of scan) {
          const predicted = predict(at, x, y, i, y === top, predictor, 2 ** (precision - pointTransform - 1))
          bits += coded((((at(x, y, i) - predicted) % modulus) + modulus) % modulus, modulus, codes)
        }
      }
    }
    bits = bits.padEnd(Math.ceil(bits.length / 8) * 8, '1')
    for (let from = 0; from < bits.length; from += 8) {
      const byte = Number.parseInt(bits.slice(from, from + 8), 2)
      yield byte
      if (byte === 0xff) yield 0
    }
  }
}

function predict(
  at: (x: number, y: number, component: number) => number,
  x: number,
  y: number,
  component: number,
  isFirstRow: boolean,
  predictor: number,
  middle: number,
): number {
  if (isFirstRow) return x === 0 ? middle : at(x - 1, y, component)
  if (x === 0) return at(0, y - 1, component)
  const [a, b, c] = [at(x - 1, y, component), at(x, y - 1, component), at(x - 1, y - 1, component)]
  const half = (value: number) => Math.floor(value / 2)
  return [0, a, b, c, a + b - c, a + half(b - c), b + half(a - c), half(a + b)][predictor] as number
}

/** A difference as category and following bits, `residue` being 0 to `modulus - 1`. */
function coded(residue: number, modulus: number, codes: string[]): string {
  const difference = residue > modulus / 2 ? residue - modulus : residue
  const category = difference === 0 ? 0 : Math.floor(Math.log2(Math.abs(difference))) + 1
  const code = codes[category] as string
  if (category === 0 || category === 16) return code
  const bits = difference > 0 ? difference : difference + 2 ** category - 1
  return code + bits.toString(2).padStart(category, '0')
}

/** The code of each category as a string of bits (T.81, annex C). */
function huffmanCodes(counts: number[]): string[] {
  const codes: string[] = []
  let code = 0
  counts.forEach((count, i) => {
    for (let left = count; left > 0; left--) codes.push((code++).toString(2).padStart(i + 1, '0'))
    code *= 2
  })
  return codes
}

function segment(marker: number, value: number[]): number[] {
  return [0xff, marker, ...word(value.length + 2), ...value]
}

function word(value: number): [number, number] {
  return [value >> 8, value & 255]
}
