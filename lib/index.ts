export type { Tensor } from '../binding.d.ts'
export {
  type Checkpoint,
  type OpenCheckpointOptions,
  openCheckpoint,
  type TensorRow,
  type TensorType,
  type VerifyOptions,
} from './checkpoint/index.js'
export {
  type SynthesizeOptions,
  type SyntheticModel,
  synthesize,
  type WeightFormat,
} from './checkpoint/synthesize.js'
export { Embeddings } from './embeddings.js'
export { BiovilError, type ErrorCode, errorCodes } from './errors.js'
export {
  type Box,
  type Contour,
  type ContourOptions,
  type Contrast,
  type ContrastOptions,
  contrastToNoise,
  dice,
  type Framing,
  type Grid,
  Grounding,
  type GroundingInput,
  groundPatches,
  type Heatmap,
  type HeatmapOptions,
  type Interpolation,
  intersectionOverUnion,
  meanIoU,
  type Padding,
  type Peak,
  pointsInside,
  type RegionOptions,
  rectanglesMask,
  type Smoothing,
  type Threshold,
} from './grounding/index.js'
export type { BundledManifest, Manifest, ManifestFile, PublishedManifest } from './hub/manifest.js'
export { type ModelInfo, models } from './hub/models.js'
export { type PulledModel, type PullOptions, pullModel } from './hub/pull.js'
export { cropRectangle, type Rectangle } from './image/geometry.js'
export type {
  EmbedImageOptions,
  EncodedImage,
  EncodeImageOptions,
  EncodeStreamOptions,
  FilmInput,
  ImageEncoding,
} from './image/image-model.js'
export { type ImageInspection, inspectImage } from './image/inspect.js'
export type { PixelOptions } from './image/pixel-options.js'
export { type PrepareOptions, prepareFilm } from './image/prepare.js'
export type { DecodedImage, ImageInput, PreparedFilm, RawPixels } from './image/types.js'
export { type FindOptions, findLibtorch, type Libtorch } from './libtorch/find.js'
export { type Installation, type InstallOptions, installLibtorch } from './libtorch/install.js'
export type { ImageFacts, KeyReport, ModelFacts, TextFacts } from './model/facts.js'
export { type InspectModelOptions, inspectModel, type ModelContents } from './model/inspect.js'
export { type LoadOptions, loadModel } from './model/load.js'
export type { Model } from './model/model.js'
export {
  type ColormapName,
  type LabelledBox,
  type Overlay,
  type OverlayOptions,
  renderOverlay,
} from './overlay/index.js'
export type { OnProgress, Progress } from './progress.js'
export {
  type LabelScore,
  type PromptSetName,
  type Prompts,
  promptSet,
  promptSetNames,
} from './prompts/index.js'
export { areaUnderRoc } from './ranking.js'
export { type SearchOptions, type SearchResult, search } from './search.js'
export type { Marked, Standing } from './standing.js'
export type { Classified, ClassifyOptions, Labels } from './tasks/classify.js'
export type { GroundOptions } from './tasks/ground.js'
export type { SimilarityItem, SimilarityMatrix, SimilarityOptions } from './tasks/similarity.js'
export type { FilledText, MaskPrediction } from './text/fill-mask.js'
export type { Punctuation, TextInput } from './text/prompts.js'
export type { EmbedTextOptions, FillMaskOptions } from './text/text-model.js'
export {
  type Encoding,
  loadTokenizer,
  Tokenizer,
  type TokenizerConfig,
  type TokenizerOptions,
} from './text/tokenizer.js'
export { type Check, type VerifyModelOptions, type VerifyReport, verifyModel } from './verify/verify.js'
export { type ImageWarning, type WarningCode, warningCodes } from './warnings.js'
