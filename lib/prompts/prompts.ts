import { argumentError, BiovilError, wrongType } from '../errors.js'
import { readSmallFile } from '../io/regular-file.js'
import { bare } from '../json.js'
import type { Standing } from '../standing.js'
import { demoPrompts } from './demo.js'
import { builtIn } from './sets.js'

/**
 * A built-in prompt set: the reference's pneumonia prompts, the eight MS-CXR findings, the 14 CheXpert labels, or what the
 * demonstration model knows.
 */
export type PromptSetName = keyof typeof builtIn | 'biovil-demo'

/** One label: texts that speak for it, and texts that speak against it (none: it competes with the other labels). */
export interface LabelPrompts {
  readonly label: string
  readonly positive: readonly string[]
  readonly negative: readonly string[]
}

/**
 * What to classify by: labels that are their own prompt, or an object of a label's prompt, prompts, or positive and negative
 * prompts.
 */
export type Prompts =
  | readonly string[]
  | Readonly<
      Record<
        string,
        | string
        | readonly string[]
        | { readonly positive: readonly string[]; readonly negative?: readonly string[] }
      >
    >

/** Names of the built-in prompt sets. */
export const promptSetNames = [...Object.keys(builtIn), 'biovil-demo'] as PromptSetName[]

/** The set to score by when none is named. */
export function defaultPromptSet({ demonstration }: Standing): PromptSetName {
  return demonstration ? 'biovil-demo' : 'pneumonia'
}

/** The labels of a built-in set. @throws ERR_INVALID_ARG_VALUE when there is no such set */
export function promptSet(name: PromptSetName): LabelPrompts[] {
  if (typeof name !== 'string') throw wrongType('prompt set', `one of ${promptSetNames.join(', ')}`, name)
  if (name === 'biovil-demo') return readPrompts(demoPrompts())
  if (Object.hasOwn(builtIn, name)) return readPrompts(builtIn[name])
  const message = `Expected one of ${promptSetNames.join(', ')} for the prompt set but received another name`
  throw argumentError('ERR_INVALID_ARG_VALUE', message)
}

/**
 * Reads prompts in any of their forms.
 *
 * @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE with the label at fault; also when some labels have negative prompts and
 *   others have none (their scores would not compare), or when a single label has none
 */
export function readPrompts(prompts: Prompts): LabelPrompts[] {
  if (typeof prompts !== 'object' || prompts === null) {
    throw wrongType('prompts', 'an array of labels or an object of prompts', prompts)
  }
  const labels = Array.isArray(prompts)
    ? Array.from(prompts as unknown[], (label, i) => ({
        label: text(label, `label ${i}`),
        positive: [label as string],
        negative: [],
      }))
    : Object.entries(prompts).map(([label, value], i) => readLabel(label, value, `label ${i}`))
  const names = new Map<string, number>()
  for (const [i, { label }] of labels.entries()) {
    const first = names.get(label)
    if (first !== undefined)
      throw invalid(`Expected different labels but labels ${first} and ${i} are the same`)
    names.set(label, i)
  }
  checkComparable(labels)
  return labels
}

/** Reads prompts from a JSON file. @throws ERR_INPUT with the path when it cannot be read or is not such a file */
export async function readPromptFile(path: string): Promise<LabelPrompts[]> {
  try {
    return readPrompts(JSON.parse((await readSmallFile(path)).toString('utf8')))
  } catch (error) {
    // A parser quotes what it read, which may be anything.
    const isSyntax = error instanceof SyntaxError
    const reason = isSyntax ? 'it is not JSON' : error instanceof Error ? error.message : String(error)
    const form = '{"label": ["prompt", …]} or {"label": {"positive": […], "negative": […]}}'
    throw new BiovilError(
      'ERR_INPUT',
      `Cannot read prompts from ${path}: ${reason}. Expected JSON: ${form}`,
      isSyntax ? {} : { cause: error },
    )
  }
}

/** Messages number the labels: a label may be a prompt, and a prompt a sentence of a report. */
function readLabel(label: string, value: unknown, name: string): LabelPrompts {
  text(label, name)
  if (typeof value === 'string') return { label, positive: [text(value, name)], negative: [] }
  if (Array.isArray(value)) return { label, positive: texts(value, name), negative: [] }
  if (typeof value !== 'object' || value === null) {
    throw wrongType(name, 'a prompt, an array of prompts or { positive, negative }', value)
  }
  if (Object.keys(value).some((key) => key !== 'positive' && key !== 'negative')) {
    throw invalid(`Expected only positive and negative for ${name} but received another key`)
  }
  const { positive, negative } = bare(value as { positive?: unknown; negative?: unknown })
  const hasNegatives = negative !== undefined && !(Array.isArray(negative) && negative.length === 0)
  return {
    label,
    positive: texts(positive, `${name}: positive`),
    negative: hasNegatives ? texts(negative, `${name}: negative`) : [],
  }
}

function texts(value: unknown, name: string): string[] {
  if (!Array.isArray(value)) throw wrongType(name, 'an array of prompts', value)
  if (value.length === 0) throw invalid(`Expected at least one prompt for ${name} but received none`)
  return Array.from(value, (item, i) => text(item, `${name}, prompt ${i}`))
}

function text(value: unknown, name: string): string {
  if (typeof value !== 'string') throw wrongType(name, 'a string', value)
  if (value.trim() === '') throw invalid(`Expected a text for ${name} but received an empty one`)
  return value
}

function checkComparable(labels: readonly LabelPrompts[]): void {
  if (labels.length === 0) throw invalid('Expected at least one label but received none')
  const without = labels.flatMap(({ negative }, i) => (negative.length === 0 ? [i] : []))
  if (without.length > 0 && without.length < labels.length) {
    throw invalid(
      `Expected negative prompts for all labels or for none but labels ${without.slice(0, 5).join(', ')} have none`,
    )
  }
  if (without.length === 1) {
    throw invalid('Expected negative prompts, or a second label to compare with, for the only label')
  }
}

function invalid(message: string): Error {
  return argumentError('ERR_INVALID_ARG_VALUE', message)
}
