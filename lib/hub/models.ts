import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { BiovilError } from '../errors.js'
import { type Manifest, readManifest } from './manifest.js'

/** A model that `loadModel` and `pullModel` know by name. */
export type ModelInfo = Manifest

let known: readonly ModelInfo[] | undefined

/** The models known by name, in the order of their names. */
export function models(): ModelInfo[] {
  return structuredClone([...knownModels()])
}

/** The same, not to be changed; without prototypes, so that what a manifest lacks is undefined. */
export function knownModels(): readonly ModelInfo[] {
  known ??= readAll()
  return known
}

function readAll(): ModelInfo[] {
  const folder = new URL('../../models/', import.meta.url)
  const found: ModelInfo[] = []
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue
    const path = fileURLToPath(new URL(`${entry.name}/manifest.json`, folder))
    let text: string
    try {
      text = readFileSync(path, 'utf8')
    } catch (error) {
      // Folders without a manifest hold graphs.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') continue
      throw error
    }
    found.push(readManifest(JSON.parse(text)))
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** @throws ERR_MODEL_UNKNOWN */
export function findModel(name: string): ModelInfo {
  const list = knownModels()
  const found = list.find((model) => model.name === name)
  if (found) return found
  throw unknownModel(
    name,
    list.map((model) => model.name),
  )
}

/** Says what would have been accepted, and the nearest name when it looks like a slip. */
export function unknownModel(name: string, names: readonly string[], directory?: string): BiovilError {
  const near = nearest(name.toLowerCase(), names)
  const parts = [
    `No model is called '${name}'`,
    ...(directory === undefined ? [] : [`, and there is no directory ${directory}`]),
    near === undefined ? '' : `. Did you mean '${near}'?`,
    `${near === undefined ? '. ' : ' '}Known names: ${names.join(', ')}`,
  ]
  return new BiovilError('ERR_MODEL_UNKNOWN', parts.join(''))
}

function nearest(name: string, names: readonly string[]): string | undefined {
  const key = name.slice(name.lastIndexOf('/') + 1).replace(/^biomedvlp-/, '')
  const exact = names.find((candidate) => candidate === key)
  if (exact !== undefined) return exact
  const ranked = names.map((candidate) => ({ candidate, steps: edits(key, candidate) }))
  ranked.sort((a, b) => a.steps - b.steps)
  const best = ranked[0]
  return best && best.steps <= Math.max(2, key.length / 3) ? best.candidate : undefined
}

/** Levenshtein distance. */
function edits(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const change = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(change, (row[j] as number) + 1, (next[j - 1] as number) + 1))
    }
    row = next
  }
  return row[b.length] as number
}
