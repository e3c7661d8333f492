const internal = (name: string) => import(new URL(`${name}.js`, import.meta.resolve('biovil')).href)

/** What the image pipeline calls, which users do not see. */
export const { decodeDicom, isDicom } = (await internal(
  'dicom/index',
)) as typeof import('../../dist/dicom/index.js')
export const { decodeInThread } = (await internal(
  'dicom/codec-pool',
)) as typeof import('../../dist/dicom/codec-pool.js')
export const { decode: decodeLossless } = (await internal(
  'dicom/codecs/jpeg-lossless',
)) as typeof import('../../dist/dicom/codecs/jpeg-lossless.js')
