import { fileURLToPath } from 'node:url'

/** The package's directory. */
export const root = fileURLToPath(new URL('../../../', import.meta.url))
