import type { StateEntry } from './layout.js'

/** Sizes of an image encoder. */
export interface ImageLayoutSizes {
  /** Channels of the first convolution: 64 as published. */
  readonly width: number
  readonly projection: number
  /** BioViL-T, whose grid of patches has 4 * `width` channels; else BioViL. */
  readonly temporal: boolean
}

/** Published names of the files, by part of a model. */
export const imageFiles = {
  image: 'biovil_image_resnet50_proj_size_128.pt',
  'image-t': 'biovil_t_image_model_proj_size_128.pt',
} as const

const blocks = [3, 4, 6, 3]
const poolerBlocks = 3
/** The unused head of torchvision's ResNet, which the published files carry along. */
const fcClasses = 1000

/** The published state dict, in its order. */
export function imageState({ width, projection, temporal }: ImageLayoutSizes): StateEntry[] {
  const state = new StateList()
  const features = 32 * width
  const static_ = 4 * width
  if (temporal) state.add('encoder.missing_previous_emb', 1, static_, 1, 1)
  addResnet(state, 'encoder.encoder.', width)
  if (temporal) {
    state.add('encoder.backbone_to_vit.weight', static_, features, 1, 1)
    addPooler(state, 'encoder.vit_pooler.', static_)
  }
  state.add('projector.model.0.weight', projection, temporal ? 2 * static_ : features, 1, 1)
  state.batchNorm('projector.model.1', projection)
  state.add('projector.model.3.weight', projection, projection, 1, 1)
  state.add('projector.model.3.bias', projection)
  return state.entries
}

class StateList {
  readonly entries: StateEntry[] = []

  add(name: string, ...shape: number[]): void {
    this.entries.push({ name, shape })
  }

  linear(name: string, inputs: number, outputs: number): void {
    this.add(`${name}.weight`, outputs, inputs)
    this.add(`${name}.bias`, outputs)
  }

  norm(name: string, width: number): void {
    this.add(`${name}.weight`, width)
    this.add(`${name}.bias`, width)
  }

  batchNorm(name: string, width: number): void {
    for (const part of ['weight', 'bias', 'running_mean', 'running_var']) this.add(`${name}.${part}`, width)
    this.entries.push({ name: `${name}.num_batches_tracked`, shape: [], integers: [0] })
  }

  /** `convN` and its `bnN`. */
  convolution(prefix: string, number: number, inputs: number, outputs: number, kernel = 1): void {
    this.add(`${prefix}conv${number}.weight`, outputs, inputs, kernel, kernel)
    this.batchNorm(`${prefix}bn${number}`, outputs)
  }
}

function addResnet(state: StateList, prefix: string, width: number): void {
  state.convolution(prefix, 1, 3, width, 7)
  let inputs = width
  for (const [number, count] of blocks.entries()) {
    const planes = width * 2 ** number
    for (let block = 0; block < count; block++) {
      const name = `${prefix}layer${number + 1}.${block}.`
      state.convolution(name, 1, inputs, planes)
      state.convolution(name, 2, planes, planes, 3)
      state.convolution(name, 3, planes, 4 * planes)
      if (block === 0) {
        state.add(`${name}downsample.0.weight`, 4 * planes, inputs, 1, 1)
        state.batchNorm(`${name}downsample.1`, 4 * planes)
      }
      inputs = 4 * planes
    }
  }
  state.linear(`${prefix}fc`, inputs, fcClasses)
}

function addPooler(state: StateList, prefix: string, width: number): void {
  state.add(`${prefix}type_embed`, 2, 1, width)
  for (let number = 0; number < poolerBlocks; number++) {
    const block = `${prefix}blocks.${number}`
    state.norm(`${block}.norm1`, width)
    for (const part of ['q', 'k', 'v']) state.add(`${block}.attn.proj_${part}.weight`, width, width)
    state.linear(`${block}.attn.proj`, width, width)
    state.norm(`${block}.norm2`, width)
    state.linear(`${block}.mlp.fc1`, width, width)
    state.linear(`${block}.mlp.fc2`, width, width)
  }
  state.norm(`${prefix}norm_post`, width)
}
