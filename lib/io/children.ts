import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'

const running = new Set<ChildProcess>()

/** Starts a program in a process group of its own, which ends with this process, whatever it has started in turn. */
export function startChild(command: string, args: readonly string[], options: SpawnOptions): ChildProcess {
  const child = spawn(command, args, { ...options, detached: true })
  if (running.size === 0) process.on('exit', endChildren)
  running.add(child)
  const ended = () => {
    running.delete(child)
    if (running.size === 0) process.off('exit', endChildren)
  }
  child.once('exit', ended).once('error', ended)
  return child
}

/** Sends a signal to a child and all that it has started. */
export function signalChild(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, signal)
  } catch {
    // It has ended.
  }
}

/** Ends all children now. */
export function endChildren(): void {
  for (const child of running) signalChild(child, 'SIGKILL')
}
