import { join } from 'node:path'
import { openCheckpoint } from '../checkpoint/index.js'
import { BiovilError } from '../errors.js'
import { findModel } from '../hub/models.js'
import { resolveModel } from '../hub/resolve.js'
import { inspectModel, type ModelContents } from '../model/inspect.js'
import { deviceChoice, type LoadOptions, loadModel, loadSchema } from '../model/load.js'
import type { Model } from '../model/model.js'
import { type DeviceChoice, loadEngine } from '../native/engine.js'
import { callback, optional, readOptions } from '../options.js'
import { loadTokenizer } from '../text/tokenizer.js'
import { comparePublished, type Fingerprint, fingerprints, identify } from './files.js'
import { closer, type Golden, maskedPrompts, type Outcome, readGolden, triplets } from './golden.js'

export interface Check {
  /** What was checked, e.g. `files`, `forward on cpu`. */
  readonly check: string
  readonly status: 'pass' | 'fail' | 'not applicable'
  /** What was expected and what was found, or why it does not apply. */
  readonly detail: string
}

export interface VerifyReport {
  readonly name: string
  readonly directory: string
  /** No check failed. */
  readonly passed: boolean
  readonly checks: readonly Check[]
}

/** How the model is to be loaded: what is verified is the model as `loadModel` would load it with these options. */
export interface VerifyModelOptions extends Omit<LoadOptions, 'device' | 'checksums' | 'allowNonFinite'> {
  /** Default: every device of this machine. `auto` is the one that `loadModel` would take. */
  device?: DeviceChoice
  /** Called with each check as it ends. */
  onCheck?: (check: Check) => void
}

const { checksums: _, allowNonFinite: __, ...loading } = loadSchema
const schema = {
  ...loading,
  device: optional(deviceChoice),
  threads: optional(loadSchema.threads),
  onCheck: callback<(check: Check) => void>(),
}

const untrained = 'untrained weights: not applicable'
const otherDemonstration = 'a demonstration model, and not the one of this package'

/**
 * Tells whether a model directory is the real thing and works on this machine: published sizes and SHA-256, checksums
 * inside the files, keys, a forward on every device (or the one that is asked for), and the behaviour that the authors
 * published, as the options load the model. A failing check does not end the others.
 *
 * @throws ERR_MODEL_UNKNOWN, and those of a download, when there is nothing to check
 */
export async function verifyModel(
  nameOrDirectory: string,
  options?: VerifyModelOptions,
): Promise<VerifyReport> {
  const { onCheck, device, ...read } = readOptions(options, schema)
  const { onProgress, signal: abort } = read
  const { directory, name } = await resolveModel(nameOrDirectory, {
    cacheDir: read.cacheDir,
    localFilesOnly: read.localFilesOnly,
    signal: abort,
    onProgress,
  })
  const checks: Check[] = []
  const add = (check: string, status: Check['status'], detail: string) => {
    checks.push({ check, status, detail })
    onCheck?.({ check, status, detail })
  }
  const attempt = async (check: string, work: () => Promise<string>) => {
    try {
      add(check, 'pass', await work())
      return true
    } catch (error) {
      abort?.throwIfAborted()
      add(check, 'fail', describeError(error))
      return false
    }
  }

  const golden = readGolden()
  let isUntrained = false
  let contents: ModelContents | undefined
  const sound = await attempt('contents', async () => {
    contents = await inspectModel(directory, { graph: read.graph, weights: read.weights })
    isUntrained = contents.untrained
    const parts = Object.entries(contents.parts).map(([part, { keys, methods, parameters }]) => {
      const unexpected = keys.unexpected.length > 0 ? `, unexpected: ${keys.unexpected.join(', ')}` : ''
      return `${part}: ${parameters} parameters, offers ${methods.join(', ')}, not needed: ${keys.ignored.length}${unexpected}`
    })
    return parts.join('; ')
  })
  const files = await fingerprints(directory, { signal: abort, onProgress })
  const model = name === undefined ? identify(files) : findModel(name)
  if (isUntrained) add('published files', 'not applicable', untrained)
  else if (contents?.demonstration && !model) add('published files', 'not applicable', otherDemonstration)
  else checkFiles(files, model, add)

  if (sound && contents !== undefined) {
    const { text, image } = contents.parts
    const weights = [
      ...(text ? [directory] : []),
      ...(image?.files ?? []).map((file) => join(directory, file.name)),
    ]
    for (const path of weights) {
      await attempt('checksums', async () => {
        const checkpoint = await openCheckpoint(path, { prefer: read.weights })
        await checkpoint.verify({ signal: abort, onProgress })
        const hasSums = checkpoint.format === 'pytorch'
        return `${checkpoint.format}: ${hasSums ? 'every CRC-32 inside is right' : 'the format has none; all bytes are there'}`
      })
    }
    if (text) await attempt('tokens', () => checkTokens(directory, files, golden.tokens))
    // The whole of a file was read above.
    const how = { ...given(read), checksums: false }
    let behaved = false
    for (const one of await devicesToTry(device, read.libtorch)) {
      const load: LoadOptions = { ...how, device: one }
      const works = await attempt(`forward on ${one}`, async () => {
        await using loaded = await loadModel(directory, load)
        const details = [text && (await checkTextForward(loaded)), image && (await checkImageForward(loaded))]
        return [howLoaded(loaded, read), ...details.filter((part) => part !== undefined)].join('; ')
      })
      if (!works || !text || behaved) continue
      behaved = true
      await checkBehaviour(directory, load, golden, model?.name, isUntrained, add)
    }
  }
  return {
    name: model?.name ?? nameOrDirectory,
    directory,
    passed: checks.every(({ status }) => status !== 'fail'),
    checks,
  }
}

type Add = (check: string, status: Check['status'], detail: string) => void

function checkFiles(files: readonly Fingerprint[], model: ReturnType<typeof identify>, add: Add): void {
  if (!model) {
    const weights = files.filter(({ file }) => /\.(bin|safetensors)$/.test(file))
    const found =
      weights.map(({ file, sha256 }) => `${file} ${sha256}`).join(', ') ||
      'no weight file of a published name'
    add('published files', 'fail', `not the weights of a known model: ${found}`)
    return
  }
  for (const { passed, detail } of comparePublished(model, files)) {
    add('published files', passed ? 'pass' : 'fail', `${model.name} ${detail}`)
  }
}

async function checkTokens(
  directory: string,
  files: readonly Fingerprint[],
  golden: Golden['tokens'],
): Promise<string> {
  const tokenizer = await loadTokenizer(directory)
  const size = `${tokenizer.vocabularySize} pieces`
  if (files.find(({ file }) => file === 'vocab.txt')?.sha256 !== golden.vocabulary)
    return `${size}; not the published vocabulary`
  for (const { text, ids } of golden.texts) {
    const found = Array.from(tokenizer.encodeIds(text))
    if (found.join() !== ids.join())
      throw new Error(`"${text}": expected ${ids.join(' ')}, found ${found.join(' ')}`)
  }
  return `${size}, the published vocabulary; ${golden.texts.length} golden texts have their ids`
}

/** The device that was asked for, else all of them; the CPU comes first. */
async function devicesToTry(
  asked: DeviceChoice | undefined,
  libtorch: string | undefined,
): Promise<DeviceChoice[]> {
  if (asked !== undefined && asked !== 'auto') return [asked]
  try {
    const { device, devices } = await loadEngine({ device: 'auto', libtorch })
    return (asked === 'auto' ? [device] : devices.map(({ id }) => id)) as DeviceChoice[]
  } catch {
    // The forward says why.
    return [asked ?? 'cpu']
  }
}

/** Options without those that were not given. */
function given<T extends object>(options: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> }
}

/** What was asked for, so that a report says what it is of. */
function howLoaded(
  model: Model,
  { threads, graph }: { threads: number | undefined; graph: string | undefined },
): string {
  const { dtype } = model.facts
  const count = threads === undefined ? '' : `, ${threads} ${threads === 1 ? 'thread' : 'threads'}`
  return `${dtype}${count}${graph === undefined ? '' : `, graph ${graph}`}`
}

/** How far a text's values may move with its company; the kernels differ with the shape, and the types in digits. */
const tolerance = { float32: 1e-5, float16: 5e-3, bfloat16: 5e-2 } as const

/** Real sentences of different lengths, alone and together: finite, of norm 1, and independent of their company. */
async function checkTextForward(model: Model): Promise<string> {
  const texts = readGolden().triplets.texts.flatMap(({ reference, synonym }) => [reference, synonym])
  const started = performance.now()
  const together = await model.embedText(texts)
  const seconds = (performance.now() - started) / 1000
  let difference = 0
  for (const [i, text] of texts.slice(0, 3).entries()) {
    const alone = (await model.embedText(text)).data
    for (const [k, value] of together.at(i).entries())
      difference = Math.max(difference, Math.abs(value - (alone[k] as number)))
  }
  if (!together.data.every(Number.isFinite)) throw new Error('the embeddings are not finite')
  const most = tolerance[model.facts.dtype]
  if (difference > most)
    throw new Error(
      `a text embedded alone differs by ${difference.toExponential(1)} (expected at most ${most})`,
    )
  return `text [${together.dims}] in ${seconds.toFixed(2)} s; alone and in a batch differ by at most ${difference.toExponential(1)}`
}

/** A film of our own, bright in the middle: finite, and another one than its negative. */
async function checkImageForward(model: Model): Promise<string> {
  const side = 600
  const film = (sign: number) => ({
    pixels: Uint8Array.from({ length: side * side }, (_, i) => {
      const [x, y] = [(i % side) / side - 0.5, Math.floor(i / side) / side - 0.5]
      return 128 + sign * Math.round(120 * Math.cos(9 * Math.hypot(x, y)))
    }),
    width: side,
    height: side,
  })
  const started = performance.now()
  const rows = await model.embedImage([film(1), film(-1)])
  const seconds = (performance.now() - started) / 1000
  if (!rows.data.every(Number.isFinite)) throw new Error('the image embeddings are not finite')
  const same = rows.at(0).every((value, i) => value === rows.at(1)[i])
  if (same) throw new Error('a film and its negative have the same embedding')
  return `image [${rows.dims}] in ${seconds.toFixed(2)} s`
}

async function checkBehaviour(
  directory: string,
  load: LoadOptions,
  golden: Golden,
  name: string | undefined,
  isUntrained: boolean,
  add: Add,
): Promise<void> {
  const parts: [check: string, models: readonly string[], run: (model: Model) => AsyncIterable<Outcome>][] = [
    ['masked prompts', golden.masked.models, (model) => maskedPrompts(model, golden.masked)],
    ['triplets', golden.triplets.models, (model) => triplets(model, golden.triplets)],
    [
      'nearer and farther',
      golden.closer.models,
      async function* (model) {
        yield await closer(model, golden.closer)
      },
    ],
  ]
  await using model = await loadModel(directory, load)
  for (const [check, models, run] of parts) {
    if (isUntrained) add(check, 'not applicable', untrained)
    else if (name === undefined || !models.includes(name)) {
      add(check, 'not applicable', `the authors recorded it for ${models.join(', ')} only`)
    } else {
      try {
        for await (const { passed, detail } of run(model)) add(check, passed ? 'pass' : 'fail', detail)
      } catch (error) {
        add(check, 'fail', describeError(error))
      }
    }
  }
}

function describeError(error: unknown): string {
  const { message, code } = error as Error & { code?: string }
  return error instanceof BiovilError ? `${message} [${code}]` : message
}
