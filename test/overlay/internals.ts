const internal = (path: string) => import(new URL(path, import.meta.resolve('biovil')).href)

export const { renderOverlay } = (await internal(
  'overlay/index.js',
)) as typeof import('../../dist/overlay/index.js')
export const { drawable, textWidth, wrapText } = (await internal(
  'overlay/text.js',
)) as typeof import('../../dist/overlay/text.js')
export const { fixed, ticks } = (await internal(
  'overlay/ticks.js',
)) as typeof import('../../dist/overlay/ticks.js')
