import { mkdir, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'

/**
 * Makes a directory and those above it. Node's own recursive `mkdir` reports ENOENT for whatever the system said of a
 * directory in between; this one throws what the system said, e.g. EROFS.
 */
export async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    await mkdir(await firstMissing(resolve(path)))
    await mkdir(path, { recursive: true })
  }
}

async function firstMissing(path: string): Promise<string> {
  for (let missing = path; ; missing = dirname(missing)) {
    const above = dirname(missing)
    if (above === missing || (await stat(above).catch(() => undefined))) return missing
  }
}
