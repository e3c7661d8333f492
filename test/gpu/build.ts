import { copyFileSync, mkdirSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { root } from '../support/root.js'
import type { Findings } from './findings.js'
import { runProgram } from './program.js'

/** Builds addon and engine from the sources of the bundle with the libtorch at hand and puts them into the package. */
export async function buildHere(
  findings: Findings,
  milliseconds: number,
): Promise<{ status: 'passed' | 'failed' | 'timed out'; exit: string; output?: string }> {
  const until = performance.now() + milliseconds
  const source = join(root, 'source')
  const folder = join(root, 'built')
  const jobs = String(availableParallelism())
  for (const args of [
    [
      ...[
        '-S',
        source,
        '-B',
        folder,
        `-DLIBTORCH=${process.env['LIBTORCH'] ?? ''}`,
        '-DCMAKE_BUILD_TYPE=Release',
      ],
      `-DCMAKE_JS_INC=${join(source, 'include')}`,
    ],
    ['--build', folder, '--parallel', jobs],
  ]) {
    const { timedOut, exit, output } = await runProgram('cmake', args, until - performance.now())
    if (exit === '0') continue
    findings.error =
      exit === 'not started' ? `cmake cannot be run: ${output}` : `cmake ${args[0]} ended with ${exit}`
    return { status: timedOut ? 'timed out' : 'failed', exit, output }
  }
  const release = join(root, 'node_modules/biovil/build/Release')
  mkdirSync(release, { recursive: true })
  for (const name of ['biovil.node', 'libbiovil_engine.so'])
    copyFileSync(join(folder, 'Release', name), join(release, name))
  const cache = readFileSync(join(folder, 'CMakeCache.txt'), 'utf8')
  findings.figures['compiler'] = /^CMAKE_CXX_COMPILER:\w+=(.*)$/m.exec(cache)?.[1]
  return { status: 'passed', exit: '0' }
}
