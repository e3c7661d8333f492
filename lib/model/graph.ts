import { createHash } from 'node:crypto'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { BiovilError } from '../errors.js'
import { readSmallFile } from '../io/regular-file.js'
import { bare, bareJson } from '../json.js'
import type { ModelConfig } from './config.js'

/** What the `.json` beside a graph says of it. */
export interface GraphSidecar {
  readonly format: 1
  readonly architecture: string
  /** Of a text encoder. */
  readonly layers?: number
  readonly heads?: number
  readonly layer_norm_eps?: number
  /** Version of PyTorch that traced it. */
  readonly torch: string
  /** Of the `.pt` file, in hex. */
  readonly sha256: string
  /** Shape by parameter name; texts are keys of `config.json`. */
  readonly parameters: Readonly<Record<string, readonly (string | number)[]>>
  readonly methods: Readonly<Record<string, GraphMethod>>
}

export interface GraphMethod {
  readonly inputs: readonly string[]
  /** Prefixes of the names of the parameters that it uses. */
  readonly parameters: readonly string[]
}

export interface Graph {
  /** Absolute path of the weightless TorchScript file. */
  readonly path: string
  readonly sidecar: GraphSidecar
}

/** Graphs of this package. */
const graphs = fileURLToPath(new URL('../../models/graphs/', import.meta.url))

/**
 * Finds the graph for a configuration: its depth and number of heads decide, all widths come from the weights.
 *
 * @param explicit Path of another `.pt` with its `.json` beside it.
 * @throws BiovilError ERR_MODEL_GRAPH
 */
export async function findGraph(config: ModelConfig, explicit?: string): Promise<Graph> {
  const { layers, heads } = config
  const path = explicit === undefined ? `${graphs}bert-L${layers}-A${heads}.pt` : resolve(explicit)
  const make = `Make one with: python scripts/export/export.py --layers ${layers} --heads ${heads}`
  const graph = await readGraph(path, make)
  requireFit(config, graph.sidecar, path, make)
  return graph
}

function requireFit(config: ModelConfig, sidecar: GraphSidecar, path: string, make: string): void {
  if (sidecar.layers !== config.layers || sidecar.heads !== config.heads) {
    const expected = `${config.layers} layers and ${config.heads} heads`
    const found = `${sidecar.layers} layers and ${sidecar.heads} heads`
    throw new BiovilError(
      'ERR_MODEL_GRAPH',
      `${config.path} needs a graph with ${expected}, but ${path} has ${found}. ${make}`,
    )
  }
  if (sidecar.layer_norm_eps !== config.layerNormEps) {
    throw new BiovilError(
      'ERR_MODEL_GRAPH',
      `${config.path} has layer_norm_eps ${config.layerNormEps}, but the graph ${path} computes with ` +
        `${sidecar.layer_norm_eps}. Change LAYER_NORM_EPS in scripts/export/cxr_bert.py and make your own graph`,
    )
  }
}

/** The graph of an image encoder of this package, e.g. `biovil-resnet50`. */
export function imageGraph(name: string): Promise<Graph> {
  return readGraph(`${graphs}${name}.pt`, 'Make one with: python scripts/export/export.py')
}

async function readGraph(path: string, make: string): Promise<Graph> {
  const [program, text] = await Promise.all([
    read(path, make),
    read(`${path.replace(/\.pt$/, '')}.json`, make),
  ])
  const sidecar = parse(text.toString('utf8'), path)
  const sha256 = createHash('sha256').update(program).digest('hex')
  if (sha256 !== sidecar.sha256) {
    throw new BiovilError(
      'ERR_MODEL_GRAPH',
      `${path} has the SHA-256 ${sha256}, its .json says ${sidecar.sha256}: the file is damaged or the two do not belong together. ${make}`,
    )
  }
  return { path, sidecar }
}

async function read(path: string, make: string): Promise<Buffer> {
  try {
    return await readSmallFile(path)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new BiovilError('ERR_MODEL_GRAPH', `No graph fits the model: ${reason}. ${make}`, { cause: error })
  }
}

function parse(text: string, path: string): GraphSidecar {
  let sidecar: Partial<GraphSidecar> | null = null
  let cause: unknown
  try {
    sidecar = bareJson(JSON.parse(text)) as Partial<GraphSidecar> | null
  } catch (error) {
    cause = error
  }
  const { format, parameters, methods } = sidecar ?? bare<Partial<GraphSidecar>>({})
  if (format !== 1 || typeof parameters !== 'object' || typeof methods !== 'object') {
    throw new BiovilError(
      'ERR_MODEL_GRAPH',
      `The .json beside ${path} does not describe a graph of format 1`,
      { cause },
    )
  }
  return sidecar as GraphSidecar
}
