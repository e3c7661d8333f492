import { join } from 'node:path'
import { BiovilError } from '../errors.js'
import { expandHome, hubCache } from '../io/directories.js'
import { download } from '../io/download.js'
import { HttpClient, shownUrl } from '../io/http.js'
import { withLock } from '../io/lock.js'
import { bare } from '../json.js'
import { boolean, callback, integer, optional, readOptions, signal, string } from '../options.js'
import type { OnProgress } from '../progress.js'
import { bundledModel } from './bundled.js'
import { isCommit, RepositoryCache, type Snapshot } from './cache.js'
import { hubEndpoint, hubToken, offlineVariable } from './environment.js'
import {
  checkRevision,
  type Manifest,
  type ManifestFile,
  type PublishedManifest,
  readManifest,
} from './manifest.js'
import { findModel } from './models.js'
import { authorization, lookUp, type Remote, type RemoteFile, tokenHint } from './remote.js'

export interface PullOptions {
  /** Cache directory in the Hub's layout, `~` expanded; default: `HF_HUB_CACHE`, `$HF_HOME/hub` or `~/.cache/huggingface/hub`. */
  cacheDir?: string | undefined
  /**
   * Another tag, branch or commit than the published one; its files are checked only against what the Hub says. One of
   * which the Hub does not say the size may have 16 GB.
   */
  revision?: string | undefined
  /** Never use the network (default false; `HF_HUB_OFFLINE=1` does the same). */
  localFilesOnly?: boolean | undefined
  /** Access token; default: `HF_TOKEN`, else the token file of the Hub's own tools. It goes to the endpoint only. */
  token?: string | undefined
  /** Address of the Hub; default: `HF_ENDPOINT`, else https://huggingface.co. */
  endpoint?: string | undefined
  /** Tries in a row without a new byte before it gives up (default 5). */
  retries?: number | undefined
  /** Milliseconds to reach the server (default 5,000). */
  connectTimeout?: number | undefined
  /** Milliseconds without a byte after which a connection counts as lost (default 20,000). */
  stallTimeout?: number | undefined
  /** What came stays for the next call. Rejects with the signal's reason. */
  signal?: AbortSignal | undefined
  onProgress?: OnProgress | undefined
}

export interface PulledModel {
  /** The snapshot, or the model's folder in this package: a directory with the published files, for `loadModel`. */
  readonly directory: string
  /** The commit it is of; absent for a model that is part of this package. */
  readonly commit?: string
  /** Absolute paths of the files that the model needs. */
  readonly files: readonly string[]
}

type ReadOptions = ReturnType<typeof read>

/**
 * Makes sure that the files of a model are in the cache that is shared with Python's huggingface_hub, and tells where.
 * What is there is not fetched again; what is fetched is checked against the published sha256 and size. May run in
 * several processes at once. A model that is part of this package is only checked. Instead of a name it takes a manifest, e.g. of a fine-tuned model on a private Hub.
 *
 * @throws ERR_MODEL_UNKNOWN, ERR_MODEL_NOT_CACHED, ERR_OFFLINE, ERR_DOWNLOAD, ERR_CHECKSUM, ERR_UNAUTHORIZED,
 * ERR_DISK_FULL, ERR_CACHE_UNWRITABLE
 */
export async function pullModel(model: string | Manifest, options?: PullOptions): Promise<PulledModel> {
  const given = read(options)
  given.signal?.throwIfAborted()
  const published = typeof model === 'string' ? findModel(model) : readManifest(model)
  if (published.bundled) return bundledModel(published, given)
  const { revision = published.revision } = given
  checkRevision(revision, "option 'revision'")
  const isPublished = revision === published.revision
  const manifest = isPublished ? published : atOtherRevision(published, revision)
  const cache = new RepositoryCache(
    given.cacheDir === undefined ? hubCache() : expandHome(given.cacheDir),
    published.repository,
  )
  const offline = given.localFilesOnly ? 'localFilesOnly' : offlineVariable()
  // A branch that the caller asks for may have moved on.
  const found = isPublished || offline ? await cache.find(manifest, isPublished) : undefined
  if (found) return found
  if (offline) throw notCached(manifest, cache, offline)
  const client = new HttpClient(given)
  try {
    const remote: Remote = {
      endpoint: hubEndpoint(given.endpoint),
      repository: manifest.repository,
      token: given.token ?? (await hubToken()),
      client,
      retry: given,
    }
    return await fetchFiles(manifest, cache, remote, given)
  } finally {
    await client.close()
  }
}

function read(options: PullOptions | undefined) {
  return readOptions(options, {
    cacheDir: optional(string),
    revision: optional(string),
    localFilesOnly: optional(boolean),
    token: optional(string),
    endpoint: optional(string),
    retries: optional(integer(0, 100)),
    connectTimeout: optional(integer(1)),
    stallTimeout: optional(integer(1)),
    signal,
    onProgress: callback<OnProgress>(),
  })
}

function atOtherRevision(manifest: PublishedManifest, revision: string): PublishedManifest {
  const files = manifest.files.map((file) => bare({ ...file, size: null, sha256: null }))
  return bare({ ...manifest, revision, files })
}

async function fetchFiles(
  manifest: PublishedManifest,
  cache: RepositoryCache,
  remote: Remote,
  options: ReadOptions,
): Promise<Snapshot> {
  const commit = await commitOf(manifest, remote)
  const files: string[] = []
  const satisfied = new Set<string>()
  for (const file of await preferCached(manifest, commit, cache)) {
    if (file.oneOf !== undefined && satisfied.has(file.oneOf)) continue
    const path = (await cache.has(commit, file))
      ? join(cache.snapshot(commit), file.path)
      : await fetchFile(file, commit, cache, remote, options)
    if (path === undefined) {
      if (file.oneOf === undefined && !file.optional) throw notPublished(manifest, remote, file.path)
      continue
    }
    files.push(path)
    if (file.oneOf !== undefined) satisfied.add(file.oneOf)
  }
  for (const { oneOf } of manifest.files) {
    if (oneOf === undefined || satisfied.has(oneOf)) continue
    const names = manifest.files.filter((file) => file.oneOf === oneOf).map((file) => file.path)
    throw notPublished(manifest, remote, names.join(' or '))
  }
  // Last, so that a revision in the cache means a whole snapshot.
  await cache.setRef(manifest.revision, commit)
  return { directory: cache.snapshot(commit), commit, files }
}

/** Asked once, so that all files are of the same commit even while a branch moves. */
async function commitOf(manifest: PublishedManifest, remote: Remote): Promise<string> {
  const { revision } = manifest
  if (isCommit(revision)) return revision
  const file =
    manifest.files.find(({ oneOf, optional }) => oneOf === undefined && !optional) ?? manifest.files[0]
  const found = file && (await lookUp(remote, file.path, revision))
  if (!found) throw notPublished(manifest, remote, file?.path ?? 'file')
  return found.commit
}

/** Of the files of which one is enough, the one that is there already comes first. */
async function preferCached(
  manifest: PublishedManifest,
  commit: string,
  cache: RepositoryCache,
): Promise<readonly ManifestFile[]> {
  const first: ManifestFile[] = []
  const rest: ManifestFile[] = []
  for (const file of manifest.files) {
    const cached = file.oneOf !== undefined && (await cache.has(commit, file))
    ;(cached ? first : rest).push(file)
  }
  return [...first, ...rest]
}

/** `undefined` when the repository has no such file. */
async function fetchFile(
  file: ManifestFile,
  commit: string,
  cache: RepositoryCache,
  remote: Remote,
  options: ReadOptions,
): Promise<string | undefined> {
  const found = await lookUp(remote, file.path, commit)
  if (found === undefined) return undefined
  compare(file, found)
  const { signal, onProgress } = options
  const blob = cache.blob(found.etag)
  const size = file.size ?? found.size
  const sha256 = file.sha256 ?? found.sha256
  return withLock(
    // huggingface_hub locks `<etag>.lock` in a way of its own.
    join(cache.locks, `${found.etag}.biovil.lock`),
    async () => {
      await download({
        url: found.url,
        path: blob,
        // Not huggingface_hub's name for it: it may be appending to its own right now.
        partialPath: `${blob}.biovil.incomplete`,
        size,
        sha256,
        gitSha1: found.gitSha1,
        headers: authorization(remote.token),
        item: file.path,
        unauthorizedHint: tokenHint,
        client: remote.client,
        retries: options.retries,
        stallTimeout: options.stallTimeout,
        signal,
        onProgress,
      })
      return cache.link(commit, file.path, found.etag)
    },
    {
      signal,
      onWait: () => onProgress?.({ stage: 'wait', item: file.path, done: 0, unit: 'bytes' }),
    },
  )
}

/** Half a gigabyte need not be fetched to learn that it is another one. */
function compare(file: ManifestFile, found: RemoteFile): void {
  const differs =
    file.size !== null && found.size !== undefined && file.size !== found.size
      ? ['size', `${file.size} bytes`, `${found.size} bytes`]
      : file.sha256 !== null && found.sha256 !== undefined && file.sha256 !== found.sha256
        ? ['sha256', file.sha256, found.sha256]
        : undefined
  if (!differs) return
  const [what, expected, got] = differs
  throw new BiovilError(
    'ERR_CHECKSUM',
    `${shownUrl(found.url)} is not the published file: expected ${what} ${expected} but the server announces ${got}. ` +
      'Check HF_ENDPOINT; to use other files on purpose name their revision',
  )
}

function notPublished({ name, revision }: PublishedManifest, remote: Remote, path: string): BiovilError {
  return new BiovilError(
    'ERR_DOWNLOAD',
    `${remote.repository} at ${remote.endpoint} has no ${path} at revision '${revision}', which ${name} needs`,
  )
}

function notCached(manifest: PublishedManifest, cache: RepositoryCache, reason: string): BiovilError {
  const { name, revision } = manifest
  const where = `${name} (revision ${revision}) is not complete in the cache ${cache.folder}`
  const how = `'biovil pull ${name}' on a machine with access fetches it; the directory can be copied`
  return reason === 'localFilesOnly'
    ? new BiovilError(
        'ERR_MODEL_NOT_CACHED',
        `${where}, and option localFilesOnly forbids a download. ${how}`,
      )
    : new BiovilError('ERR_OFFLINE', `${where}, and ${reason} forbids a download. Unset it, or: ${how}`)
}
