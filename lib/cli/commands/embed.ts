import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import type { Model } from '../../model/model.js'
import { type Command, UsageError } from '../command.js'
import { embedTexts } from '../embed/embed-texts.js'
import { countRows, formats, type TextSource, textSource } from '../embed/read-texts.js'
import { modelHelp, modelOptions, openModel } from '../model-options.js'
import { type Identity, RowFile } from '../output/row-file.js'
import { duration } from '../progress-line.js'

export const command: Command = {
  summary: 'Embeds the texts of a file into .npy or JSON Lines',
  help: `
Usage: biovil embed [FILE|-] --model NAME|DIR --output F.npy|F.jsonl [options]

FILE holds one text a line, or is CSV, TSV or JSON Lines by its suffix; - (the default) is stdin.

  -o, --output FILE      F.npy: float32 [n, 128], row i = input i
                         F.jsonl: one {index, text, embedding} a line
  --column NAME          column of a CSV or key of JSON Lines (default: text, or the only column)
  --format FORMAT        ${formats.join(', ')}; for stdin, or when the suffix misleads
  --no-normalize         keep the length of the vectors instead of L2 norm 1
  --keep-punctuation     keep trailing "!?." as the model card's snippet does
  --resume               continue a run that was interrupted

A text that cannot be embedded costs only its own row (NaN in .npy, an error in .jsonl); the exit code is then 1.

${modelHelp}`,
  options: {
    ...modelOptions,
    output: { type: 'string', short: 'o' },
    column: { type: 'string' },
    format: { type: 'string' },
    'no-normalize': { type: 'boolean' },
    'keep-punctuation': { type: 'boolean' },
    resume: { type: 'boolean' },
  },
  async run(values, positionals, context) {
    if (positionals.length > 1) throw new UsageError(`Expected one FILE but received ${positionals.length}`)
    const output = values['output'] as string | undefined
    if (output === undefined) throw new UsageError('Missing --output F.npy|F.jsonl')
    RowFile.checkName(output)
    const source = textSource(positionals[0] ?? '-', {
      format: values['format'] as string | undefined,
      column: values['column'] as string | undefined,
    })
    if (values['resume'] && (await RowFile.isComplete(output))) {
      context.note(`${output} is complete already`)
      return 0
    }
    const total = await countRows(source)
    await using model = await openModel(values, context)
    const how = {
      normalize: values['no-normalize'] !== true,
      punctuation: values['keep-punctuation'] ? ('keep' as const) : ('strip' as const),
    }
    const file = await RowFile.open(output, {
      identity: await identity(model, source, how),
      shape: [model.dimension],
      resume: values['resume'] === true,
    })
    try {
      const started = performance.now()
      const rows = await embedTexts(model, source, file, how, total, context)
      await file.finish()
      const seconds = (performance.now() - started) / 1000
      const rate = ((rows - file.done) / Math.max(seconds, 1e-3)).toFixed(0)
      const before = file.done > 0 ? `, ${file.done} of them before` : ''
      context.note(`${rows} texts${before} in ${duration(seconds)} (${rate}/s) on ${model.device}: ${output}`)
      if (file.failed > 0) context.note(`${file.failed} of them could not be embedded`)
      return file.failed > 0 ? 1 : 0
    } catch (error) {
      await file.close()
      context.note(`What is done is kept: run the same command with --resume to go on`)
      throw error
    }
  },
}

async function identity(model: Model, source: TextSource, how: object): Promise<Identity> {
  const weights = await Promise.all(
    (model.facts.text?.files ?? []).map(async (path) => {
      const { size, mtimeMs } = await stat(path)
      return { file: basename(path), size, mtimeMs }
    }),
  )
  return {
    model: model.name,
    weights,
    dtype: model.facts.dtype,
    ...how,
    format: source.format,
    column: source.column ?? null,
  }
}
