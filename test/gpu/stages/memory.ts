import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { loadModel } from 'biovil'
import { film } from '../../support/films.js'
import { fullModelDirectory, imageModelDirectory } from '../../support/models.js'
import { maxDifference } from '../../support/parity.js'
import { root } from '../../support/root.js'
import type { Context } from '../context.js'

/** Another process takes the GPU's memory: a batch and a model that no longer fit must say so, and fit again afterwards. */
export async function run({ record, device, python }: Context): Promise<void> {
  if (device === 'cpu') return record.leaveOut('needs a GPU')
  if (python === undefined) return record.leaveOut('needs Python with PyTorch, which takes the memory')
  const model = await loadModel(await imageModelDirectory('image'), { device: device as 'cpu' })
  const films = Array.from({ length: 32 }, (_, seed) => ({
    pixels: film(seed, 512, 512),
    width: 512,
    height: 512,
  }))
  const few = await model.embedImage(films.slice(0, 1))

  const ballast = spawn(python, [join(root, 'scripts/gpu/ballast.py'), '64'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  record.figure('memory left over', await firstLine(ballast))
  await record.rejects('a batch of 32 films', model.embedImage(films), 'ERR_OUT_OF_MEMORY')
  const text = loadModel(await fullModelDirectory(), { device: device as 'cpu' })
  await record.rejects('loading 440 MB of weights', text, 'ERR_OUT_OF_MEMORY')
  const again = await model.embedImage(films.slice(0, 1))
  record.atMost('one film still runs', maxDifference(again.data, few.data), 1e-5)

  const ended = once(ballast, 'exit')
  ballast.stdin?.end()
  await ended
  await record.rejects('32 films when the memory is back', model.embedImage(films), 'fulfilled')
  await model.close()
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('no output')
  for await (const line of createInterface({ input: child.stdout })) return line
  throw new Error('the program that takes the memory ended')
}
