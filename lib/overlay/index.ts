export type { ColormapName } from './colormap.js'
export type { LabelledBox } from './marks.js'
export { type Overlay, type OverlayOptions, renderOverlay } from './overlay.js'
