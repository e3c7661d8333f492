import { verifyModel } from '../../verify/verify.js'
import type { Command } from '../command.js'
import { loadChoice, modelHelp, modelOptions, oneName } from '../model-options.js'

export const command: Command = {
  summary: 'Whether a model directory is the real thing and works here',
  help: `
Usage: biovil verify NAME|DIR [--device D] [--dtype T] [--json]

Checks sizes and SHA-256 of the published files, keys and shapes of the weights, a forward on every device of this
machine, and the behaviour that the authors published; a line each: pass, FAIL, or n/a with the reason. The model is
loaded as the options say: with --device on that device alone. If it fails, please send us the whole output.

  --json                 {name, directory, passed, checks: [{check, status, detail}]}

${modelHelp}`,
  options: { ...modelOptions, json: { type: 'boolean' } },
  arguments: 1,
  async run(values, positionals, context) {
    const report = await verifyModel(oneName(values, positionals), {
      ...loadChoice(values),
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
