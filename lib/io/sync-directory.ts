import { open } from 'node:fs/promises'

/** Brings names that were given, changed or removed in a directory to the disk: a rename alone may be lost with the power. */
export async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } catch (error) {
    // Some network file systems cannot, and keep no names back.
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'EINVAL' && code !== 'ENOTSUP' && code !== 'ENOSYS') throw error
  } finally {
    await handle.close()
  }
}
