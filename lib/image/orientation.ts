import type { ImageWarning } from '../warnings.js'

/** What makes an image upright, by EXIF orientation. */
const remedies: Readonly<Record<number, string>> = {
  2: 'mirrored left to right',
  3: 'turned by 180 degrees',
  4: 'mirrored top to bottom',
  5: 'mirrored at its main diagonal',
  6: 'turned clockwise by 90 degrees',
  7: 'mirrored at its other diagonal',
  8: 'turned anticlockwise by 90 degrees',
}

/** A warning where a viewer would turn or mirror the stored pixels, by EXIF (JPEG, PNG, WebP) or the TIFF tag. */
export function exifOrientation(orientation: number | undefined): ImageWarning[] {
  const remedy = remedies[orientation ?? 1]
  if (remedy === undefined) return []
  const message = `The orientation ${orientation} of the file was not applied: a viewer shows it ${remedy}. Store it upright`
  return [{ code: 'WARN_ORIENTATION', message }]
}

/**
 * A warning where the axes of a NIfTI image are turned or mirrored.
 *
 * @param affine from voxel indices to x (right), y (anterior), z (superior), of which the upper left 3 x 3 counts
 */
export function niftiOrientation(affine: readonly (readonly number[])[]): ImageWarning[] {
  const [columns, rows] = [axisOf(affine, 0), axisOf(affine, 1)]
  // What SimpleITK writes by default, the same in the plane of a frontal film, and what nibabel writes by default.
  const upright = ['-x -y', '-x -z', '+x +y']
  if (upright.includes(`${columns} ${rows}`)) return []
  const message =
    `The direction of the NIfTI image was not applied: its columns run along ${columns}, its rows along ${rows} ` +
    '(x right, y anterior, z superior), so the film may be mirrored or turned'
  return [{ code: 'WARN_ORIENTATION', message }]
}

/** Where a voxel axis points: a signed world axis, or oblique where it is more than some degrees off all of them. */
function axisOf(affine: readonly (readonly number[])[], index: number): string {
  const column = [0, 1, 2].map((row) => affine[row]?.[index] ?? Number.NaN)
  const length = Math.hypot(...column)
  const main = column.findIndex((value) => Math.abs(value) > 0.995 * length)
  const value = column[main]
  return value === undefined ? 'an oblique axis' : `${value < 0 ? '-' : '+'}${'xyz'[main]}`
}
