import { Worker } from 'node:worker_threads'
import { loadModel, type Model } from 'biovil'
import { film } from '../../support/films.js'
import type { Context } from '../context.js'
import { outcome } from '../findings.js'

export async function run({ record, device }: Context): Promise<void> {
  await record.rejects('cuda:99', loadModel('biovil-demo', { device: 'cuda:99' }), 'ERR_DEVICE_UNAVAILABLE')

  const model = await loadModel('biovil-demo', { device: device as 'cpu' })
  const reference = await model.embedText(['No pleural effusion.'])
  const other = await loadModel('biovil-demo', { device: device as 'cpu' })
  const pending = work(other).map(outcome)
  await other.close()
  const outcomes = await Promise.all(pending)
  record.figure('closed while running', count(outcomes))
  const odd = outcomes.filter((one) => one !== 'fulfilled' && one !== 'ERR_CLOSED')
  record.equal('neither done nor ERR_CLOSED', odd.length, 0)
  await record.rejects('after close', other.embedText(['a']), 'ERR_CLOSED')

  record.equal('a worker thread terminated while it runs', await terminated(device), 'terminated')
  const again = await model.embedText(['No pleural effusion.'])
  record.equal('the other model works on', again.data.join() === reference.data.join() ? 'yes' : 'no', 'yes')
  await model.close()
}

/** Calls that are under way all at once. */
export function work(model: Model): Promise<unknown>[] {
  const texts = Array.from({ length: 8 }, (_, k) =>
    model.embedText(Array.from({ length: 200 }, (_, i) => `Opacity number ${i + 200 * k} in the left lung.`)),
  )
  const films = Array.from({ length: 8 }, (_, seed) =>
    model.encodeImage({ pixels: film(seed, 512, 512), width: 512, height: 512 }),
  )
  return [...texts, ...films]
}

async function terminated(device: string): Promise<string> {
  const code = `
    import { parentPort, workerData } from 'node:worker_threads'
    import { loadModel } from 'biovil'
    const model = await loadModel('biovil-demo', { device: workerData })
    const text = Array.from({ length: 2000 }, (_, i) => 'Opacity number ' + i)
    model.embedText(text).catch(() => {})
    parentPort.postMessage('running')
    setInterval(() => {}, 1000)`
  const url = new URL(
    `data:text/javascript,${encodeURIComponent(code.replaceAll("'biovil'", `'${import.meta.resolve('biovil')}'`))}`,
  )
  const worker = new Worker(url, { workerData: device })
  return new Promise((resolve) => {
    worker.on('error', (error) => resolve(`failed: ${error.message}`))
    worker.on('message', () => void worker.terminate().then(() => resolve('terminated')))
  })
}

function count(outcomes: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const one of outcomes) counts[one] = (counts[one] ?? 0) + 1
  return counts
}
