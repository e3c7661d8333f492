import type { Context, RunStage } from './context.js'
import { Recorder } from './findings.js'

/** Runs one stage: `stage.js NAME RESULT.json`, with the rest in the environment. */
const [name, file] = process.argv.slice(2) as [string, string]
const record = new Recorder(file)
const context: Context = {
  device: process.env['GPU_CHECK_DEVICE'] ?? 'cpu',
  work: process.env['GPU_CHECK_WORK'] ?? '.',
  python: process.env['GPU_CHECK_PYTHON'] || undefined,
  until: Number(process.env['GPU_CHECK_SECONDS'] ?? 60) * 1000,
  record,
}

try {
  const { run } = (await import(`./stages/${name}.js`)) as { run: RunStage }
  await run(context)
} catch (error) {
  console.error(error)
  record.fail(error)
  process.exitCode = 1
}
