import type { GraphSidecar } from '../model/graph.js'
import type { TensorRow } from './types.js'

/** Weights by parameter name. */
export type Weights = ReadonlyMap<string, TensorRow>

/** Stored: one head for each task, counted from 0. */
const stored = /^classifier\.fc_(\d+)\./
/** In a graph: one head, to be bound to the weights of one task at a time. */
const bound = 'classifier.fc.'

/** The heads of a multi-task classifier, and the rest of the weights. */
export interface SplitTasks {
  /** In the order of their numbers, by the names that the graph has for them. */
  readonly tasks: readonly Weights[]
  readonly rest: Weights
  /** Names as stored → as bound. */
  readonly renamed: Readonly<Record<string, string>>
}

/** Takes the heads of a multi-task classifier apart, if the graph can run one. */
export function splitTasks(tensors: Weights, sidecar: GraphSidecar): SplitTasks {
  const rest = new Map<string, TensorRow>()
  const tasks = new Map<number, Map<string, TensorRow>>()
  const renamed: Record<string, string> = {}
  for (const [name, row] of tensors) {
    const parameter = name.replace(stored, bound)
    if (!Object.hasOwn(sidecar.parameters, parameter) || parameter === name) {
      rest.set(name, row)
      continue
    }
    const number = Number(stored.exec(name)?.[1])
    if (!tasks.has(number)) tasks.set(number, new Map())
    tasks.get(number)?.set(parameter, row)
    renamed[name] = parameter
  }
  const inOrder = [...tasks].sort(([one], [other]) => one - other).map(([, task]) => task)
  return { tasks: inOrder, rest, renamed }
}

/** Sizes that only the weights of a head tell, by their symbols in the sidecar: hidden features, classes. */
export function taskSizes(task: Weights | undefined, sidecar: GraphSidecar): Record<string, number> {
  const sizes: Record<string, number> = {}
  for (const [name, { shape }] of task ?? []) {
    for (const [axis, symbol] of (sidecar.parameters[name] ?? []).entries()) {
      const size = shape[axis]
      if (typeof symbol === 'string' && size !== undefined) sizes[symbol] ??= size
    }
  }
  return sizes
}
