import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Makes a directory and those above it. Node's own recursive `mkdir` reports ENOENT for what the system says of a
 * directory in between (EROFS), or never returns (below /proc).
 *
 * @throws the system's error, of the directory that cannot be made
 */
export async function makeDirectory(path: string): Promise<void> {
  try {
    await makeOne(path)
  } catch (error) {
    const above = dirname(path)
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || above === path) throw error
    await makeDirectory(above)
    await makeOne(path)
  }
}

async function makeOne(path: string): Promise<void> {
  try {
    await mkdir(path)
  } catch (error) {
    if ((await stat(path).catch(() => undefined))?.isDirectory() !== true) throw error
  }
}
