const internal = (name: string) => import(new URL(`${name}.js`, import.meta.resolve('biovil')).href)

/** What the commands stand on and users do not see. */
export const { Claim } = (await internal('io/claim')) as typeof import('../../dist/io/claim.js')
export const { makeDirectory } = (await internal(
  'io/make-directory',
)) as typeof import('../../dist/io/make-directory.js')
export const { Reservation } = (await internal(
  'cli/rows/reservation',
)) as typeof import('../../dist/cli/rows/reservation.js')
export const { RowFile } = (await internal(
  'cli/rows/row-file',
)) as typeof import('../../dist/cli/rows/row-file.js')
