import { readdir, readFile, readlink, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative } from 'node:path'
import { checkFile } from '../io/check-file.js'
import { fileError } from '../io/file-error.js'
import { makeDirectory } from '../io/make-directory.js'
import type { ManifestFile, PublishedManifest } from './manifest.js'

/**
 * One repository in the cache that is shared with Python's huggingface_hub:
 * `models--org--name/{refs/<revision>, blobs/<etag>, snapshots/<commit>/<path> → ../../blobs/<etag>}`.
 */
export class RepositoryCache {
  readonly folder: string
  /** Outside the repository's folder, as huggingface_hub has it. */
  readonly locks: string

  constructor(cacheDir: string, repository: string) {
    const name = ['models', ...repository.split('/')].join('--')
    this.folder = join(cacheDir, name)
    this.locks = join(cacheDir, '.locks', name)
  }

  blob(etag: string): string {
    return join(this.folder, 'blobs', etag)
  }

  snapshot(commit: string): string {
    return join(this.folder, 'snapshots', commit)
  }

  /** The commit that a revision meant when it was last looked up. */
  async commitOf(revision: string): Promise<string | undefined> {
    if (isCommit(revision)) return revision
    const text = await readFile(join(this.folder, 'refs', revision), 'utf8').catch(() => undefined)
    return text?.trim() || undefined
  }

  async setRef(revision: string, commit: string): Promise<void> {
    if (revision === commit || (await this.commitOf(revision)) === commit) return
    const path = join(this.folder, 'refs', revision)
    try {
      await makeDirectory(dirname(path))
      await writeFile(path, commit)
    } catch (error) {
      throw fileError(error, path)
    }
  }

  /** Makes `snapshots/<commit>/<path>` point to a blob. */
  async link(commit: string, path: string, etag: string): Promise<string> {
    const pointer = join(this.snapshot(commit), path)
    const blob = this.blob(etag)
    try {
      await makeDirectory(dirname(pointer))
      await pointAt(pointer, blob)
    } catch (error) {
      throw fileError(error, pointer)
    }
    return pointer
  }

  /**
   * A snapshot with all the files that the manifest asks for, without looking at the network. First the revision's own;
   * with `anyCommit` also another one whose files are the published ones, e.g. what Python fetched from a branch.
   */
  async find(manifest: PublishedManifest, anyCommit: boolean): Promise<Snapshot | undefined> {
    const commit = await this.commitOf(manifest.revision)
    const own = commit === undefined ? undefined : await this.#complete(commit, manifest, false)
    if (own || !anyCommit) return own
    for (const other of await readdir(join(this.folder, 'snapshots')).catch(() => [])) {
      const found = other === commit ? undefined : await this.#complete(other, manifest, true)
      if (found) return found
    }
    return undefined
  }

  async #complete(
    commit: string,
    manifest: PublishedManifest,
    certain: boolean,
  ): Promise<Snapshot | undefined> {
    const directory = this.snapshot(commit)
    const files: string[] = []
    const satisfied = new Set<string>()
    for (const file of manifest.files) {
      if (file.oneOf !== undefined && satisfied.has(file.oneOf)) continue
      const there = await this.has(commit, file, certain)
      if (there) {
        files.push(join(directory, file.path))
        if (file.oneOf !== undefined) satisfied.add(file.oneOf)
      } else if (file.oneOf === undefined && !file.optional) {
        return undefined
      }
    }
    const groups = manifest.files.flatMap((file) => file.oneOf ?? [])
    return groups.every((group) => satisfied.has(group)) ? { directory, commit, files } : undefined
  }

  /**
   * Whether a snapshot has the file, with the published size. A blob that is called by its sha256 is believed;
   * `certain` asks of others that their content is the published one, as far as reading it takes no time.
   */
  async has(commit: string, file: ManifestFile, certain = false): Promise<boolean> {
    const path = join(this.snapshot(commit), file.path)
    const info = await stat(path).catch(() => undefined)
    if (!info?.isFile() || (file.size !== null && info.size !== file.size)) return false
    const { sha256 } = file
    if (sha256 === null) return !certain
    const blob = basename(await readlink(path).catch(() => ''))
    // Blobs of LFS files are called by their sha256, others by git's sha1.
    if (blob.length === 64) return blob === sha256
    if (!certain || info.size > 1 << 20) return !certain || file.size !== null
    return (await checkFile(path, { sha256 })) === undefined
  }
}

export interface Snapshot {
  readonly directory: string
  readonly commit: string
  /** Absolute paths. */
  readonly files: readonly string[]
}

export function isCommit(revision: string): boolean {
  return /^[0-9a-f]{40}$/.test(revision)
}

async function pointAt(pointer: string, blob: string): Promise<void> {
  const target = relative(dirname(pointer), blob)
  if ((await readlink(pointer).catch(() => undefined)) === target) return
  // Made aside and renamed: at no time is there a snapshot without the file.
  const temporary = `${pointer}.${process.pid}.tmp`
  await rm(temporary, { force: true })
  try {
    await symlink(target, temporary)
    await rename(temporary, pointer)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'ENOSYS') throw error
    // No symbolic links here: huggingface_hub moves the file too.
    await rename(blob, pointer)
  }
}
