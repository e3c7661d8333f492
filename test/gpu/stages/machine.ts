import { execFileSync } from 'node:child_process'
import { cpus, release, totalmem } from 'node:os'
import { findLibtorch } from 'biovil'
import type { RunStage } from '../context.js'

export const run: RunStage = async ({ record, device, python }) => {
  record.figure('processor', `${cpus()[0]?.model.trim()}, ${cpus().length} threads`)
  record.figure('memory', `${Math.round(totalmem() / 2 ** 30)} GiB`)
  record.figure('kernel', release())
  record.figure('node', process.version)
  const query = '--query-gpu=name,driver_version,memory.total,compute_cap'
  if (device !== 'cpu') record.figure('gpu', say('nvidia-smi', [query, '--format=csv,noheader']))
  if (python !== undefined) record.figure('python', say(python, ['--version']))
  const { version, root, cuda, include, companions } = await findLibtorch()
  record.figure('libtorch', version)
  record.figure('libtorch at', root)
  record.figure('headers', include === undefined ? 'none' : 'there')
  record.figure('NVIDIA libraries beside it', companions.length)
  if (device !== 'cpu') record.equal('libtorch has CUDA', String(cuda), 'true')
}

function say(command: string, args: string[]): string {
  try {
    return execFileSync(command, args, { encoding: 'utf8', timeout: 10_000 }).trim()
  } catch (error) {
    return `cannot be asked: ${(error as Error).message.split('\n')[0]}`
  }
}
