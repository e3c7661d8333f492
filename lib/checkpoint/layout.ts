/** Sizes of a model, under their names in `config.json`. */
export interface LayoutSizes {
  readonly num_hidden_layers: number
  readonly hidden_size: number
  readonly intermediate_size: number
  readonly vocab_size: number
  readonly max_position_embeddings: number
  readonly type_vocab_size: number
  /** Absent: no projection head. */
  readonly projection_size?: number
}

export interface PublishedTensor {
  readonly name: string
  readonly shape: readonly number[]
}

/** An entry of a published state dict: float32 numbers of its own, unless it says otherwise. */
export interface StateEntry extends PublishedTensor {
  /** The values of an int64 tensor. */
  readonly integers?: readonly number[]
  /** Name of the entry whose storage this one shares. */
  readonly sharedWith?: string
}

/** Names of the published checkpoint that share another tensor's storage. */
const tiedNames: Readonly<Record<string, string>> = {
  'cls.predictions.decoder.weight': 'bert.embeddings.word_embeddings.weight',
  'cls.predictions.decoder.bias': 'cls.predictions.bias',
}

/** Names and shapes of the published checkpoint, in its order, without tied names and buffers. */
export function publishedTensors(sizes: LayoutSizes): PublishedTensor[] {
  const { hidden_size: hidden, intermediate_size: intermediate, projection_size: projection } = sizes
  const tensors: PublishedTensor[] = []
  const add = (name: string, ...shape: number[]) => tensors.push({ name, shape })
  const linear = (name: string, inputs: number, outputs: number) => {
    add(`${name}.weight`, outputs, inputs)
    add(`${name}.bias`, outputs)
  }
  const norm = (name: string, width: number) => {
    add(`${name}.weight`, width)
    add(`${name}.bias`, width)
  }
  add('bert.embeddings.word_embeddings.weight', sizes.vocab_size, hidden)
  add('bert.embeddings.position_embeddings.weight', sizes.max_position_embeddings, hidden)
  add('bert.embeddings.token_type_embeddings.weight', sizes.type_vocab_size, hidden)
  norm('bert.embeddings.LayerNorm', hidden)
  for (let number = 0; number < sizes.num_hidden_layers; number++) {
    const layer = `bert.encoder.layer.${number}`
    for (const part of ['query', 'key', 'value']) linear(`${layer}.attention.self.${part}`, hidden, hidden)
    linear(`${layer}.attention.output.dense`, hidden, hidden)
    norm(`${layer}.attention.output.LayerNorm`, hidden)
    linear(`${layer}.intermediate.dense`, hidden, intermediate)
    linear(`${layer}.output.dense`, intermediate, hidden)
    norm(`${layer}.output.LayerNorm`, hidden)
  }
  add('cls.predictions.bias', sizes.vocab_size)
  linear('cls.predictions.transform.dense', hidden, hidden)
  norm('cls.predictions.transform.LayerNorm', hidden)
  if (projection !== undefined) {
    linear('cls_projection_head.dense_to_hidden', hidden, projection)
    norm('cls_projection_head.LayerNorm', projection)
    linear('cls_projection_head.dense_to_output', projection, projection)
  }
  return tensors
}

/** The state dict of `pytorch_model.bin`: the tensors, the tied names, and the position ids of transformers 4. */
export function textState(tensors: readonly PublishedTensor[], positions: number): StateEntry[] {
  const integers = Array.from({ length: positions }, (_, position) => position)
  const state: StateEntry[] = [{ name: 'bert.embeddings.position_ids', shape: [1, positions], integers }]
  for (const tensor of tensors) {
    state.push(tensor)
    if (tensor.name !== 'cls.predictions.transform.LayerNorm.bias') continue
    for (const [name, sharedWith] of Object.entries(tiedNames)) {
      const shared = tensors.find((other) => other.name === sharedWith)
      if (shared) state.push({ name, shape: shared.shape, sharedWith })
    }
  }
  return state
}

export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1)
}
