export type { Connectivity } from './components.js'
export type { Padding, Smoothing } from './gaussian.js'
export {
  type ContourOptions,
  Grounding,
  type GroundingInput,
  groundPatches,
  type HeatmapOptions,
  type RegionOptions,
} from './grounding.js'
export type { Crop } from './heatmap.js'
export {
  type Contrast,
  type ContrastOptions,
  contrastToNoise,
  dice,
  type Heatmap,
  intersectionOverUnion,
  meanIoU,
  pointsInside,
  rectanglesMask,
} from './metrics.js'
export type { Interpolation } from './resize.js'
export type { Box, Contour, Framing, Grid, Peak, Point, Rectangle, Size, Threshold } from './types.js'
