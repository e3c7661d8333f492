import { BiovilError } from '../errors.js'
import { checkFile } from '../io/check-file.js'
import type { OnProgress } from '../progress.js'
import type { Pinned } from './pins.js'

/** How long work is stopped and watched. */
export interface Watch {
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: OnProgress | undefined
}

/**
 * Compares a file with its pinned size and SHA-256.
 *
 * @throws `ERR_CHECKSUM` when it is another one, truncated or damaged.
 */
export async function verifyFile(path: string, { size, sha256 }: Pinned, watch: Watch): Promise<void> {
  const wrong = await checkFile(path, { size, sha256 }, watch)
  if (wrong === undefined) return
  throw new BiovilError(
    'ERR_CHECKSUM',
    `${path} is not the published file: expected ${wrong.what} ${wrong.expected} but it has ${wrong.got}. ` +
      'Fix: download it again',
  )
}
