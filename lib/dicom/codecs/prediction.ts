/** Where a row of one component lies among the interleaved samples, and its differences among those of the scan. */
export interface Row {
  /** The row's first sample. */
  readonly at: number
  /** The first sample of the row above; undefined at the start and after a restart. */
  readonly above: number | undefined
  /** From one sample of the component to the next. */
  readonly step: number
  readonly from: number
  readonly differenceStep: number
  readonly width: number
}

/**
 * Adds differences to what is predicted from the neighbours: a to the left, b above, c above to the left (T.81, H.1.2.1).
 * Sums are taken modulo 2^16.
 * @param middle What is predicted for the very first sample.
 */
export function addPredictions(
  samples: Uint16Array,
  differences: Int32Array,
  row: Row,
  predictor: number,
  middle: number,
): void {
  const { at, above, step, from, differenceStep, width } = row
  const used = above === undefined ? 1 : predictor
  const up = above === undefined ? 0 : at - above
  samples[at] = (above === undefined ? middle : (samples[above] as number)) + (differences[from] as number)
  for (let x = 1, i = at + step, j = from + differenceStep; x < width; x++, i += step, j += differenceStep) {
    const a = samples[i - step] as number
    samples[i] =
      (used === 1 ? a : predict(used, a, samples[i - up] as number, samples[i - step - up] as number)) +
      (differences[j] as number)
  }
}

function predict(predictor: number, a: number, b: number, c: number): number {
  switch (predictor) {
    case 2:
      return b
    case 3:
      return c
    case 4:
      return a + b - c
    case 5:
      return a + ((b - c) >> 1)
    case 6:
      return b + ((a - c) >> 1)
    default:
      return (a + b) >> 1
  }
}
