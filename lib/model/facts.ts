import type { Standing } from '../standing.js'

/** What a loaded model is and can do: what `biovil info` prints and results carry along. */
export interface ModelFacts extends Standing {
  /** Name of the model, or the directory as given. */
  readonly name: string
  readonly directory: string
  readonly device: string
  readonly dtype: 'float32' | 'float16' | 'bfloat16'
  /** Version of the libtorch that runs it. */
  readonly libtorch: string
  /** The text encoder; absent where the directory has none. */
  readonly text?: TextFacts
  /** The image encoder; absent where the directory has none. */
  readonly image?: ImageFacts
}

export interface ImageFacts {
  readonly architecture: 'biovil' | 'biovil-t'
  /** Methods that the weights allow: `encode`, `encode_pair` (an image and its prior), `classify`. */
  readonly methods: readonly string[]
  /** Length of an image embedding and of a patch embedding. */
  readonly dimension: number
  /** Length of the pooled features. */
  readonly pooled: number
  /** The shorter side of an image is resized to this, then the middle square of `crop` pixels is taken. */
  readonly resize: number
  readonly crop: number
  /** Pixels of the crop in one patch, across and down: 32, or 16 where the encoder's last stage is dilated. */
  readonly stride: number
  /** Rows, and columns, of the patch grid. */
  readonly grid: number
  /** Standard deviation, in patches, of the Gaussian that `ground` smooths with: 1.5 as in the reference. */
  readonly sigma: number
  readonly files: readonly string[]
  readonly keys: KeyReport
}

export interface TextFacts {
  /** Methods that the weights allow: `embed` (projected embedding), `cls_hidden`, `hidden`, `mlm`. */
  readonly methods: readonly string[]
  /** Length of a text embedding. */
  readonly dimension: number
  readonly hiddenSize: number
  readonly layers: number
  readonly heads: number
  readonly vocabularySize: number
  /** Most tokens of a text, [CLS] and [SEP] counted. */
  readonly maxLength: number
  /** Weight files that were bound, absolute paths. */
  readonly files: readonly string[]
  readonly keys: KeyReport
}

/** How the names in a weight file met the parameters of the graph. */
export interface KeyReport {
  /** Parameters of heads that the weights do not have. */
  readonly missing: readonly string[]
  /** Weights that nothing here knows. */
  readonly unexpected: readonly string[]
  /** Weights that are known and not needed: pooler, next-sentence head, position_ids. */
  readonly ignored: readonly string[]
  /** Legacy names, as stored → as bound. */
  readonly renamed: Readonly<Record<string, string>>
  /** Parameters that share another one's weights. */
  readonly tied: Readonly<Record<string, string>>
}

/** Said once by everything that shows results to a person. */
export const researchNotice =
  'For research only: not a medical device, not for clinical use or diagnosis (see the model licences in NOTICE).'
