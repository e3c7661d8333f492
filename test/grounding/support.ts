import { Grounding } from 'biovil'

/** A grounding whose grid is exactly `rows`, on a film where the crop is the whole of a square of `size` pixels. */
export function square(rows: readonly (readonly number[])[], size: number): Grounding {
  return new Grounding({
    grid: gridOf(rows),
    film: { width: size, height: size },
    framing: { resize: 512, crop: 512 },
    smoothing: false,
  })
}

export function gridOf(rows: readonly (readonly number[])[]) {
  return {
    rows: rows.length,
    columns: (rows[0] as readonly number[]).length,
    data: Float32Array.from(rows.flat()),
  }
}
