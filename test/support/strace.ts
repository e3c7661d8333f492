import { execFile, spawnSync } from 'node:child_process'

/** Whether system calls can be traced here; where tests must not be passed over (CI), it is an error that they cannot. */
export function canTrace(): boolean {
  const found =
    spawnSync('strace', ['-f', '-qq', '-e', 'trace=none', 'true'], { stdio: 'ignore' }).status === 0
  if (!found && process.env['CI'] === 'true')
    throw new Error('Expected strace on PATH, and that it may trace: apt-get install strace')
  return found
}

export interface Traced {
  /** 137 after SIGKILL, as a shell has it. */
  readonly code: number
  readonly stdout: string
  /** A line a system call, descriptors with their paths. */
  readonly calls: readonly string[]
}

/**
 * Runs Node under strace and shows the system calls on some paths.
 * @param inject what is done at one of them, as strace takes it: `rename:signal=SIGKILL:when=2`
 */
export function traceNode(
  args: readonly string[],
  calls: readonly string[],
  paths: readonly string[],
  inject?: string,
): Promise<Traced> {
  const options = ['-f', '-qq', '-y', ...paths.flatMap((path) => ['-P', path])]
  const what = [
    '-e',
    `trace=${calls.join(',')}`,
    ...(inject ? ['-e', `inject=${inject}`] : []),
    '-o',
    '|cat 1>&2',
  ]
  return new Promise((resolve) => {
    // One thread of the pool: strace counts calls a thread.
    const env = { ...process.env, UV_THREADPOOL_SIZE: '1', NODE_OPTIONS: '' }
    const child = execFile(
      'strace',
      [...options, ...what, process.execPath, ...args],
      { env },
      (_, stdout, stderr) => {
        const code = child.exitCode ?? (child.signalCode === 'SIGKILL' ? 137 : 1)
        resolve({ code, stdout, calls: stderr.split('\n').filter((line) => /\w\(/.test(line)) })
      },
    )
  })
}
