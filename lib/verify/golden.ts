import { readFileSync } from 'node:fs'
import type { Model } from '../model/model.js'

/** Behaviour of the published weights as their authors recorded it: models/golden.json. */
export interface Golden {
  readonly masked: {
    readonly models: readonly string[]
    readonly prompts: readonly { readonly text: string; readonly tokens: readonly string[] }[]
  }
  readonly triplets: {
    readonly models: readonly string[]
    readonly threshold: number
    readonly texts: readonly {
      readonly reference: string
      readonly synonym: string
      readonly contradiction: string
    }[]
  }
  readonly closer: {
    readonly models: readonly string[]
    readonly pair: readonly [string, string]
    readonly unrelated: string
  }
  readonly tokens: {
    /** SHA-256 of the vocab.txt that the ids belong to. */
    readonly vocabulary: string
    readonly texts: readonly { readonly text: string; readonly ids: readonly number[] }[]
  }
}

export interface Outcome {
  readonly passed: boolean
  readonly detail: string
}

export function readGolden(): Golden {
  return JSON.parse(readFileSync(new URL('../../models/golden.json', import.meta.url), 'utf8')) as Golden
}

/** Top prediction of every mask. */
export async function* maskedPrompts(model: Model, { prompts }: Golden['masked']): AsyncGenerator<Outcome> {
  for (const { text, tokens } of prompts) {
    const { masks } = await model.fillMask(text, { topK: 1 })
    const found = masks.map(({ predictions }) => predictions[0]?.token)
    yield {
      passed: found.join() === tokens.join(),
      detail: `"${text}": expected ${tokens.join(', ')}, found ${found.join(', ')}`,
    }
  }
}

/** A synonym is above the threshold, a contradiction below. */
export async function* triplets(
  model: Model,
  { texts, threshold }: Golden['triplets'],
): AsyncGenerator<Outcome> {
  for (const { reference, synonym, contradiction } of texts) {
    const { scores } = await model.similarity([reference], [synonym, contradiction])
    const [near, far] = scores[0] as [number, number]
    yield {
      passed: near > threshold && far < threshold,
      detail: `"${reference}": synonym ${near.toFixed(4)} (expected > ${threshold}), contradiction ${far.toFixed(4)} (expected < ${threshold})`,
    }
  }
}

/** Two texts about one thing are closer to each other than either is to something else. */
export async function closer(model: Model, { pair, unrelated }: Golden['closer']): Promise<Outcome> {
  const { scores } = await model.similarity([...pair, unrelated])
  const [[, near = 0, a = 0] = [], [, , b = 0] = []] = scores
  return {
    passed: near > a && near > b,
    detail: `"${pair[0]}" and "${pair[1]}": ${near.toFixed(4)} (expected above ${a.toFixed(4)} and ${b.toFixed(4)} with "${unrelated}")`,
  }
}
