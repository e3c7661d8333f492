import { researchNotice } from '../model/facts.js'
import { type LoadOptions, loadModel, loadSchema } from '../model/load.js'
import type { Model } from '../model/model.js'
import { readOptions } from '../options.js'
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

/** Options of every command that loads a model for images. */
export const framingOptions = {
  resize: { type: 'string' },
  crop: { type: 'string' },
  stride: { type: 'string' },
} as const

export const framingHelp = `Framing, in place of what the weights ask for (as published: 512, 480 or BioViL-T 448, 32):
  --resize N             length of the shorter side of a film after resizing
  --crop N               side of the square that is cut from its middle, a multiple of the stride
  --stride N             pixels of a patch: 32, or for BioViL 16 by dilating the last stage`

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

/** What the options of {@link modelOptions} and {@link framingOptions} say, checked before anything is loaded. */
export function loadChoice(values: OptionValues): LoadOptions {
  const text = (name: string) => values[name] as string | undefined
  const given = {
    device: text('device'),
    dtype: text('dtype'),
    threads: values['threads'] === undefined ? undefined : wholeNumber(values, 'threads', 1),
    localFilesOnly: values['offline'] as boolean | undefined,
    cacheDir: text('cache-dir'),
    libtorch: text('libtorch'),
    graph: text('graph'),
    ...framingChoice(values),
  }
  readOptions(given, loadSchema)
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
}

/** What the options of {@link framingOptions} say. */
export function framingChoice(values: OptionValues): { resize?: number; crop?: number; stride?: number } {
  const given = Object.keys(framingOptions).filter((name) => values[name] !== undefined)
  return Object.fromEntries(given.map((name) => [name, wholeNumber(values, name, 1)]))
}

/** The name of the one model that a command is about: its argument, or `--model`. */
export function oneName(values: OptionValues, [argument]: readonly string[]): string {
  const option = values['model'] as string | undefined
  if ((argument === undefined) !== (option === undefined)) return (argument ?? option) as string
  throw new UsageError(
    argument === undefined
      ? 'Expected one NAME|DIR'
      : `Expected one NAME|DIR but received ${argument} and ${option}`,
  )
}

/** The name of the model, from `--model`. */
export function modelName(values: OptionValues): string {
  const name = values['model'] as string | undefined
  if (name !== undefined) return name
  throw new UsageError(
    "Missing --model NAME|DIR; 'biovil models' lists the names. To try a command without a download, on phantoms: --model biovil-demo",
  )
}

/** Checks the options of {@link modelOptions}; commands call it before they read any input. */
export function checkModelOptions(values: OptionValues): void {
  modelName(values)
  loadChoice(values)
}

/** Loads the model that the options ask for and says once what it is; the caller closes it. */
export async function openModel(values: OptionValues, context: CommandContext): Promise<Model> {
  const { signal, onProgress } = context
  const model = await loadModel(modelName(values), { ...loadChoice(values), signal, onProgress })
  context.note(researchNotice)
  for (const notice of standingNotices(model)) context.note(notice)
  return model
}
