const internal = (name: string) => import(new URL(`image/${name}.js`, import.meta.resolve('biovil')).href)

export const { prepareFilm } = (await internal('prepare')) as typeof import('../../dist/image/prepare.js')
export const { inspectImage } = (await internal('inspect')) as typeof import('../../dist/image/inspect.js')
export const { cropRectangle } = (await internal('geometry')) as typeof import('../../dist/image/geometry.js')
export const { sniffFormat } = (await internal('sniff')) as typeof import('../../dist/image/sniff.js')
export type { PrepareOptions } from '../../dist/image/prepare.js'
export type { ImageInput } from '../../dist/image/types.js'
export const { ImageModel } = (await internal(
  'image-model',
)) as typeof import('../../dist/image/image-model.js')
