import { readFileSync } from 'node:fs'
import { BiovilError } from '../errors.js'
import { elementCount, type PublishedTensor } from './layout.js'

/** `config.json` of the published CXR-BERT, for the sizes given, with a marker that says what it really is. */
export function syntheticConfig(sizes: {
  layers: number
  hidden: number
  heads: number
  intermediate: number
  projection: number | null
  positions: number
  vocabularySize: number
  seed: number
}): Record<string, unknown> {
  return {
    architectures: ['CXRBertModel'],
    attention_probs_dropout_prob: 0.25,
    auto_map: {
      AutoConfig: 'configuration_cxrbert.CXRBertConfig',
      AutoModel: 'modeling_cxrbert.CXRBertModel',
    },
    classifier_dropout: null,
    gradient_checkpointing: false,
    hidden_act: 'gelu',
    hidden_dropout_prob: 0.25,
    hidden_size: sizes.hidden,
    initializer_range: 0.02,
    intermediate_size: sizes.intermediate,
    layer_norm_eps: 1e-12,
    max_position_embeddings: sizes.positions,
    model_type: 'cxr-bert',
    num_attention_heads: sizes.heads,
    num_hidden_layers: sizes.layers,
    pad_token_id: 0,
    position_embedding_type: 'absolute',
    ...(sizes.projection === null ? {} : { projection_size: sizes.projection }),
    torch_dtype: 'float32',
    transformers_version: '4.18.0',
    type_vocab_size: 2,
    use_cache: true,
    vocab_size: sizes.vocabularySize,
    biovil: { untrained: true, seed: sizes.seed },
  }
}

const tokens = {
  unk_token: '[UNK]',
  sep_token: '[SEP]',
  pad_token: '[PAD]',
  cls_token: '[CLS]',
  mask_token: '[MASK]',
}

export const specialTokensMap = tokens

export const tokenizerConfig = {
  do_lower_case: true,
  do_basic_tokenize: true,
  never_split: null,
  ...tokens,
  tokenize_chinese_chars: true,
  strip_accents: null,
  tokenizer_class: 'CXRBertTokenizer',
}

/** How a tensor's numbers are drawn. */
export interface Draw {
  readonly mean: number
  readonly std: number
  /** Filters that answer an even input with 0: without them all films look alike to random weights. */
  readonly balanced: boolean
}

/** By the first pattern of `models/synthetic.json` that a tensor's name has. */
export type Distribution = (tensor: PublishedTensor) => Draw

interface Rule {
  readonly match: string
  readonly mean: number
  readonly std?: number
  /** Divided by the square root of a filter's length, it is the standard deviation. */
  readonly gain?: number
  readonly balanced?: boolean
}

export function readDistribution(): Distribution {
  const file = new URL('../../models/synthetic.json', import.meta.url)
  const { rules } = JSON.parse(readFileSync(file, 'utf8')) as {
    rules: readonly Rule[]
  }
  const compiled = rules.map((rule) => ({ ...rule, pattern: new RegExp(rule.match) }))
  return ({ name, shape }) => {
    const rule = compiled.find(({ pattern }) => pattern.test(name))
    if (rule === undefined)
      throw new BiovilError('ERR_MODEL_CONFIG', `${file.pathname} has no rule for ${name}`)
    const { mean, gain = 0, std = gain / Math.sqrt(elementCount(shape.slice(1))), balanced = false } = rule
    return { mean, std, balanced }
  }
}
