import { type SpawnOptions, spawn } from 'node:child_process'
import { join } from 'node:path'
import { root } from './root.js'

export interface Finished {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs `biovil ...args` as a user's shell would. */
export function biovil(
  args: readonly string[],
  options: { input?: string; env?: NodeJS.ProcessEnv; cwd?: string } = {},
): Promise<Finished> {
  return runNode([join(root, 'dist/cli/main.js'), ...args], options)
}

/** Runs Node in a child process; a crash of it is a result, not the end of the tests. */
export function runNode(
  args: readonly string[],
  options: { input?: string; env?: NodeJS.ProcessEnv; cwd?: string } = {},
): Promise<Finished> {
  const { input, env, ...rest } = options
  const spawnOptions: SpawnOptions = { ...rest, stdio: 'pipe', env: { ...process.env, ...env } }
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, spawnOptions)
    let stdout = ''
    let stderr = ''
    child.stdout?.setEncoding('utf8').on('data', (text) => (stdout += text))
    child.stderr?.setEncoding('utf8').on('data', (text) => (stderr += text))
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }))
    child.stdin?.on('error', () => {})
    child.stdin?.end(input ?? '')
  })
}
