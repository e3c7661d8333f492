import { findModel } from '../../hub/models.js'
import { type PullOptions, pullModel } from '../../hub/pull.js'
import { type Command, UsageError } from '../command.js'
import { refuseOptions } from '../values.js'

export const command: Command = {
  summary: 'Download a model from the Hugging Face Hub, checked and resumable',
  help: `
Usage: biovil pull NAME [--revision R] [--cache-dir DIR] [--json]

Prints the directory with the model's files. Files that are there are not fetched again, those that Python's
huggingface_hub fetched included. After an interruption run it again: it goes on where it stopped.

  --revision R      another tag, branch or commit; its files are checked only against what the Hub says
  --cache-dir DIR   cache to use; default: the Hugging Face cache
  --json            {name, directory, commit, files} as one JSON object

Environment: HF_HOME, HF_HUB_CACHE (cache), HF_TOKEN, HF_TOKEN_PATH (access), HF_ENDPOINT (a mirror),
HF_HUB_OFFLINE=1 (no network), HTTPS_PROXY, HTTP_PROXY, NO_PROXY, NODE_EXTRA_CA_CERTS.`,
  options: {
    revision: { type: 'string' },
    'cache-dir': { type: 'string' },
    json: { type: 'boolean' },
  },
  arguments: 1,
  async run(values, positionals, context) {
    const [name] = positionals
    if (name === undefined) throw new UsageError("Missing NAME; 'biovil models' lists the names")
    const model = findModel(name)
    if (model.bundled)
      refuseOptions(
        values,
        ['revision', 'cache-dir'],
        `is for a download, and ${name} is part of this package`,
      )
    const options: PullOptions = {
      revision: values['revision'] as string | undefined,
      cacheDir: values['cache-dir'] as string | undefined,
      signal: context.signal,
      onProgress: context.onProgress,
    }
    const { directory, commit, files } = await pullModel(name, options)
    context.note(`${model.title} (${model.licence} licence). ${model.notice}`)
    if (model.bundled) context.note(`${name} is part of this package: there was nothing to download`)
    context.print(values['json'] ? JSON.stringify({ name, directory, commit, files }) : directory)
    return 0
  },
}
