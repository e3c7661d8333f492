// Installs in a process of its own, for tests that kill it or run two: argv[2] is a ChildTask as JSON.
import type { InstallOptions } from '../../dist/libtorch/install.js'
import type { Pins } from '../../dist/libtorch/pins.js'
import { install, setting } from './internals.js'

export interface ChildTask {
  readonly options: InstallOptions
  readonly pins: Pins
  /** Blocks for good at the first progress of this stage beyond so many bytes. */
  readonly freeze?: { readonly stage: string; readonly after: number }
}

/** Lines on stdout: the stage of each progress, then `done` and whether it installed, or the error's code. */
async function run({ options, pins, freeze }: ChildTask): Promise<void> {
  let shown = ''
  const say = (line: string) => process.stdout.write(`${line}\n`)
  try {
    const { installed } = await install(
      {
        ...options,
        onProgress({ stage, done }) {
          if (stage !== shown) say(stage)
          shown = stage
          if (freeze?.stage !== stage || done < freeze.after) return
          say('frozen')
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
        },
      },
      setting(pins),
    )
    say(`done ${installed}`)
  } catch (error) {
    say(`failed ${(error as { code?: string }).code} ${(error as Error).message}`)
  }
}

const task = process.argv[2]
// mocha does not load this file, but a test imports its types.
if (process.argv[1]?.endsWith('child.js') && task !== undefined) void run(JSON.parse(task) as ChildTask)
