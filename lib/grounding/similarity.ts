import type { Grid } from './types.js'

/**
 * Cosine of a text embedding with every patch: float32 [rows, columns].
 *
 * @param patches [rows * columns, d], row-major over the grid, not normalised
 * @param text [d], normalised or not
 */
export function similarityGrid(
  patches: Float32Array,
  text: Float32Array,
  { rows, columns }: { readonly rows: number; readonly columns: number },
): Grid {
  const d = text.length
  const textNorm = norm(text, 0, d)
  const data = new Float32Array(rows * columns)
  for (let patch = 0; patch < data.length; patch++) {
    const start = patch * d
    let dot = 0
    for (let k = 0; k < d; k++) dot += (patches[start + k] as number) * (text[k] as number)
    data[patch] = dot / norm(patches, start, d) / textNorm
  }
  return { rows, columns, data }
}

/** L2 norm with the reference's floor. */
function norm(values: Float32Array, start: number, d: number): number {
  let squares = 0
  for (let k = start; k < start + d; k++) squares += (values[k] as number) ** 2
  return Math.max(Math.sqrt(squares), 1e-12)
}
