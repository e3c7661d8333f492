import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { ModelInfo } from '../hub/models.js'
import { knownModels } from '../hub/models.js'
import type { OnProgress } from '../progress.js'
import type { Outcome } from './golden.js'

export interface Fingerprint {
  readonly file: string
  readonly size: number
  readonly sha256: string
}

/** Sizes and SHA-256 of those of the published files that the directory has. */
export async function fingerprints(
  directory: string,
  options: { signal?: AbortSignal | undefined; onProgress?: OnProgress | undefined },
): Promise<Fingerprint[]> {
  const names = new Set(knownModels().flatMap((model) => model.files.map(({ path }) => path)))
  const found: Fingerprint[] = []
  for (const file of names) {
    const path = join(directory, file)
    const info = await stat(path).catch(() => undefined)
    if (!info?.isFile()) continue
    const hash = createHash('sha256')
    let done = 0
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20, signal: options.signal })) {
      hash.update(chunk as Buffer)
      done += (chunk as Buffer).length
      options.onProgress?.({ stage: 'verify', item: file, done, total: info.size, unit: 'bytes' })
    }
    found.push({ file, size: info.size, sha256: hash.digest('hex') })
  }
  return found
}

/** The model whose published weights these are, by SHA-256; the one with the most of its files here. */
export function identify(files: readonly Fingerprint[]): ModelInfo | undefined {
  const score = (model: ModelInfo) => {
    const required = model.files.filter(({ optional, oneOf }) => !optional && oneOf === undefined)
    const lacking = required.filter(({ path }) => !files.some(({ file }) => file === path)).length
    const known = model.files.filter(({ path, sha256 }) =>
      files.some(
        (file) => /\.(bin|safetensors|pt)$/.test(path) && file.file === path && file.sha256 === sha256,
      ),
    ).length
    return { model, known, lacking }
  }
  const scores = knownModels()
    .map(score)
    .filter(({ known }) => known > 0)
  return scores.sort((a, b) => b.known - a.known || a.lacking - b.lacking)[0]?.model
}

/** Compares every file with what is published of it. */
export function comparePublished(model: ModelInfo, files: readonly Fingerprint[]): Outcome[] {
  const groups = new Set(model.files.map(({ oneOf }) => oneOf).filter((group) => group !== undefined))
  const has = (path: string) => files.some(({ file }) => file === path)
  const outcomes: Outcome[] = []
  for (const published of model.files) {
    const found = files.find(({ file }) => file === published.path)
    if (!found) {
      if (published.optional || published.oneOf !== undefined) continue
      outcomes.push({ passed: false, detail: `${published.path} is missing` })
      continue
    }
    const { size, sha256 } = published
    const wrong = [
      ...(size !== null && size !== found.size ? [`${found.size} bytes, published ${size}`] : []),
      ...(sha256 !== null && sha256 !== found.sha256 ? [`SHA-256 ${found.sha256}, published ${sha256}`] : []),
    ]
    const known =
      size === null && sha256 === null
        ? `${found.size} bytes, SHA-256 ${found.sha256} (none published here)`
        : ''
    outcomes.push({
      passed: wrong.length === 0,
      detail: `${published.path}: ${wrong.join('; ') || known || `${found.size} bytes, SHA-256 as published`}`,
    })
  }
  for (const group of groups) {
    const paths = model.files.filter(({ oneOf }) => oneOf === group).map(({ path }) => path)
    if (!paths.some(has)) outcomes.push({ passed: false, detail: `one of ${paths.join(', ')} is missing` })
  }
  return outcomes
}
