import { argumentError, wrongType } from '../errors.js'
import { bare } from '../json.js'

/** What `models/NAME/manifest.json` says of a model: one that is published on the Hub, or one in this package. */
export type Manifest = PublishedManifest | BundledManifest

/** What every manifest says. */
interface ManifestBase {
  /** Version of this format: 1. */
  readonly format: 1
  readonly name: string
  readonly title: string
  readonly licence: string
  /** What the authors say about its use. */
  readonly notice: string
  /** What it gives: `text-embedding`, `fill-mask`, … */
  readonly gives: readonly string[]
  /** A demonstration, trained on drawn phantoms: what it gives means nothing on real films. */
  readonly demonstration?: true
  readonly files: readonly ManifestFile[]
}

/** A model whose files are in this package, beside its manifest: nothing is ever downloaded. */
export interface BundledManifest extends ManifestBase {
  readonly bundled: true
  readonly repository?: undefined
  readonly revision?: undefined
}

/**
 * A model on the Hub.
 *
 * `size` and `sha256` are the published values at `revision`. Where one is `null` it is not known here; then the file is
 * checked against what the Hub announces for it: the sha256 of an LFS file, git's sha1 of a small one.
 */
export interface PublishedManifest extends ManifestBase {
  readonly bundled?: undefined
  /** `organisation/name` on the Hub. */
  readonly repository: string
  /** A tag, a branch or a commit. */
  readonly revision: string
}

export interface ManifestFile {
  /** Path in the repository. */
  readonly path: string
  /** The part of the model that needs it: `text` or `image`. */
  readonly part: string
  /** Bytes. */
  readonly size: number | null
  /** Hex, lower case. */
  readonly sha256: string | null
  /** Of the files with the same word here one is enough; the first that is published is fetched. */
  readonly oneOf?: string
  /** The model works without it. */
  readonly optional?: boolean
}

/** Checks the shape of a manifest that a caller made, and copies it. */
export function readManifest(value: unknown): Manifest {
  if (typeof value !== 'object' || value === null) throw wrongType('the manifest', 'an object', value)
  const manifest = bare(value as Manifest)
  if (manifest.format !== 1) {
    throw argumentError(
      'ERR_INVALID_ARG_VALUE',
      `Expected a manifest of format 1 but received ${manifest.format}`,
    )
  }
  const remote = manifest.bundled ? [] : (['repository', 'revision'] as const)
  for (const key of ['name', 'title', 'licence', 'notice', ...remote] as const) {
    if (typeof manifest[key] !== 'string') throw wrongType(`manifest.${key}`, 'a string', manifest[key])
  }
  for (const key of ['bundled', 'demonstration'] as const) {
    if (manifest[key] !== undefined && manifest[key] !== true) {
      throw wrongType(`manifest.${key}`, 'true or nothing', manifest[key])
    }
  }
  if (manifest.bundled) {
    // It is the name of a folder.
    if (!/^\w[\w.-]*$/.test(manifest.name)) throw invalid('name', 'a folder of models/', manifest.name)
  } else {
    if (!/^[\w.-]+\/[\w.-]+$/.test(manifest.repository)) {
      throw invalid('repository', 'organisation/name', manifest.repository)
    }
    checkRevision(manifest.revision, 'manifest.revision')
  }
  if (!Array.isArray(manifest.gives)) throw wrongType('manifest.gives', 'an array', manifest.gives)
  if (!Array.isArray(manifest.files)) throw wrongType('manifest.files', 'an array', manifest.files)
  manifest.files.forEach((given: unknown, i: number) => {
    if (typeof given !== 'object' || given === null)
      throw wrongType(`manifest.files[${i}]`, 'an object', given)
    const file = bare(given as ManifestFile)
    const name = `files[${i}]`
    if (typeof file.path !== 'string') throw wrongType(`manifest.${name}.path`, 'a string', file.path)
    // The path ends up in the file system.
    if (
      file.path === '' ||
      file.path.split('/').some((step: string) => step === '' || step === '.' || step === '..')
    ) {
      throw invalid(`${name}.path`, 'a relative path without . and ..', file.path)
    }
    if (file.size !== null && !Number.isSafeInteger(file.size))
      throw wrongType(`manifest.${name}.size`, 'a number or null', file.size)
    if (file.sha256 !== null && !/^[0-9a-f]{64}$/.test(file.sha256)) {
      throw invalid(`${name}.sha256`, '64 lower-case hex digits or null', String(file.sha256))
    }
  })
  const files = manifest.files.map((file) => bare(file))
  return Object.assign(manifest, { files })
}

/** A revision becomes part of a path: no empty step, no `..`. */
export function checkRevision(revision: string, name: string): string {
  if (
    !/^[\w.-]+(\/[\w.-]+)*$/.test(revision) ||
    revision.split('/').some((step) => step === '..' || step === '.')
  ) {
    throw argumentError(
      'ERR_INVALID_ARG_VALUE',
      `Expected a tag, branch or commit for ${name} but received '${revision}'`,
    )
  }
  return revision
}

function invalid(key: string, expected: string, got: string): Error {
  return argumentError(
    'ERR_INVALID_ARG_VALUE',
    `Expected ${expected} for manifest.${key} but received '${got}'`,
  )
}
