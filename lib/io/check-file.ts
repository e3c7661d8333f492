import { basename } from 'node:path'
import type { OnProgress } from '../progress.js'
import { type Expected, newHash } from './partial-file.js'
import { openRegular } from './regular-file.js'

export interface FileMismatch {
  readonly what: 'size' | 'sha256' | 'git sha1'
  readonly expected: string
  readonly got: string
}

/** Reads a file once and tells what it is not; `undefined` when it is what is expected, as far as that is known. */
export async function checkFile(
  path: string,
  expected: Expected,
  {
    signal,
    onProgress,
    item = basename(path),
  }: {
    signal?: AbortSignal | undefined
    onProgress?: OnProgress | undefined
    item?: string | undefined
  } = {},
): Promise<FileMismatch | undefined> {
  const file = await openRegular(path)
  try {
    const { size } = await file.stat()
    if (expected.size !== undefined && expected.size !== size) {
      return { what: 'size', expected: `${expected.size} bytes`, got: `${size} bytes` }
    }
    const hash = newHash({ ...expected, size })
    const digest = expected.sha256?.toLowerCase() ?? expected.gitSha1
    if (hash === undefined || digest === undefined) return undefined
    const buffer = Buffer.allocUnsafe(1 << 20)
    for (let done = 0; ; ) {
      signal?.throwIfAborted()
      const { bytesRead } = await file.read(buffer, 0, buffer.length, done)
      if (bytesRead === 0) break
      hash.update(buffer.subarray(0, bytesRead))
      done += bytesRead
      onProgress?.({ stage: 'verify', item, done, total: size, unit: 'bytes' })
    }
    const got = hash.digest('hex')
    if (got === digest) return undefined
    return { what: expected.sha256 === undefined ? 'git sha1' : 'sha256', expected: digest, got }
  } finally {
    await file.close()
  }
}
