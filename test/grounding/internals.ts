const internal = (path: string) => import(new URL(path, import.meta.resolve('biovil')).href)

export const { dice, contrastToNoise, groundPatches, intersectionOverUnion, meanIoU, pointsInside } =
  (await internal('grounding/index.js')) as typeof import('../../dist/grounding/index.js')
export const { resizeGrid } = (await internal(
  'grounding/resize.js',
)) as typeof import('../../dist/grounding/resize.js')
export const { embedLabels, ensemble, promptTexts, readPromptFile, readPrompts, scoreLabels } =
  (await internal('prompts/index.js')) as typeof import('../../dist/prompts/index.js')
export const { search } = (await internal('search.js')) as typeof import('../../dist/search.js')
