import type { ParameterRow, WeightFile } from '../../binding.d.ts'
import { BiovilError } from '../errors.js'
import type { ModelConfig } from '../model/config.js'
import type { KeyReport } from '../model/facts.js'
import type { GraphSidecar } from '../model/graph.js'
import { isStoredType, storedTypes } from './dtype.js'
import { splitTasks, taskSizes } from './tasks.js'
import type { Checkpoint, TensorRow } from './types.js'

/** How the weights of a checkpoint become the parameters of a graph. */
export interface Binding {
  /** What `rows` index into. */
  readonly files: readonly WeightFile[]
  /** One row for every parameter that the methods use; of a multi-task classifier those of its first task. */
  readonly rows: readonly ParameterRow[]
  /** Of a multi-task classifier, for each task, the rows of its head: a program of that method alone takes them. */
  readonly tasks: readonly (readonly ParameterRow[])[]
  /** Methods of the graph that the weights allow. */
  readonly methods: readonly string[]
  readonly report: KeyReport
}

/** What {@link bindKeys} reads of a configuration. */
export type BindingConfig = Pick<ModelConfig, 'path' | 'sizes' | 'tieWordEmbeddings'>

const decoder = 'cls.predictions.decoder.weight'
const wordEmbeddings = 'bert.embeddings.word_embeddings.weight'

/** Published and not needed: buffers, the heads of pre-training, and the classes of ImageNet. */
const ignorable = [
  /^(bert\.)?embeddings\.position_ids$/,
  /^(bert\.)?pooler\./,
  /^cls\.seq_relationship\./,
  /\.num_batches_tracked$/,
  /^encoder\.encoder\.fc\./,
]

/**
 * Matches stored names with the parameters of a graph and checks shapes and types. What all methods need must be there;
 * a head must be there as a whole or not at all.
 *
 * @throws BiovilError ERR_CHECKPOINT_KEYS, ERR_CHECKPOINT_SHAPE, ERR_CHECKPOINT_UNSUPPORTED (element type),
 *   ERR_MODEL_CONFIG (a size that a shape needs)
 */
export function bindKeys(checkpoint: Checkpoint, sidecar: GraphSidecar, config: BindingConfig): Binding {
  const split = splitTasks(checkpoint.tensors, sidecar)
  const { found, ...names } = matchNames(split.rest, sidecar)
  for (const [name, row] of split.tasks[0] ?? []) found.set(name, row)
  const tied: Record<string, string> = { ...names.tied }
  const embeddings = found.get(wordEmbeddings)
  if (config.tieWordEmbeddings && embeddings && Object.hasOwn(sidecar.parameters, decoder)) {
    found.set(decoder, embeddings)
    tied[decoder] = wordEmbeddings
  }
  const { methods, needed, missing } = selectMethods(checkpoint, sidecar, found, tied)
  if (missing.includes(decoder)) delete tied[decoder]
  const paths = [...new Set(needed.map((name) => (found.get(name) as TensorRow).file))]
  const known = { ...config, sizes: { ...taskSizes(split.tasks[0], sidecar), ...config.sizes } }
  const bind = (names: readonly string[], weights: ReadonlyMap<string, TensorRow>) =>
    names.map((name) => {
      const row = weights.get(name) as TensorRow
      requireShape(name, row, sidecar.parameters[name] ?? [], known)
      return parameterRow(name, row, paths)
    })
  const head = needed.filter((name) => split.tasks[0]?.has(name))
  const tasks = split.tasks.map((task, number) => {
    requireAll(`The classifier of task ${number}`, head, task, checkpoint)
    return bind(head, task)
  })
  const files = paths.map((path) => ({ path, identity: identityOf(checkpoint, path) }))
  const renamed = { ...names.renamed, ...split.renamed }
  return { files, rows: bind(needed, found), tasks, methods, report: { missing, ...names, renamed, tied } }
}

function identityOf(checkpoint: Checkpoint, path: string): string {
  return checkpoint.identities[checkpoint.files.indexOf(path)] as string
}

function matchNames(tensors: ReadonlyMap<string, TensorRow>, sidecar: GraphSidecar) {
  const found = new Map<string, TensorRow>()
  const ignored: string[] = []
  const unexpected: string[] = []
  const renamed: Record<string, string> = {}
  const tied: Record<string, string> = {}
  const others: [stored: string, row: TensorRow][] = []
  for (const [stored, row] of tensors) {
    if (Object.hasOwn(sidecar.parameters, stored)) found.set(stored, row)
    else if (ignorable.some((pattern) => pattern.test(stored))) ignored.push(stored)
    else others.push([stored, row])
  }
  // Only now, so that a proper name wins over one that must be translated, in whatever order they are stored.
  for (const [stored, row] of others) {
    const name = modernName(stored)
    if (!Object.hasOwn(sidecar.parameters, name)) unexpected.push(stored)
    else if (!found.has(name)) {
      found.set(name, row)
      renamed[stored] = name
    } else if (stored.endsWith('predictions.decoder.bias')) tied[stored] = name
    else unexpected.push(stored)
  }
  return { found, ignored, unexpected, renamed, tied }
}

/** The name that a parameter has today. */
function modernName(stored: string): string {
  if (stored === 'cls.predictions.decoder.bias') return 'cls.predictions.bias'
  // LayerNorm's parameters had TensorFlow's names at first.
  const name = stored.replace(/\.gamma$/, '.weight').replace(/\.beta$/, '.bias')
  // Checkpoints of a bare BertModel lack the prefix that larger models give it.
  return /^(embeddings|encoder)\./.test(name) ? `bert.${name}` : name
}

function selectMethods(
  checkpoint: Checkpoint,
  sidecar: GraphSidecar,
  found: ReadonlyMap<string, TensorRow>,
  tied: Readonly<Record<string, string>>,
) {
  const all = Object.keys(sidecar.parameters)
  const uses = new Map<string, string[]>()
  for (const [method, { parameters: prefixes }] of Object.entries(sidecar.methods)) {
    uses.set(
      method,
      all.filter((name) => prefixes.some((prefix) => name.startsWith(prefix))),
    )
  }
  // A method that shares nothing with the first one is a head of its own, fed with results.
  const [first = []] = uses.values()
  const encoders = [...uses.values()].filter((names) => names.some((name) => first.includes(name)))
  const common = all.filter((name) => encoders.every((names) => names.includes(name)))
  requireAll('The encoder', common, found, checkpoint)

  const methods: string[] = []
  const missing = new Set<string>()
  for (const [method, names] of uses) {
    const head = names.filter((name) => !common.includes(name))
    // A tied weight is there even when the head is not.
    if (head.length > 0 && !head.some((name) => found.has(name) && !(name in tied))) {
      for (const name of head) missing.add(name)
      continue
    }
    requireAll(`The head of '${method}'`, head, found, checkpoint)
    methods.push(method)
  }
  const needed = all.filter((name) => methods.some((method) => uses.get(method)?.includes(name)))
  return { methods, needed, missing: [...missing] }
}

function requireAll(
  what: string,
  names: readonly string[],
  found: ReadonlyMap<string, TensorRow>,
  checkpoint: Checkpoint,
): void {
  const lacking = names.filter((name) => !found.has(name))
  if (lacking.length === 0) return
  const first = lacking.slice(0, 3).join(', ')
  throw new BiovilError(
    'ERR_CHECKPOINT_KEYS',
    `${what} needs ${names.length} weights, but ${checkpoint.files.join(', ')} lacks ${lacking.length} of them: ` +
      `${first}${lacking.length > 3 ? ', …' : ''}. Are these the weights of another architecture, or of another depth?`,
  )
}

function requireShape(
  name: string,
  row: TensorRow,
  symbols: readonly (string | number)[],
  config: BindingConfig,
): void {
  const expected = symbols.map((symbol) => {
    const size = typeof symbol === 'number' ? symbol : config.sizes[symbol]
    if (size !== undefined) return size
    throw new BiovilError(
      'ERR_MODEL_CONFIG',
      `${config.path}: expected a positive integer for ${symbol}, the size of ${name}, but it is missing`,
    )
  })
  if (expected.length === row.shape.length && expected.every((size, axis) => size === row.shape[axis])) return
  throw new BiovilError(
    'ERR_CHECKPOINT_SHAPE',
    `${row.name} in ${row.file} has the shape [${row.shape.join(', ')}], ` +
      `but ${config.path} says [${expected.join(', ')}] (${symbols.join(' x ')})`,
  )
}

function parameterRow(name: string, row: TensorRow, files: readonly string[]): ParameterRow {
  if (!isStoredType(row.type)) {
    throw new BiovilError(
      'ERR_CHECKPOINT_UNSUPPORTED',
      `${row.name} in ${row.file} is stored as ${row.type}; expected ${storedTypes.join(', ')}`,
    )
  }
  const { type, shape, strides, offset } = row
  const result = { name, file: files.indexOf(row.file), type, shape, offset }
  return strides === undefined ? result : { ...result, strides }
}
