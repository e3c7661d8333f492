import { verifyModel } from '../../verify/verify.js'
import { type Command, UsageError } from '../command.js'
import { modelHelp, modelOptions } from '../model-options.js'

export const command: Command = {
  summary: 'Whether a model directory is the real thing and works here',
  help: `
Usage: biovil verify NAME|DIR [--json]

Checks sizes and SHA-256 of the published files, keys and shapes of the weights, a forward on every device of this
machine, and the behaviour that the authors published; a line each: pass, FAIL, or n/a with the reason. If it fails,
please send us the whole output.

  --json                 {name, directory, passed, checks: [{check, status, detail}]}

${modelHelp}`,
  options: { ...modelOptions, json: { type: 'boolean' } },
  async run(values, positionals, context) {
    const name = positionals[0] ?? (values['model'] as string | undefined)
    if (name === undefined || positionals.length > 1) throw new UsageError('Expected one NAME|DIR')
    const text = (option: string) => values[option] as string | undefined
    const given = {
      cacheDir: text('cache-dir'),
      libtorch: text('libtorch'),
      localFilesOnly: values['offline'],
    }
    const report = await verifyModel(name, {
      ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
      signal: context.signal,
      onProgress: context.onProgress,
      ...(values['json']
        ? {}
        : {
            onCheck: ({ check, status, detail }) => {
              const mark = { pass: 'pass', fail: 'FAIL', 'not applicable': 'n/a ' }[status]
              context.print(`${mark}  ${check.padEnd(22)} ${detail}`)
            },
          }),
    })
    if (values['json']) context.print(JSON.stringify(report))
    else context.print(report.passed ? 'passed' : 'FAILED')
    return report.passed ? 0 : 1
  },
}
