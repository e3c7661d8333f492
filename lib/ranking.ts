import { argumentError, describe, wrongType } from './errors.js'

/**
 * Area under the ROC curve: how often a case with the finding scores higher than one without it, ties counting half. 0.5
 * is chance, 1 a ranking without mistakes; NaN when all cases are of one kind, or a score is NaN. A case that has no score,
 * such as a film that could not be read, is the caller's to leave out.
 *
 * @param scores one a case, higher meaning more likely
 * @param truth whether the case has the finding, in the same order: `true` or `false`, nothing that only looks like them
 * @throws ERR_INVALID_ARG_TYPE for a score that is no number or a truth that is no boolean, ERR_INVALID_ARG_VALUE when the
 *   lengths differ
 */
export function areaUnderRoc(scores: ArrayLike<number>, truth: ArrayLike<boolean>): number {
  requireList(scores, 'scores', 'an array of numbers')
  requireList(truth, 'truth', 'an array of booleans')
  if (scores.length !== truth.length) {
    const message = `Expected as many scores as truths but received ${scores.length} and ${truth.length}`
    throw argumentError('ERR_INVALID_ARG_VALUE', message)
  }
  const order = Array.from(scores, (score, i) => {
    if (typeof score !== 'number') {
      const mend = 'Leave out cases without a score, and their truth'
      throw wrongElement(`scores[${i}]`, 'a number', score, mend)
    }
    return { score, positive: isPositive(truth[i], i) }
  })
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

/** 0 and 1 could be classes of any kind, '0' would be true: the caller says what is positive. */
function isPositive(value: unknown, i: number): boolean {
  if (typeof value === 'boolean') return value
  const mend =
    'Make labels booleans with Array.from(labels, (label) => Number(label) === 1), and leave out unlabelled cases'
  throw wrongElement(`truth[${i}]`, 'true or false', value, mend)
}

function requireList(value: unknown, name: string, expected: string): void {
  const isList =
    typeof value === 'object' && value !== null && 'length' in value && Number.isInteger(value.length)
  if (!isList) throw wrongType(name, expected, value)
}

function wrongElement(name: string, expected: string, value: unknown, mend: string): Error {
  const message = `Expected ${expected} for ${name} but received ${describe(value)}. ${mend}`
  return argumentError('ERR_INVALID_ARG_TYPE', message)
}
