import { argumentError } from './errors.js'

/**
 * Area under the ROC curve: how often a case with the finding scores higher than one without it, ties counting half. 0.5
 * is chance, 1 a ranking without mistakes; NaN when all cases are of one kind, or a score is NaN.
 *
 * @param scores one a case, higher meaning more likely
 * @param truth whether the case has the finding, in the same order
 * @throws ERR_INVALID_ARG_VALUE when the lengths differ
 */
export function areaUnderRoc(scores: ArrayLike<number>, truth: ArrayLike<boolean>): number {
  if (scores.length !== truth.length) {
    const message = `Expected as many scores as truths but received ${scores.length} and ${truth.length}`
    throw argumentError('ERR_INVALID_ARG_VALUE', message)
  }
  const order = Array.from(scores, (score, i) => ({ score, positive: truth[i] === true }))
  if (order.some(({ score }) => Number.isNaN(score))) return Number.NaN
  order.sort((a, b) => a.score - b.score)
  const positives = order.filter(({ positive }) => positive).length
  let below = 0
  let wins = 0
  for (let i = 0; i < order.length; ) {
    // Equal scores count together.
    let end = i
    let tiedPositives = 0
    for (; end < order.length && order[end]?.score === order[i]?.score; end++) {
      if (order[end]?.positive) tiedPositives++
    }
    const tiedNegatives = end - i - tiedPositives
    wins += tiedPositives * (below + tiedNegatives / 2)
    below += tiedNegatives
    i = end
  }
  return wins / (positives * (order.length - positives))
}
