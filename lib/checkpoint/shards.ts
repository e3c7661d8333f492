import { dirname, join } from 'node:path'
import { BiovilError } from '../errors.js'
import { parseJson } from '../io/json.js'
import { readSmallFile } from '../io/regular-file.js'
import { own } from '../options.js'
import { corrupt, unreadable } from './file.js'
import { repeatedKey } from './json-keys.js'
import { printable } from './pickle-values.js'

/** A tensor has three tokens: this is enough for 160,000 of them. */
const indexLimits = { depth: 8, tokens: 500_000 }

/** Reads `*.index.json`: the absolute path of the shard for each tensor. Shards lie beside the index, nowhere else. */
export async function readShardIndex(path: string): Promise<Map<string, string>> {
  const map = weightMap(await readIndex(path), path)
  const shards = new Map<string, string>()
  for (const [name, file] of Object.entries(map)) {
    if (typeof file !== 'string' || !/^[\w.-]+\.(bin|pt|safetensors)$/.test(file)) {
      throw corrupt(path, `it puts ${printable(name)} into ${printable(String(file))}, expected a file name`)
    }
    shards.set(name, join(dirname(path), file))
  }
  if (shards.size === 0) throw corrupt(path, 'its weight_map is empty')
  return shards
}

async function readIndex(path: string): Promise<string> {
  try {
    return (await readSmallFile(path)).toString('utf8')
  } catch (error) {
    throw unreadable(path, error)
  }
}

function weightMap(text: string, path: string): Record<string, unknown> {
  let index: unknown
  try {
    index = parseJson(text, indexLimits)
  } catch (error) {
    throw corrupt(path, 'it is not JSON', error)
  }
  const repeated = repeatedKey(text)
  if (repeated !== undefined) throw corrupt(path, `it names ${printable(repeated)} twice`)
  const map = typeof index === 'object' && index !== null ? own(index, 'weight_map') : undefined
  if (typeof map !== 'object' || map === null || Array.isArray(map))
    throw corrupt(path, 'it has no weight_map')
  return map as Record<string, unknown>
}

export function missingShard(index: string, shard: string, names: number): BiovilError {
  return new BiovilError(
    'ERR_MODEL_FILE_MISSING',
    `Shard ${shard} is missing: ${index} puts ${names} tensors into it. Download the complete model again`,
  )
}
