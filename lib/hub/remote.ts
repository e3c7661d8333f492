import { BiovilError } from '../errors.js'
import { readBytes } from '../io/format.js'
import { type HttpClient, type HttpResponse, shownUrl, TransientError } from '../io/http.js'
import { isTransient, type RetryOptions, readRetryAfter, retry } from '../io/retry.js'
import { isCommit } from './cache.js'

/** What the Hub says about a file before it is fetched. */
export interface RemoteFile {
  /** Address at the commit, so that all files of a pull are of one snapshot. */
  readonly url: string
  readonly commit: string
  /** Name of the blob: the sha256 of an LFS file, git's sha1 of another. */
  readonly etag: string
  readonly size: number | undefined
  readonly sha256: string | undefined
  readonly gitSha1: string | undefined
}

export interface Remote {
  readonly endpoint: string
  readonly repository: string
  readonly token: string | undefined
  readonly client: HttpClient
  readonly retry: RetryOptions
}

export const tokenHint =
  'A gated or private repository needs a token: set HF_TOKEN (https://huggingface.co/settings/tokens) and accept its terms on its page'

export function authorization(token: string | undefined): Record<string, string> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` }
}

/**
 * Asks for a file's commit, name and size; `undefined` when the repository has no such file at that revision.
 *
 * @throws ERR_UNAUTHORIZED, ERR_DOWNLOAD
 */
export async function lookUp(
  remote: Remote,
  path: string,
  revision: string,
): Promise<RemoteFile | undefined> {
  const { endpoint, repository, client } = remote
  const { signal } = remote.retry
  let seen: string | undefined
  const file = path.split('/').map(encodeURIComponent).join('/')
  const at = (commit: string) => `${endpoint}/${repository}/resolve/${encodeURIComponent(commit)}/${file}`
  const url = at(revision)
  const response = await retry(remote.retry, async () => {
    const answer = await client.send({
      method: 'HEAD',
      url,
      headers: authorization(remote.token),
      signal,
      // The Hub answers for a large file with a redirect to its CDN that carries all there is to know.
      isAnswer: ({ headers }) => {
        seen ??= headers['x-repo-commit']
        return headers['x-repo-commit'] !== undefined && headers['x-linked-etag'] !== undefined
      },
    })
    await answer.body.dump()
    if (isTransient(answer.status)) {
      const retryAfter = readRetryAfter(answer.headers['retry-after'])
      const text = `${shownUrl(answer.url)}: HTTP status ${answer.status}`
      throw new TransientError(text, retryAfter === undefined ? {} : { retryAfter })
    }
    return answer
  })
  if (isMissing(response)) return undefined
  checkStatus(response, remote, revision)
  const commit = response.headers['x-repo-commit'] ?? seen ?? (isCommit(revision) ? revision : undefined)
  const etag = normalize(response.headers['x-linked-etag'] ?? response.headers['etag'])
  if (commit === undefined || !isCommit(commit) || etag === undefined) {
    throw new BiovilError(
      'ERR_DOWNLOAD',
      `${shownUrl(url)}: the answer lacks X-Repo-Commit or ETag; expected a Hugging Face Hub or a mirror at ` +
        `${endpoint} (HF_ENDPOINT)`,
    )
  }
  const length =
    response.headers['x-linked-size'] ??
    (response.status < 300 ? response.headers['content-length'] : undefined)
  return {
    url: at(commit),
    commit,
    etag,
    size: readBytes(length),
    sha256: /^[0-9a-f]{64}$/.test(etag) ? etag : undefined,
    gitSha1: /^[0-9a-f]{40}$/.test(etag) ? etag : undefined,
  }
}

function isMissing({ status, headers }: HttpResponse): boolean {
  return (
    status === 404 && (headers['x-error-code'] === 'EntryNotFound' || headers['x-repo-commit'] !== undefined)
  )
}

function checkStatus({ status, url, headers }: HttpResponse, remote: Remote, revision: string): void {
  if (status < 400) return
  const text = `${shownUrl(url)}: HTTP status ${status}`
  if (status === 401 || status === 403) {
    // The Hub says 401 for a repository that does not exist, too.
    const sent = remote.token === undefined ? 'no token was sent' : 'the token that was sent was refused'
    throw new BiovilError('ERR_UNAUTHORIZED', `${text}: access refused, ${sent}. ${tokenHint}`)
  }
  const what =
    headers['x-error-code'] === 'RevisionNotFound'
      ? `: ${remote.repository} has no revision '${revision}'`
      : status === 404
        ? `: no repository ${remote.repository} with a revision '${revision}' at ${remote.endpoint}`
        : ''
  throw new BiovilError('ERR_DOWNLOAD', text + what)
}

/** Without quotes and weakness mark; `undefined` when it could not be the name of a file. */
function normalize(etag: string | undefined): string | undefined {
  const text = etag?.replace(/^W\//, '').replaceAll('"', '')
  return text !== undefined && /^[\w.+=-]{1,200}$/.test(text) && !text.startsWith('.') ? text : undefined
}
