import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type Checkpoint, openCheckpoint } from '../checkpoint/index.js'
import { type Binding, bindKeys } from '../checkpoint/keys.js'
import { BiovilError } from '../errors.js'
import { type Standing, standingOf } from '../standing.js'
import type { ImageFacts } from './facts.js'
import { type FramingChoice, framingOf } from './framing.js'
import { type Graph, type GraphSidecar, imageGraph } from './graph.js'

/** The image encoders: their file, their graph by its stride, and how a film becomes the input of the published ones. */
const encoders = [
  {
    architecture: 'biovil',
    file: 'biovil_image_resnet50_proj_size_128.pt',
    // A stride of 16: the last stage is dilated (hi-ml's `reload_encoder_with_dilation`), with the same weights.
    graphs: { 32: 'biovil-resnet50', 16: 'biovil-resnet50-dilated' },
    resize: 512,
    crop: 480,
    /** Where a size that shapes are made of can be read. */
    sizes: { width: ['encoder.encoder.conv1.weight', 0], projection_size: ['projector.model.3.weight', 0] },
  },
  {
    architecture: 'biovil-t',
    file: 'biovil_t_image_model_proj_size_128.pt',
    graphs: { 32: 'biovil-t-resnet50' },
    resize: 512,
    crop: 448,
    sizes: {
      width: ['encoder.encoder.conv1.weight', 0],
      projection_size: ['projector.model.3.weight', 0],
      static_size: ['encoder.backbone_to_vit.weight', 0],
    },
  },
] as const

/** The image encoder of a model directory, found and matched with its graph; nothing native has happened. */
export interface ImagePart {
  readonly facts: ImageFacts
  readonly graph: Graph
  readonly binding: Binding
  readonly checkpoint: Checkpoint
  readonly standing: Standing
}

/**
 * Reads the image encoder of a directory, if it has one.
 *
 * @param choice in place of the framing that the weights ask for
 * @throws BiovilError ERR_CHECKPOINT_*, ERR_MODEL_CONFIG, ERR_MODEL_GRAPH; ERR_OUT_OF_RANGE for a choice that does not fit
 */
export async function readImagePart(
  directory: string,
  choice?: FramingChoice,
): Promise<ImagePart | undefined> {
  for (const encoder of encoders) {
    const path = join(directory, encoder.file)
    const info = await stat(path).catch(() => undefined)
    if (info === undefined || info.isDirectory()) continue
    const { architecture } = encoder
    const checkpoint = await openCheckpoint(path)
    const graphs: Readonly<Record<number, string>> = encoder.graphs
    const strides = Object.keys(graphs).map(Number)
    const framing = framingOf(checkpoint.metadata, encoder, strides, path, choice)
    const graph = await imageGraph(graphs[framing.stride] as string)
    const sizes = sizesOf(checkpoint, graph.sidecar, encoder.sizes, path)
    const binding = bindKeys(checkpoint, graph.sidecar, { path, sizes, tieWordEmbeddings: false })
    const { methods, report: keys } = binding
    const files = binding.files.map((file) => file.path)
    const pooled = (architecture === 'biovil' ? sizes['32*width'] : sizes['2*static_size']) as number
    const dimension = sizes['projection_size'] as number
    const facts = { architecture, methods, dimension, pooled, ...framing, files, keys }
    return { facts, graph, binding, checkpoint, standing: standingOf(checkpoint.metadata, path) }
  }
  return undefined
}

/** Every size that the shapes of the graph are made of (`width`, `32*width`, …), read off the weights themselves. */
function sizesOf(
  checkpoint: Checkpoint,
  sidecar: GraphSidecar,
  sources: Readonly<Record<string, readonly [name: string, axis: number]>>,
  path: string,
): Record<string, number> {
  const base: Record<string, number> = {}
  for (const [symbol, [name, axis]] of Object.entries(sources)) {
    const size = checkpoint.tensors.get(name)?.shape[axis]
    if (size === undefined) {
      throw new BiovilError(
        'ERR_CHECKPOINT_KEYS',
        `${path} lacks ${name}: expected the weights of an image encoder as published, but its keys are of another kind`,
      )
    }
    base[symbol] = size
  }
  const sizes: Record<string, number> = {}
  for (const symbol of Object.values(sidecar.parameters).flat()) {
    if (typeof symbol === 'number') continue
    const [, factor = '1', name = ''] = /^(?:(\d+)\*)?(\w+)$/.exec(symbol) ?? []
    const size = base[name]
    if (size !== undefined) sizes[symbol] = Number(factor) * size
  }
  return sizes
}
