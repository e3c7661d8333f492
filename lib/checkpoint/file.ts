import type { FileHandle } from 'node:fs/promises'
import { BiovilError } from '../errors.js'
import { printableLine } from '../io/printable.js'

export function corrupt(path: string, what: string, cause?: unknown): BiovilError {
  return new BiovilError(
    'ERR_CHECKPOINT_CORRUPT',
    `${printableLine(path)} is damaged: ${what}. Download it again`,
    {
      cause,
    },
  )
}

export function truncated(path: string, what: string, cause?: unknown): BiovilError {
  return new BiovilError(
    'ERR_CHECKPOINT_TRUNCATED',
    `${printableLine(path)} ends too early: ${what}. The download was probably cut off: download it again`,
    { cause },
  )
}

export function unsupported(path: string, what: string): BiovilError {
  return new BiovilError('ERR_CHECKPOINT_UNSUPPORTED', `${printableLine(path)}: ${what}`)
}

export function unreadable(path: string, error: unknown): BiovilError {
  const reason = error instanceof Error ? error.message : String(error)
  return new BiovilError('ERR_INPUT', `${printableLine(path)} cannot be read: ${printableLine(reason)}`, {
    cause: error,
  })
}

/** Reads exactly `length` bytes at `position`; a file that ends before is truncated. */
export async function readExactly(
  handle: FileHandle,
  path: string,
  position: number,
  length: number,
): Promise<Buffer> {
  const bytes = Buffer.alloc(length)
  let done = 0
  while (done < length) {
    const { bytesRead } = await handle.read(bytes, done, length - done, position + done)
    if (bytesRead === 0) {
      throw truncated(path, `expected ${length} bytes at offset ${position}, found ${done}`)
    }
    done += bytesRead
  }
  return bytes
}

/** Whether an integer is exact and not negative; hostile files hold numbers that are neither. */
export function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
