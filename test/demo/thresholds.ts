import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../support/root.js'

const path = join(root, 'models/biovil-demo/metrics.json')

/** Fails unless the figure reaches the threshold that the evaluation recorded for it; without one it fails, too. */
export function reaches(name: string, value: number): void {
  const { thresholds } = JSON.parse(readFileSync(path, 'utf8')) as { thresholds?: Record<string, number> }
  const threshold = thresholds?.[name]
  assert.ok(typeof threshold === 'number', `${path} has no thresholds.${name}; the figure is ${value}`)
  assert.ok(value >= threshold, `${name} is ${value.toFixed(3)}, expected at least ${threshold}`)
}
