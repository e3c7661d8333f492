import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadModel } from 'biovil'
import { floats, maxDifference, readState } from '../../support/parity.js'
import { root } from '../../support/root.js'
import type { Context } from '../context.js'

interface State {
  readonly texts: readonly string[]
  readonly normalized: { readonly data: string }
  readonly films: readonly { readonly file: string; readonly global: { readonly data: string } }[]
}

/** The trained model, from files on: tokenizer, decoding and framing included. */
export async function run({ record, device }: Context): Promise<void> {
  const state = readState<State>('biovil-demo.json')
  const model = await loadModel('biovil-demo', { device: device as 'cpu' })
  const texts = await model.embedText([...state.texts])
  record.atMost('texts', maxDifference(texts.data, floats(state.normalized)), 1e-5)
  const films = state.films.map(({ file }) => readFileSync(join(root, file)))
  const found = await model.embedImage(films)
  const expected = state.films.flatMap(({ global }) => [...floats(global)])
  record.atMost('films', maxDifference(found.data, expected), 1e-5)
  for await (const { scores } of model.classify(films.slice(0, 1))) {
    for (const { label, margin } of scores ?? []) record.figure(`margin of ${label}`, margin)
  }
  await model.close()
}
