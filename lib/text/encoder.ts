import type { Program, Tensor } from '../../binding.d.ts'
import { normalizeRows } from '../embeddings.js'
import { Pace } from '../pace.js'
import type { OnProgress } from '../progress.js'
import { packBatch, planBatches, Sequences } from './batches.js'
import { type Punctuation, promptIds, type TextInput } from './prompts.js'
import type { Tokenizer } from './tokenizer.js'

/** What turns texts into rows: a tokenizer, a program, and the limits of the model. */
export interface TextEncoder {
  readonly tokenizer: Tokenizer
  readonly program: Program
  /** Method of the graph that gives one row a text: `embed` or `cls_hidden`. */
  readonly method: 'embed' | 'cls_hidden'
  /** Length of a row. */
  readonly dimension: number
  /** Positions of the model, 512. */
  readonly maxLength: number
}

export interface EncodeOptions {
  readonly normalize: boolean
  readonly punctuation: Punctuation
  /** Most padded tokens in one batch. */
  readonly tokenBudget: number
  readonly signal: AbortSignal | undefined
  readonly onProgress: OnProgress | undefined
  /** Told of each text that cannot be embedded; its row becomes NaN. Without it the first one throws. */
  readonly onInvalid: ((error: Error, index: number) => void) | undefined
}

/** Rows that were computed before, by token ids. */
export interface RowCache {
  get(key: string): Float32Array | undefined
  /** Remembers a row as the latest. */
  set(key: string, row: Float32Array): void
}

/** Batches given to the device ahead of time, so that it never waits for the packing of the next one. */
const IN_FLIGHT = 2

/**
 * Embeds texts: float32 [texts.length, dimension], row i = text i. Texts with the same token ids are computed once;
 * batches hold texts of similar length.
 *
 * @param first index of texts[0] in the caller's numbering, for messages and onInvalid
 */
export async function encodeTexts(
  encoder: TextEncoder,
  texts: readonly TextInput[],
  options: EncodeOptions,
  first = 0,
  cache?: RowCache,
): Promise<Float32Array> {
  const d = encoder.dimension
  const out = new Float32Array(texts.length * d)
  const plan = await tokenizeUnique(encoder, texts, options, first)
  const uses = countUses(plan)

  // Rows known from before are filled in at once; the others are packed for the device.
  const pending = new Sequences()
  const pendingOf: number[] = []
  const rows = new Array<Float32Array | undefined>(plan.sequences.length)
  let done = plan.invalid
  for (let i = 0; i < plan.sequences.length; i++) {
    rows[i] = cache?.get(idsKey(plan.sequences.at(i)))
    if (rows[i] !== undefined) done += uses[i] as number
    else pendingOf[pending.push(plan.sequences.at(i))] = i
  }

  const report = () =>
    options.onProgress?.({ stage: 'embed', done: first + done, total: first + texts.length, unit: 'texts' })
  report()
  await runBatches(encoder, pending, options, (batch, [result]) => {
    const data = (result as Tensor).data as Float32Array
    if (options.normalize) normalizeRows(data, d)
    batch.forEach((p, row) => {
      const i = pendingOf[p] as number
      rows[i] = data.subarray(row * d, (row + 1) * d)
      done += uses[i] as number
    })
    report()
  })
  if (cache) rememberRows(cache, plan, rows)

  const pace = new Pace(options.signal)
  for (let t = 0; t < texts.length; t++) {
    if ((t & 255) === 0 && pace.due) await pace.rest()
    const row = rows[plan.uniqueOf[t] as number]
    if (row) out.set(row, t * d)
    else out.fill(Number.NaN, t * d, (t + 1) * d)
  }
  return out
}

/**
 * Puts texts and the rows that they had in an earlier run into a cache, as if `encodeTexts` had embedded them.
 *
 * @param data float32 [texts.length, dimension]
 */
export async function replayTexts(
  encoder: TextEncoder,
  texts: readonly TextInput[],
  options: EncodeOptions,
  data: Float32Array,
  cache: RowCache,
): Promise<void> {
  const d = encoder.dimension
  const plan = await tokenizeUnique(encoder, texts, { ...options, onInvalid: () => {} }, 0)
  const rows = new Array<Float32Array | undefined>(plan.sequences.length)
  for (const [t, unique] of plan.uniqueOf.entries())
    if (unique >= 0) rows[unique] ??= data.subarray(t * d, (t + 1) * d)
  rememberRows(cache, plan, rows)
}

/**
 * In the order in which the texts came, not that of batches: what a cache holds, and with it what is computed together,
 * must follow from the texts alone.
 */
function rememberRows(cache: RowCache, plan: Plan, rows: readonly (Float32Array | undefined)[]): void {
  for (const [i, row] of rows.entries()) {
    // A copy, so that a cached row does not keep the whole batch alive.
    if (row) cache.set(idsKey(plan.sequences.at(i)), row.slice())
  }
}

/**
 * Runs `encoder.method` over all sequences, batch by batch, a few ahead; `onBatch` gets the sequence numbers of a
 * batch and the method's results.
 */
export async function runBatches(
  encoder: Pick<TextEncoder, 'tokenizer' | 'program'> & { readonly method: string },
  sequences: Sequences,
  options: Pick<EncodeOptions, 'tokenBudget' | 'signal'>,
  onBatch: (batch: readonly number[], results: Tensor[], length: number) => void,
): Promise<void> {
  const waiting: Promise<void>[] = []
  for (const batch of planBatches(sequences, options.tokenBudget)) {
    options.signal?.throwIfAborted()
    const { inputs, length } = packBatch(sequences, batch, encoder.tokenizer.ids)
    const run = encoder.program.run(encoder.method, inputs).then((results) => onBatch(batch, results, length))
    run.catch(() => {}) // Awaited below; until then a failure must not count as unhandled.
    waiting.push(run)
    if (waiting.length >= IN_FLIGHT) await waiting.shift()
  }
  await Promise.all(waiting)
  options.signal?.throwIfAborted()
}

interface Plan {
  /** Each different token sequence once. */
  readonly sequences: Sequences
  /** For each text its number in `sequences`, or -1 when it is not valid. */
  readonly uniqueOf: Int32Array
  readonly invalid: number
}

async function tokenizeUnique(
  encoder: TextEncoder,
  texts: readonly TextInput[],
  options: EncodeOptions,
  first: number,
): Promise<Plan> {
  const sequences = new Sequences()
  const uniqueOf = new Int32Array(texts.length)
  const byText = new Map<string, number>()
  const byIds = new Map<string, number>()
  let invalid = 0
  const rules = { punctuation: options.punctuation, maxLength: encoder.maxLength }
  const pace = new Pace(options.signal)
  for (let t = 0; t < texts.length; t++) {
    if ((t & 15) === 0 && pace.due) await pace.rest()
    const text = texts[t] as TextInput
    let unique = typeof text === 'string' ? byText.get(text) : undefined
    if (unique === undefined) {
      try {
        const ids = promptIds(encoder.tokenizer, text, first + t, rules)
        const key = idsKey(ids)
        unique = byIds.get(key) ?? sequences.push(ids)
        byIds.set(key, unique)
      } catch (error) {
        if (!options.onInvalid) throw error
        options.onInvalid(error as Error, first + t)
        unique = -1
        invalid++
      }
      if (typeof text === 'string' && unique >= 0) byText.set(text, unique)
    }
    uniqueOf[t] = unique
  }
  return { sequences, uniqueOf, invalid }
}

function countUses(plan: Plan): Uint32Array {
  const uses = new Uint32Array(plan.sequences.length)
  for (const unique of plan.uniqueOf) if (unique >= 0) uses[unique] = (uses[unique] as number) + 1
  return uses
}

/** Token ids as a string that can be a map's key: one UTF-16 unit an id where they fit, two otherwise. */
function idsKey(ids: Int32Array): string {
  let key = ''
  for (const id of ids) key += id < 0xffff ? String.fromCharCode(id) : `\uffff${String.fromCodePoint(id)}`
  return key
}
