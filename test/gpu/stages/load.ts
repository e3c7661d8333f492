import { readFileSync } from 'node:fs'
import { loadModel } from 'biovil'
import type { RunStage } from '../context.js'

export const run: RunStage = async ({ record, device }) => {
  const began = performance.now()
  const model = await loadModel('biovil-demo', device === 'cpu' ? { device } : {})
  record.figure('seconds until the first model is there', (performance.now() - began) / 1000)
  const maps = readFileSync('/proc/self/maps', 'utf8')
  for (const [what, file] of [
    ['addon', /\S+\/biovil[^/\s]*\.node$/m],
    ['engine', /\S+\/libbiovil_engine\.so$/m],
  ] as const) {
    record.figure(what, file.exec(maps)?.[0]?.replace(/^.*\/node_modules\//, ''))
  }
  record.equal('device, chosen by itself on a GPU', model.facts.device, device)
  const began2 = performance.now()
  const { data } = await model.embedText(['No pleural effusion.'])
  record.figure('seconds of the first sentence', (performance.now() - began2) / 1000)
  record.equal('values are finite', String(data.every(Number.isFinite)), 'true')
  record.figure('libtorch', model.facts.libtorch)
  await model.close()
}
