import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { BiovilError } from '../errors.js'
import { formatBytes } from './format.js'

const full = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])
const unwritable = new Set([
  'EACCES',
  'EPERM',
  'EROFS',
  'ENOTDIR',
  'EEXIST',
  'EISDIR',
  'ELOOP',
  'ENAMETOOLONG',
])

/** What a failed write below a cache directory means to the user; any other error comes back as it is. */
export function fileError(error: unknown, path: string, missing?: number): unknown {
  if (!(error instanceof Error)) return error
  const { code, message } = error as NodeJS.ErrnoException
  if (code !== undefined && full.has(code)) return diskFull(path, missing, undefined, error)
  if (code === undefined || !unwritable.has(code)) return error
  return new BiovilError(
    'ERR_CACHE_UNWRITABLE',
    `Cannot write ${path} (${message}). Make its directory writable, or name another cache ` +
      'directory (option cacheDir, --cache-dir, HF_HOME for models, XDG_CACHE_HOME for all)',
    { cause: error },
  )
}

function diskFull(path: string, missing?: number, free?: number, cause?: unknown): BiovilError {
  const need = missing === undefined ? '' : `: ${formatBytes(missing)} more are needed`
  const have = free === undefined ? '' : ` and ${formatBytes(free)} are free`
  return new BiovilError(
    'ERR_DISK_FULL',
    `No space left to write ${path}${need}${have}. Free some space and run it again: what was downloaded is kept`,
    { cause },
  )
}

/** Fails early when the file system of `path` has no room for `bytes` more. */
export async function checkSpace(path: string, bytes: number): Promise<void> {
  const info = await statfs(dirname(path)).catch(() => undefined)
  // Some network file systems report nothing at all.
  if (info === undefined || info.blocks === 0) return
  const free = info.bavail * info.bsize
  if (free < bytes) throw diskFull(path, bytes, free)
}
