import { readFileSync } from 'node:fs'
import type { Prompts } from './prompts.js'

/** In a file, because the training and its evaluation, which are Python, read the same one. */
const file = new URL('../../models/biovil-demo/prompts.json', import.meta.url)

/** Prompts for the labels of the phantoms. */
export function demoPrompts(): Prompts {
  return JSON.parse(readFileSync(file, 'utf8')) as Prompts
}
