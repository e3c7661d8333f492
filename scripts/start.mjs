// `npm start`: sets everything up, then shows what the models do, on drawn films with the demonstration model.
// npm start -- [--image FILM] [--model NAME|DIR]              your own film, another model
// npm start -- REPORTS.csv [--all] [--model NAME|DIR]         embeds the sentences of your own reports
import { parseArgs } from 'node:util'
import { root, run, setup } from './setup.mjs'

try {
  const { values, positionals } = parseArgs({
    options: { all: { type: 'boolean' }, image: { type: 'string' }, model: { type: 'string' } },
    allowPositionals: true,
  })
  await setup()
  const model = values.model === undefined ? [] : ['--model', values.model]
  const hasReports = positionals.length > 0 || values.all
  if (hasReports)
    await example('embed-reports.mjs', [...positionals, ...(values.all ? ['--all'] : []), ...model])
  if (!hasReports || values.image !== undefined) {
    await example('demo.mjs', [...(values.image === undefined ? [] : ['--image', values.image]), ...model])
  }
} catch (error) {
  process.stderr.write(`npm start: ${error.message}\n`)
  process.exitCode = 1
}

function example(name, args) {
  return run(process.execPath, [`examples/${name}`, ...args], { cwd: root, stdio: 'inherit' })
}
