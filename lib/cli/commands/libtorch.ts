import { findLibtorch } from '../../libtorch/find.js'
import { installLibtorch } from '../../libtorch/install.js'
import { type Command, type CommandContext, type OptionValues, UsageError } from '../command.js'
import { refuseOptions } from '../values.js'

export const command: Command = {
  summary: 'Installs libtorch, or tells where it is',
  help: `
Usage: biovil libtorch install [options]
       biovil libtorch path [options]

install makes sure that the pinned libtorch is there and prints where: one that is found on the machine, else the
torch wheel through this machine's own pip. An interrupted download goes on where it stopped.

  --cpu                  for the CPU: 545 MB to download, 460 MB on disk (default)
  --cuda                 for CUDA 13.0: 2.5 GB to download, 3.6 GB on disk
  --headers              with the C++ headers, for building the engine
  --from FILE|DIR        take an official zip, a torch wheel (its companions beside it), a folder of wheels,
                         a libtorch or a site-packages directory instead
  --force                install into the cache even where a libtorch already serves
  --allow-unverified     try the official zip first, which has no published checksum

path prints the libtorch that a model would load; its exit code is 1 when there is none.

  --cpu, --cuda          without or with CUDA (default: CUDA where both it and a GPU are there)
  --json                 {root, lib, include, version, source, libraries, …} as one JSON object

Looked at in this order: BIOVIL_LIBTORCH, LIBTORCH, LIBTORCH_USE_PYTORCH=1, VIRTUAL_ENV, CONDA_PREFIX, the cache
(XDG_CACHE_HOME), /opt/libtorch, /usr/local, /usr.`,
  options: {
    cpu: { type: 'boolean' },
    cuda: { type: 'boolean' },
    headers: { type: 'boolean' },
    from: { type: 'string' },
    force: { type: 'boolean' },
    'allow-unverified': { type: 'boolean' },
    json: { type: 'boolean' },
  },
  arguments: 1,
  async run(values, positionals, context) {
    const [action] = positionals
    if (action === undefined) throw new UsageError('Expected biovil libtorch install or path')
    if (values['cpu'] && values['cuda']) throw new UsageError('Expected one of --cpu and --cuda')
    if (action === 'install') return runInstall(values, context)
    if (action === 'path') return runPath(values, context)
    throw new UsageError(`Expected biovil libtorch install or path but received ${action}`)
  },
}

async function runInstall(values: OptionValues, context: CommandContext): Promise<number> {
  refuseOptions(values, ['json'], 'belongs to biovil libtorch path')
  const from = values['from'] as string | undefined
  if (from !== undefined) {
    refuseOptions(
      values,
      ['allow-unverified'],
      'is for the zip that is downloaded, and --from names a source',
    )
  }
  const { libtorch, installed, origin, notes } = await installLibtorch({
    flavor: values['cuda'] ? 'cuda' : 'cpu',
    ...(from === undefined ? {} : { from }),
    headers: values['headers'] === true,
    force: values['force'] === true,
    allowUnverified: values['allow-unverified'] === true,
    signal: context.signal,
    onProgress: context.onProgress,
  })
  const what = `libtorch ${libtorch.version}`
  context.note(installed ? `${what} installed from ${origin}` : `${what} is there already (${origin})`)
  for (const note of notes) context.note(`Note: ${note}`)
  context.print(libtorch.root)
  return 0
}

async function runPath(values: OptionValues, context: CommandContext): Promise<number> {
  refuseOptions(
    values,
    ['headers', 'from', 'force', 'allow-unverified'],
    'belongs to biovil libtorch install',
  )
  const libtorch = await findLibtorch({ cuda: values['cuda'] ? true : values['cpu'] ? false : 'auto' })
  context.print(values['json'] ? JSON.stringify(libtorch) : libtorch.root)
  return 0
}
