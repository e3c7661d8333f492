import { type FileHandle, stat } from 'node:fs/promises'
import { openRegular } from '../io/regular-file.js'
import { truncated, unreadable, unsupported } from './file.js'
import { legacySignature, openLegacy } from './legacy.js'
import { openPytorch } from './pytorch.js'
import { openSafetensors } from './safetensors.js'
import type { FileIndex, OpenedFile } from './types.js'

/** Reads the index of one weight file. What it is, its first bytes tell; its name says nothing. */
export function openFile(path: string): Promise<OpenedFile> {
  return withFile(path, async (handle, size) => {
    // Before the index: what is written while it is read must show.
    const { dev, ino, size: bytes, mtimeNs } = await handle.stat({ bigint: true })
    const index = await readIndex(handle, path, size)
    return { ...index, identity: `${dev}:${ino}:${bytes}:${mtimeNs}` }
  })
}

async function readIndex(handle: FileHandle, path: string, size: number): Promise<FileIndex> {
  if (size === 0) throw truncated(path, 'it is empty')
  const start = Buffer.alloc(Math.min(size, 64))
  await handle.read(start, 0, start.length, 0)
  if (begins(start, Buffer.from('PK\x03\x04'))) return openPytorch(handle, path, size)
  if (begins(start, legacySignature)) return openLegacy(handle, path, size)
  if (begins(start, Buffer.from('version https://git-lfs'))) {
    throw unsupported(
      path,
      'this is a Git LFS pointer, not the weights: run `git lfs pull`, or download the file',
    )
  }
  // A header length below 16 MB, then the brace of the header.
  if (start[8] === 0x7b || start.subarray(3, 8).every((byte) => byte === 0)) {
    return openSafetensors(handle, path, size)
  }
  const found = start.subarray(0, 8).toString('hex')
  throw unsupported(
    path,
    `expected safetensors or a file of torch.save, but it begins with the bytes ${found}`,
  )
}

/** Opens a regular file for the time of `use`; `size` is its size in bytes. */
export async function withFile<T>(
  path: string,
  use: (handle: FileHandle, size: number) => Promise<T>,
): Promise<T> {
  const handle = await openRegular(path).catch((error) => {
    throw unreadable(path, error)
  })
  try {
    return await use(handle, (await handle.stat()).size)
  } finally {
    await handle.close()
  }
}

export async function fileKind(path: string): Promise<'file' | 'directory' | undefined> {
  try {
    const stats = await stat(path)
    return stats.isDirectory() ? 'directory' : 'file'
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw unreadable(path, error)
  }
}

/** A file that is shorter than the signature begins with it as far as it goes: it is that format, truncated. */
function begins(start: Buffer, signature: Buffer): boolean {
  const length = Math.min(start.length, signature.length)
  return start.subarray(0, length).equals(signature.subarray(0, length))
}
