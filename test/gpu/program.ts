import { spawn } from 'node:child_process'

export interface Ended {
  readonly timedOut: boolean
  /** Exit code or signal. */
  readonly exit: string
  /** The end of what it printed. */
  readonly output: string
}

/** Runs a program, and ends it and all that it started when its time is over. */
export function runProgram(
  command: string,
  args: readonly string[],
  milliseconds: number,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'], env })
    let output = ''
    let timedOut = false
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output = (output + text).slice(-4000)
      })
    }
    const timer = setTimeout(() => {
      timedOut = true
      // The whole group: a stage starts programs itself.
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    }, milliseconds)
    child.on('error', (error) => {
      clearTimeout(timer)
      resolve({ timedOut, exit: 'not started', output: error.message })
    })
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      resolve({ timedOut, exit: signal ?? String(code), output })
    })
  })
}
