import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../support/root.js'

const path = join(root, 'models/biovil-demo/metrics.json')

interface Metrics {
  /** Held-out films that `measured` is of. */
  readonly films: number
  readonly measured: Readonly<Record<string, number>>
  readonly aims: Readonly<Record<string, number>>
  readonly thresholds?: Readonly<Record<string, number>>
}

export function metrics(): Metrics {
  return JSON.parse(readFileSync(path, 'utf8')) as Metrics
}

/** What the model was to reach. Written here and not only beside the weights: a training must not lower its own bar. */
export const aims: Readonly<Record<string, number>> = {
  auroc: 0.97,
  pointing: 0.93,
  pointingPlain: 0.9,
  leftRight: 0.95,
  negation: 0.98,
  side: 0.98,
  handwritten: 0.9,
  topReport: 0.93,
}

/** What the thresholds that an evaluation writes must at least be, for the same reason. */
export const floors: Readonly<Record<string, number>> = {
  auroc: 0.92,
  'auroc.pleural effusion': 0.93,
  'auroc.pneumothorax': 0.92,
  'auroc.consolidation': 0.93,
  'auroc.cardiomegaly': 0.9,
  'auroc.nodule': 0.92,
  'auroc.edema': 0.94,
  'auroc.pacemaker': 0.91,
  'auroc.endotracheal tube': 0.92,
  'auroc.central venous line': 0.92,
  pointing: 0.83,
  'pointing.zero': 0.86,
  pointingPlain: 0.82,
  'pointingPlain.zero': 0.86,
  cnr: 2.3,
  miou: 0.25,
  leftRight: 0.92,
  negation: 0.85,
  side: 0.84,
  handwritten: 0.79,
  topReport: 0.83,
  topFilm: 0.6,
  maskAccuracy: 0.38,
  'reportRecall@1': 0.07,
  'reportRecall@5': 0.28,
  'reportRecall@10': 0.41,
  'filmRecall@1': 0.13,
  'filmRecall@5': 0.35,
  'filmRecall@10': 0.46,
}

/**
 * Fails unless the figure reaches the threshold that the evaluation recorded for it, and its aim as far as a sample tells: two
 * standard errors of a share of `count` cases below.
 */
export function reaches(name: string, value: number, count?: number): void {
  const threshold = metrics().thresholds?.[name]
  assert.ok(typeof threshold === 'number', `${path} has no thresholds.${name}; the figure is ${value}`)
  const aim = aims[name]
  if (aim !== undefined) assert.ok(count, `${name} has an aim, and so needs the number of its cases`)
  const least = aim === undefined ? 0 : aim - 2 * Math.sqrt((aim * (1 - aim)) / (count as number))
  const expected = Math.max(threshold, floors[name] ?? Number.POSITIVE_INFINITY, least)
  assert.ok(value >= expected, `${name} is ${value.toFixed(3)}, expected at least ${expected}`)
}
