const internal = (name: string) => import(new URL(`${name}.js`, import.meta.resolve('biovil')).href)

/** What the public functions stand on and users do not see. */
export const { withLock } = (await internal('io/lock')) as typeof import('../../dist/io/lock.js')
export const { download } = (await internal('io/download')) as typeof import('../../dist/io/download.js')
export const { biovilCache } = (await internal(
  'io/directories',
)) as typeof import('../../dist/io/directories.js')
export const { checkSpace } = (await internal(
  'io/file-error',
)) as typeof import('../../dist/io/file-error.js')
export const { formatBytes } = (await internal('io/format')) as typeof import('../../dist/io/format.js')
