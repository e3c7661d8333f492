import { researchNotice } from '../model/facts.js'
import { loadModel } from '../model/load.js'
import type { Model } from '../model/model.js'
import { standingNotices } from '../standing.js'
import { type CommandContext, type OptionValues, UsageError } from './command.js'
import { wholeNumber } from './values.js'

/** Options of every command that loads a model. */
export const modelOptions = {
  model: { type: 'string', short: 'm' },
  device: { type: 'string' },
  dtype: { type: 'string' },
  threads: { type: 'string' },
  offline: { type: 'boolean' },
  'cache-dir': { type: 'string' },
  libtorch: { type: 'string' },
  graph: { type: 'string' },
} as const

export const modelHelp = `Model:
  -m, --model NAME|DIR   a name of 'biovil models', or a directory with the published files; biovil-demo needs no
                         download and is for drawn phantoms
  --device DEVICE        auto (default), cpu, cuda, cuda:N
  --dtype TYPE           float32 (default), float16 or bfloat16 weights; results are float32
  --threads N            threads of the CPU; default: the physical cores
  --offline              use only what is in the cache
  --cache-dir DIR        cache of downloaded models; default: the Hugging Face cache
  --libtorch DIR         a libtorch to use instead of the one that is found
  --graph FILE           a graph for a model of unusual depth`

/** Loads the model that the options ask for and says once what it is; the caller closes it. */
export async function openModel(values: OptionValues, context: CommandContext): Promise<Model> {
  const text = (name: string) => values[name] as string | undefined
  const name = text('model')
  if (name === undefined) {
    throw new UsageError(
      "Missing --model NAME|DIR; 'biovil models' lists the names. To try a command without a download, on phantoms: --model biovil-demo",
    )
  }
  const threads = values['threads'] === undefined ? undefined : wholeNumber(values, 'threads', 1)
  const given = {
    device: text('device'),
    dtype: text('dtype'),
    threads,
    localFilesOnly: values['offline'] as boolean | undefined,
    cacheDir: text('cache-dir'),
    libtorch: text('libtorch'),
    graph: text('graph'),
    signal: context.signal,
    onProgress: context.onProgress,
  }
  // Values are checked by loadModel itself, which names the option and what it accepts.
  const options = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  const model = await loadModel(name, options as Parameters<typeof loadModel>[1])
  context.note(researchNotice)
  for (const notice of standingNotices(model)) context.note(notice)
  return model
}
