/** Similarities of a phrase with the patches of a film: [rows, columns], row-major, cosines from -1 to 1. */
export interface Grid {
  readonly rows: number
  readonly columns: number
  readonly data: Float32Array
}

/** A size in pixels. */
export interface Size {
  readonly width: number
  readonly height: number
}

/** How a film of any size becomes the model's square: its short side resized to `resize`, then a centre crop of `crop`. */
export interface Framing {
  readonly resize: number
  readonly crop: number
}

/** A rectangle in pixels of the original film; `x`, `y` is its top left corner. */
export interface Rectangle {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** A box around a connected region above the threshold; `score` is the greatest similarity in it. */
export interface Box extends Rectangle {
  readonly score: number
}

/** A point in pixels of the original film: (0, 0) is the corner of the first pixel, (0.5, 0.5) its centre. */
export type Point = readonly [x: number, y: number]

/** A region above a threshold: its outline, and the outlines of holes in it; the last point joins the first. */
export interface Contour {
  readonly outline: readonly Point[]
  readonly holes: readonly (readonly Point[])[]
}

/** The pixel of the original film at the centre of the patch that fits best, and that patch's similarity. */
export interface Peak {
  readonly x: number
  readonly y: number
  readonly score: number
}

/**
 * What counts as found: similarities above a number, above a percentile of the grid's cells (0 to 100, linear), or above the
 * level that splits them best in two (Otsu). That level is exact over the cells; scikit-image's `threshold_otsu` sorts them into
 * 256 bins first, and often splits a grid elsewhere.
 */
export type Threshold = number | 'otsu' | { readonly percentile: number }
