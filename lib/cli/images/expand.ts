import { stat } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { glob } from 'tinyglobby'
import { BiovilError } from '../../errors.js'

const suffixes = new Set([
  '.png',
  '.jpg',
  '.jpeg',
  '.tif',
  '.tiff',
  '.webp',
  '.nii',
  '.gz',
  '.dcm',
  '.dicom',
  '.ima',
])

/**
 * Files of a list of files, folders and globs, each once, folders in the order of their names. A folder gives what may be
 * an image by its suffix; archives name DICOM files by number or not at all, so those count too.
 *
 * @throws ERR_INPUT when a name matches nothing
 */
export async function expandImages(patterns: readonly string[]): Promise<string[]> {
  const found = new Set<string>()
  for (const pattern of patterns) {
    const files = await matches(pattern)
    if (files.length === 0)
      throw new BiovilError('ERR_INPUT', `Expected an image at ${pattern} but there is none`)
    for (const file of files) found.add(file)
  }
  return [...found]
}

async function matches(pattern: string): Promise<string[]> {
  const info = await stat(pattern).catch(() => undefined)
  if (info?.isFile()) return [pattern]
  if (!info?.isDirectory()) return (await glob(pattern, { onlyFiles: true })).sort()
  const files = await glob('**/*', { cwd: pattern, onlyFiles: true })
  return files
    .filter(mayBeImage)
    .sort()
    .map((file) => join(pattern, file))
}

function mayBeImage(file: string): boolean {
  const suffix = extname(file).toLowerCase()
  return suffix === '' || suffixes.has(suffix) || /^\.\d+$/.test(suffix)
}
