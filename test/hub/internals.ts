const internal = (name: string) => import(new URL(`hub/${name}.js`, import.meta.resolve('biovil')).href)

/** How loadModel and the command line turn what the user says into a directory. */
export const { resolveModel } = (await internal('resolve')) as typeof import('../../dist/hub/resolve.js')
export const { bundledModel } = (await internal('bundled')) as typeof import('../../dist/hub/bundled.js')
