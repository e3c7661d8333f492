import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadModel, type Model, synthesize } from 'biovil'
import { root } from './root.js'

const cache = join(root, 'build/test-models')

const special = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]']

/**
 * A vocabulary in which piece `n` is the word `w<n>`, so that any token ids can be written as a text:
 * parity states hold ids and no vocabulary is needed to replay them.
 */
export function numberedVocabulary(size: number): string {
  return `${Array.from({ length: size }, (_, id) => special[id] ?? `w${id}`).join('\n')}\n`
}

/** The text whose token ids are `ids`; leave [CLS] and [SEP] out. */
export function numberedText(ids: readonly number[]): string {
  return ids.map((id) => special[id] ?? `w${id}`).join(' ')
}

/**
 * A full-size untrained checkpoint (110 million parameters), written once and kept under build/; `null` leaves the
 * projection head out.
 */
export async function fullModelDirectory(seed = 7, projection: number | null = 128): Promise<string> {
  return keep(`full-seed${seed}${projection ? '' : '-headless'}`, (directory, vocabulary) => {
    writeFileSync(vocabulary, numberedVocabulary(30522))
    return synthesize(directory, { seed, vocabulary, projection, formats: ['safetensors'] })
  })
}

/** The tiny model of the parity states: 2 layers of width 32. */
export async function tinyModelDirectory(seed = 3, projection: number | null = 16): Promise<string> {
  return keep(`tiny-seed${seed}${projection ? '' : '-headless'}`, (directory, vocabulary) => {
    writeFileSync(vocabulary, numberedVocabulary(128))
    return synthesize(directory, { ...tinySize, seed, vocabulary, projection })
  })
}

/** A full-size image encoder with the text encoder beside it. */
export async function fullImageDirectory(part: 'image' | 'image-t', seed = 7): Promise<string> {
  return keep(`full-${part}-seed${seed}`, (directory, vocabulary) => {
    writeFileSync(vocabulary, numberedVocabulary(30522))
    return synthesize(directory, { seed, vocabulary, parts: ['text', part], formats: ['safetensors'] })
  })
}

/** A tiny text encoder with a narrow image encoder beside it. */
export async function tinyImageDirectory(part: 'image' | 'image-t', seed = 5): Promise<string> {
  return keep(`tiny-${part}-seed${seed}`, (directory, vocabulary) => {
    writeFileSync(vocabulary, numberedVocabulary(128))
    return synthesize(directory, { ...tinySize, seed, vocabulary, parts: ['text', part], imageWidth: 8 })
  })
}

/** A full-size untrained image encoder, BioViL's or BioViL-T's. */
export async function imageModelDirectory(part: 'image' | 'image-t', seed = 7): Promise<string> {
  return keep(`${part}-seed${seed}`, (directory, vocabulary) => {
    writeFileSync(vocabulary, '')
    return synthesize(directory, { seed, parts: [part] })
  })
}

export const tinySize = { layers: 2, hidden: 32, heads: 2, intermediate: 64, projection: 16 } as const

export async function loadTiny(options?: Parameters<typeof loadModel>[1]): Promise<Model> {
  return loadModel(await tinyModelDirectory(), { device: 'cpu', ...options })
}

async function keep(
  name: string,
  make: (directory: string, vocabulary: string) => Promise<unknown>,
): Promise<string> {
  const directory = join(cache, name)
  if (existsSync(directory)) return directory
  mkdirSync(cache, { recursive: true })
  const work = `${directory}.${process.pid}`
  const vocabulary = `${work}.vocab.txt`
  await make(work, vocabulary)
  rmSync(vocabulary, { force: true })
  try {
    renameSync(work, directory)
  } catch (error) {
    // Another process was first.
    rmSync(work, { recursive: true, force: true })
    if (!existsSync(directory)) throw error
  }
  return directory
}
