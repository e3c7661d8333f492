import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Embeddings, type ImageEncoding, loadModel, type Model, type Rectangle } from 'biovil'
import { root } from '../support/root.js'

export interface Finding {
  readonly label: string
  readonly side: string | null
  readonly zone?: string | null
  readonly severity?: string | null
  readonly change?: string | null
  /** As a radiologist says it, side and zone included. */
  readonly phrase: string
  /** The same without side and zone. */
  readonly plainPhrase: string
  readonly boxes: readonly Rectangle[]
}

/** What an impression says of one label. */
export interface Fact {
  readonly label: string
  readonly present: boolean
  readonly side?: string
  readonly zone?: string
  readonly severity?: string
  readonly change?: string
}

/** A held-out phantom: a drawn film, its report, and what is in it. */
export interface Study {
  /** Absolute path. */
  readonly film: string
  readonly report: { readonly findings: string; readonly impression: string }
  readonly findings: readonly Finding[]
  /** Labels that the report denies. */
  readonly absent: readonly string[]
  /** What the impression says. */
  readonly stated: readonly Fact[]
}

export type Triplet = readonly [anchor: string, positive: string, negative: string]

/** What the behaviour tests share: the model, and each film encoded once. */
export interface Phantoms {
  readonly model: Model
  readonly studies: readonly Study[]
  /** One a study, in their order. */
  readonly encodings: readonly ImageEncoding[]
}

const folder = join(root, 'test/fixtures/phantoms')

let loaded: Promise<Phantoms> | undefined

/** Loads the demonstration model and encodes every film, once a process. */
export function phantoms(): Promise<Phantoms> {
  loaded ??= load()
  return loaded
}

async function load(): Promise<Phantoms> {
  const studies = readStudies()
  const model = await loadModel('biovil-demo', { device: 'cpu' })
  const encodings: ImageEncoding[] = []
  for await (const { encoding, error } of model.encodeImageStream(
    studies.map(({ film }) => film),
    { keepFilm: true },
  )) {
    if (error) throw error
    encodings.push(encoding)
  }
  return { model, studies, encodings }
}

function readStudies(): Study[] {
  const lines = readFileSync(join(folder, 'studies.jsonl'), 'utf8').trimEnd().split('\n')
  return lines.map((line) => {
    const { film, findings, ...study } = JSON.parse(line)
    return {
      ...study,
      film: join(folder, film),
      findings: findings.map((finding: { boxes: number[][] }) => ({
        ...finding,
        boxes: finding.boxes.map(([x, y, width, height]) => ({ x, y, width, height })),
      })),
    }
  })
}

/** A fixture of texts: `triplets.json` or `masked.json`. */
export function readTexts<T>(name: string): T {
  return JSON.parse(readFileSync(join(folder, name), 'utf8')) as T
}

/** Every finding that has a place, with the number of its study. */
export function placedFindings({ studies }: Phantoms): { study: number; finding: Finding }[] {
  return studies.flatMap(({ findings }, study) =>
    findings.filter(({ boxes }) => boxes.length > 0).map((finding) => ({ study, finding })),
  )
}

/**
 * Findings of the lung that are on one side, and their phrase for the other side. Not devices: "the lead in the right
 * ventricle" of a left pacemaker is no side.
 */
export function sidedFindings({ studies }: Phantoms): { study: number; phrase: string; swapped: string }[] {
  const labels = ['pleural effusion', 'pneumothorax', 'consolidation', 'nodule']
  return studies.flatMap(({ findings }, study) =>
    findings
      .filter(({ label, side }) => labels.includes(label) && (side === 'left' || side === 'right'))
      // Of a finding on both sides each phrase is true.
      .filter(
        ({ label }, _, all) =>
          new Set(all.filter((one) => one.label === label).map(({ side }) => side)).size === 1,
      )
      .filter(({ phrase }) => /\b(left|right)\b/i.test(phrase))
      .map(({ phrase }) => ({ study, phrase, swapped: swapSides(phrase) })),
  )
}

/** "Left" for "right" and the other way round. */
export function swapSides(text: string): string {
  const other: Record<string, string> = { left: 'right', right: 'left', Left: 'Right', Right: 'Left' }
  return text.replace(/\b(left|right)\b/gi, (word) => other[word] ?? word)
}

/** Whether all that the impression of a report states holds in a film. */
export function isTrueOf(report: Study, film: Study): boolean {
  return report.stated.every((fact) => holds(fact, film))
}

function holds({ label, present, ...said }: Fact, { findings }: Study): boolean {
  const finding = findings.find((one) => one.label === label)
  return present === (finding !== undefined && fits(said, finding))
}

/** What is not said fits; "a left effusion" is true of effusions on both sides. */
function fits(said: Omit<Fact, 'label' | 'present'>, finding: Finding): boolean {
  return (['side', 'zone', 'severity', 'change'] as const).every((name) => {
    const value = said[name]
    return value === undefined || value === finding[name] || (name === 'side' && finding.side === 'both')
  })
}

/** Cosine of a global embedding of a film, [d], not normalised, with row `row` of texts. */
export function cosine({ global }: ImageEncoding, texts: Embeddings, row: number): number {
  const text = texts.normalize().at(row)
  const norm = Math.hypot(...global)
  return global.reduce((sum, value, i) => sum + value * (text[i] as number), 0) / norm
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** Which part of the cases is so. */
export function share(cases: readonly boolean[]): number {
  return cases.filter(Boolean).length / cases.length
}
