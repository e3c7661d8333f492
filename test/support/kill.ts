import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { root } from './root.js'

/** Runs `biovil` until it has written some rows of an output, then kills it; returns how many rows those are. */
export async function killMidway(args: readonly string[], output: string): Promise<number> {
  const child = spawn(process.execPath, [join(root, 'dist/cli/main.js'), ...args], { stdio: 'ignore' })
  const ended = new Promise((resolve) => child.on('exit', resolve))
  while (!existsSync(`${output}.part.json`) && child.exitCode === null) await sleep(2)
  child.kill('SIGKILL')
  await ended
  return JSON.parse(readFileSync(`${output}.part.json`, 'utf8')).rows as number
}
