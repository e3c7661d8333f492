import type { Program, Tensor } from '../../binding.d.ts'
import { BiovilError } from '../errors.js'
import { Pace } from '../pace.js'
import type { Marked } from '../standing.js'
import { packBatch, Sequences } from './batches.js'
import type { Tokenizer } from './tokenizer.js'

/** A piece of the vocabulary that may stand at a mask. */
export interface MaskPrediction {
  readonly id: number
  readonly token: string
  /** Softmax over the whole vocabulary. */
  readonly probability: number
}

/** What the masked-language head says of every [MASK] of a text. */
export interface FilledText extends Marked {
  readonly text: string
  /** One entry per [MASK], left to right. `position` counts tokens; [CLS] is 0. Predictions are best first. */
  readonly masks: readonly { readonly position: number; readonly predictions: readonly MaskPrediction[] }[]
}

/** Masks whose logits are computed in one run: 64 x 30,522 float32 are 8 MB. */
const MASKS_A_RUN = 64

/** @throws ERR_NO_MASK when the text has no [MASK] */
export async function fillMasks(
  model: { readonly tokenizer: Tokenizer; readonly program: Program },
  text: string,
  ids: Int32Array,
  topK: number,
  signal: AbortSignal | undefined,
): Promise<FilledText> {
  const { tokenizer, program } = model
  const positions = Array.from(ids.keys()).filter((i) => ids[i] === tokenizer.ids.mask)
  if (positions.length === 0) {
    throw new BiovilError('ERR_NO_MASK', `Expected at least one [MASK] in the text but found none`)
  }
  const sequences = new Sequences()
  sequences.push(ids)
  const { inputs } = packBatch(sequences, [0], tokenizer.ids)
  const pace = new Pace(signal)
  const masks: { position: number; predictions: MaskPrediction[] }[] = []
  for (let start = 0; start < positions.length; start += MASKS_A_RUN) {
    signal?.throwIfAborted()
    const some = positions.slice(start, start + MASKS_A_RUN)
    const at: Tensor = { type: 'int32', dims: [some.length], data: Int32Array.from(some) }
    const [logits] = (await program.run('mlm', [...inputs, at])) as [Tensor]
    const vocabulary = logits.dims[1] as number
    for (const [row, position] of some.entries()) {
      const scores = (logits.data as Float32Array).subarray(row * vocabulary, (row + 1) * vocabulary)
      const predictions = best(scores, topK).map(({ id, probability }) => ({
        id,
        token: tokenizer.token(id),
        probability,
      }))
      masks.push({ position, predictions })
      if (pace.due) await pace.rest()
    }
  }
  signal?.throwIfAborted()
  return { text, masks }
}

/** The k best of one row of logits, best first (the lower id on a tie), with their softmax over all. */
function best(logits: Float32Array, k: number): { id: number; probability: number }[] {
  const top: { id: number; logit: number }[] = []
  let worst = Number.NEGATIVE_INFINITY
  for (let id = 0; id < logits.length; id++) {
    const logit = logits[id] as number
    if (top.length === k && logit <= worst) continue
    let at = top.length
    while (at > 0 && (top[at - 1] as { logit: number }).logit < logit) at--
    top.splice(at, 0, { id, logit })
    if (top.length > k) top.pop()
    worst = (top[top.length - 1] as { logit: number }).logit
  }
  const max = (top[0] as { logit: number }).logit
  let sum = 0
  for (const logit of logits) sum += Math.exp(logit - max)
  return top.map(({ id, logit }) => ({ id, probability: Math.exp(logit - max) / sum }))
}
