import { setTimeout } from 'node:timers/promises'
import { loadModel } from 'biovil'
import type { Context } from '../context.js'
import { work } from './faults.js'

/** How the process ends is what is looked at: by itself, with 0, and with no signal. */
export async function run({ record, device }: Context): Promise<void> {
  const model = await loadModel('biovil-demo', { device: device as 'cpu' })
  await model.embedText(['Warm.'])
  for (const one of work(model)) one.catch(() => {})
  await setTimeout(20)
  record.figure('ended by', 'process.exit(0) with 16 calls under way')
  process.exit(0)
}
