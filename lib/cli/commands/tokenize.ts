import { resolveModel } from '../../hub/resolve.js'
import { loadTokenizer, type Tokenizer } from '../../text/tokenizer.js'
import { type Command, type CommandContext, type OptionValues, UsageError } from '../command.js'
import { readRows, textSource } from '../embed/read-texts.js'
import { refuseOptions } from '../values.js'

export const command: Command = {
  summary: 'Token ids, pieces and places of texts; needs neither libtorch nor weights',
  help: `
Usage: biovil tokenize TEXT… --model NAME|DIR [--json]
       biovil tokenize - --vocab FILE [--json]      one text a line from stdin

  -m, --model NAME|DIR   a name of 'biovil models', or a directory with vocab.txt
  --vocab FILE           a vocabulary file alone, with lower-casing
  --offline              use only what is in the cache
  --cache-dir DIR        cache of downloaded models; default: the Hugging Face cache
  --json                 {text, ids, tokens, offsets}, one line a text; offsets are UTF-16 positions in the text

Texts are taken as they are: nothing is stripped, special tokens in them are kept.`,
  options: {
    model: { type: 'string', short: 'm' },
    vocab: { type: 'string' },
    offline: { type: 'boolean' },
    'cache-dir': { type: 'string' },
    json: { type: 'boolean' },
  },
  arguments: Number.POSITIVE_INFINITY,
  async run(values, positionals, context) {
    if (positionals.length === 0) throw new UsageError("Give a text, or '-' to read one a line from stdin")
    const tokenizer = await open(values, context)
    const print = values['json'] === true ? printJson : printTable
    for await (const text of texts(positionals, context.signal)) {
      context.signal.throwIfAborted()
      print(tokenizer, text, context)
    }
    return 0
  },
}

async function open(values: OptionValues, context: CommandContext): Promise<Tokenizer> {
  const model = values['model'] as string | undefined
  const vocab = values['vocab'] as string | undefined
  if ((model === undefined) === (vocab === undefined)) {
    throw new UsageError('Give either --model NAME|DIR or --vocab FILE')
  }
  if (model === undefined) {
    refuseOptions(values, ['offline', 'cache-dir'], 'is for a model by name, and --vocab names a file')
    return loadTokenizer(vocab as string)
  }
  const { directory } = await resolveModel(model, {
    localFilesOnly: values['offline'] as boolean | undefined,
    cacheDir: values['cache-dir'] as string | undefined,
    signal: context.signal,
    onProgress: context.onProgress,
  })
  return loadTokenizer(directory)
}

async function* texts(positionals: readonly string[], signal: AbortSignal): AsyncGenerator<string> {
  for (const text of positionals) {
    if (text !== '-') yield text
    else {
      const stdin = textSource('-', { format: 'lines', column: undefined })
      for await (const row of readRows(stdin, signal)) {
        if (row.text !== undefined) yield row.text
      }
    }
  }
}

function printJson(tokenizer: Tokenizer, text: string, context: CommandContext): void {
  const { ids, tokens, offsets } = tokenizer.encode(text)
  context.print(JSON.stringify({ text, ids: Array.from(ids), tokens, offsets }))
}

function printTable(tokenizer: Tokenizer, text: string, context: CommandContext): void {
  const { ids, tokens, offsets } = tokenizer.encode(text)
  context.print(text)
  for (const [i, token] of tokens.entries()) {
    const [start, end] = offsets[i] as [number, number]
    const place = end > start ? `${start}-${end}` : ''
    context.print(`  ${String(ids[i]).padStart(6)}  ${token.padEnd(20)} ${place}`.trimEnd())
  }
}
