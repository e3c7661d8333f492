// `npm start`: sets everything up, then runs the main job on real text. Arguments go to the example:
// npm start -- [REPORTS.csv] [--all]
import { root, run, setup } from './setup.mjs'

try {
  await setup()
  await run(process.execPath, ['examples/embed-reports.mjs', ...process.argv.slice(2)], {
    cwd: root,
    stdio: 'inherit',
  })
} catch (error) {
  process.stderr.write(`npm start: ${error.message}\n`)
  process.exitCode = 1
}
