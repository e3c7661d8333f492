import { basename } from 'node:path'
import { callback, readOptions, signal } from '../options.js'
import type { OnProgress } from '../progress.js'
import { openFile, withFile } from './open-file.js'
import type { OpenedFile, VerifyOptions } from './types.js'

/** {@link Checkpoint.verify} over the files of a checkpoint. */
export async function verify(
  files: ReadonlyMap<string, OpenedFile>,
  options: VerifyOptions | undefined,
): Promise<void> {
  const { signal: abort, onProgress } = readOptions(options, { signal, onProgress: callback<OnProgress>() })
  for (const path of files.keys()) {
    abort?.throwIfAborted()
    // The index is read anew, for the file may have changed, or have been cut off, since.
    const opened = await openFile(path)
    await withFile(path, async (handle, size) => {
      let done = 0
      const report = () =>
        onProgress?.({ stage: 'verify', item: basename(path), done, total: size, unit: 'bytes' })
      await opened.verify?.(handle, {
        signal: abort,
        onBytes(count) {
          done += count
          report()
        },
      })
      done = size
      report()
    })
  }
}
