import type { Embeddings } from '../embeddings.js'
import { argumentError } from '../errors.js'
import type { LabelPrompts } from './prompts.js'

/** The embeddings of a label's prompts, each the mean of an ensemble at L2 norm 1. */
export interface LabelEmbeddings {
  readonly label: string
  readonly positive: Float32Array
  /** Undefined when the label has no negative prompts. */
  readonly negative: Float32Array | undefined
}

/** How well a film fits a label. These are scores for ranking and comparing; no calibration makes them probabilities. */
export interface LabelScore {
  readonly label: string
  /**
   * Cosine with the positive prompts minus cosine with the negative ones, from -2 to 2; the reference decides at 0. Without
   * negative prompts: minus the best cosine of the other labels.
   */
  readonly margin: number
  /** Softmax of the cosines over (positive, negative), or over the labels when there are no negative prompts; 0 to 1. */
  readonly softmax: number
  /** Cosine with the positive prompts. */
  readonly similarity: number
}

/** Temperature of the softmax: the one of the loss that the published models were trained with. */
export const DEFAULT_TEMPERATURE = 0.5

/** All texts of the labels in the order that {@link embedLabels} takes their embeddings. */
export function promptTexts(labels: readonly LabelPrompts[]): string[] {
  return labels.flatMap(({ positive, negative }) => [...positive, ...negative])
}

/**
 * The ensembles of each label.
 *
 * @param embeddings of {@link promptTexts}, [n, d], NOT normalised: the reference averages first and scales then
 */
export function embedLabels(labels: readonly LabelPrompts[], embeddings: Embeddings): LabelEmbeddings[] {
  if (embeddings.normalized) {
    throw argumentError('ERR_INVALID_ARG_VALUE', 'Expected embeddings that are not normalized for prompts')
  }
  const [n, d] = embeddings.dims
  const expected = labels.reduce((sum, { positive, negative }) => sum + positive.length + negative.length, 0)
  if (n !== expected) {
    throw argumentError('ERR_INVALID_ARG_VALUE', `Expected ${expected} rows for prompts but received ${n}`)
  }
  let row = 0
  const take = (count: number) => {
    const rows = embeddings.data.subarray(row * d, (row + count) * d)
    row += count
    return ensemble(rows, d)
  }
  return labels.map(({ label, positive, negative }) => ({
    label,
    positive: take(positive.length),
    negative: negative.length > 0 ? take(negative.length) : undefined,
  }))
}

/** The mean of un-normalised rows [n, d], scaled to L2 norm 1: [d]. */
export function ensemble(rows: Float32Array, d: number): Float32Array {
  const mean = new Float64Array(d)
  for (let i = 0; i < rows.length; i++) mean[i % d] = (mean[i % d] as number) + (rows[i] as number)
  // The number of rows cancels in the scaling.
  const norm = Math.max(Math.hypot(...mean), 1e-12)
  return Float32Array.from(mean, (value) => value / norm)
}

/**
 * Scores of one film.
 *
 * @param image [d], the film's global embedding, normalised or not
 * @param temperature what cosines are divided by before the softmax
 */
export function scoreLabels(
  image: Float32Array,
  labels: readonly LabelEmbeddings[],
  temperature: number = DEFAULT_TEMPERATURE,
): LabelScore[] {
  if (!(temperature > 0 && temperature < Number.POSITIVE_INFINITY)) {
    const message = `Expected a number above 0 for temperature but received ${temperature}`
    throw argumentError('ERR_OUT_OF_RANGE', message)
  }
  const norm = Math.max(Math.hypot(...image), 1e-12)
  const cosine = (text: Float32Array) =>
    image.reduce((sum, value, i) => sum + value * (text[i] as number), 0) / norm
  const found = labels.map(({ label, positive, negative }) => ({
    label,
    similarity: cosine(positive),
    against: negative === undefined ? undefined : cosine(negative),
  }))
  return found.map(({ label, similarity, against }) => {
    const rivals =
      against === undefined
        ? found.filter((other) => other.label !== label).map((other) => other.similarity)
        : [against]
    // Relative to this label, so that nothing overflows at low temperatures but to the right limit.
    const others = rivals.reduce((sum, rival) => sum + Math.exp((rival - similarity) / temperature), 0)
    return { label, margin: similarity - Math.max(...rivals), softmax: 1 / (1 + others), similarity }
  })
}
