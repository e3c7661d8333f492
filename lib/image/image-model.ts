import type { Program, Tensor } from '../../binding.d.ts'
import { Embeddings, normalizeRows } from '../embeddings.js'
import { argumentError, BiovilError, wrongType } from '../errors.js'
import { abortable, untilAborted } from '../io/abort.js'
import type { ImageFacts } from '../model/facts.js'
import { boolean, callback, integer, optional, readOptions, signal, withDefault } from '../options.js'
import type { OnProgress } from '../progress.js'
import { type Marked, marksOf, type Standing } from '../standing.js'
import { FilmBatcher } from './film-batcher.js'
import { FilmGroup } from './film-group.js'
import { OwnedFilm, ownFilms } from './owned.js'
import { type PixelOptions, type Pixels, pixelSchema, pixelsOf } from './pixel-options.js'
import { prepareOwned } from './prepare.js'
import type { ImageInput, PreparedFilm } from './types.js'

/** An image, or for BioViL-T an image with the patient's prior one. */
export type FilmInput = ImageInput | { readonly image: ImageInput; readonly prior?: ImageInput | undefined }

/** What one pass of the image encoder gives; nothing is normalised. Reuse it for any number of phrases. */
export interface ImageEncoding extends Marked {
  /** [128]: the mean of the projected patches, the reference's global embedding before its L2 norm. */
  readonly global: Float32Array
  /** [rows * columns, 128], row-major over the grid: the projected patch embeddings. */
  readonly patches: Float32Array
  readonly grid: { readonly rows: number; readonly columns: number }
  /** [2048] (BioViL) or [512] (BioViL-T): the pooled features before the projector. */
  readonly pooled: Float32Array
  /** BioViL-T, [rows * columns, 256]: what the film shows by itself. */
  readonly static?: Float32Array
  /** BioViL-T, [rows * columns, 256]: how it differs from its prior; without one the same at every patch. */
  readonly difference?: Float32Array
  /** The film as the model saw it, and what was done to it on the way. */
  readonly film: PreparedFilm
}

export interface EncodeImageOptions extends PixelOptions {
  /** Keep the 8-bit film at its original size in `encoding.film.film` (default false). */
  keepFilm?: boolean
  signal?: AbortSignal
}

export interface EncodeStreamOptions extends EncodeImageOptions {
  /** Images that are decoded and prepared ahead of the one that is wanted; default 4 on a CPU, 96 on CUDA. */
  ahead?: number
}

export interface EmbedImageOptions extends Omit<EncodeStreamOptions, 'keepFilm'> {
  /** Scale each row to L2 norm 1 (default true). */
  normalize?: boolean
  onProgress?: OnProgress
  /** Called for each image that cannot be embedded; its row becomes NaN. Without it the first one rejects the call. */
  onInvalid?: (error: Error, index: number) => void
}

/** One image of a stream: its encoding, or why it has none. */
export type EncodedImage =
  | {
      readonly index: number
      readonly input: FilmInput
      readonly encoding: ImageEncoding
      readonly error?: undefined
    }
  | {
      readonly index: number
      readonly input: FilmInput
      readonly encoding?: undefined
      readonly error: Error
    }

const encodeSchema = { ...pixelSchema, signal }
/** Checks the options of a stream whose films are not wanted themselves. */
export const streamSchema = { ...encodeSchema, ahead: optional(integer(1, 1024)) }
const keepFilm = withDefault(boolean, false)

/** Options as they are after reading. */
interface Encoding extends Pixels {
  readonly keepFilm: boolean
  readonly signal: AbortSignal | undefined
}

/** The image encoder of a model. `Model` documents its methods. */
export class ImageModel {
  readonly facts: ImageFacts
  readonly #programs: readonly Program[]
  readonly #batcher: FilmBatcher
  /** Most films in one batch. */
  readonly #batch: number
  readonly #ahead: number
  readonly #standing: Standing

  /** @param programs the encoder with the classifier's first task, then one for each further task */
  constructor(
    facts: ImageFacts,
    programs: readonly Program[],
    where: { device: string; standing: Standing },
  ) {
    this.facts = facts
    this.#programs = programs
    // On a CPU a film alone fills all cores; a GPU wants company.
    this.#batch = where.device === 'cpu' ? 1 : 32
    this.#batcher = new FilmBatcher(programs[0] as Program, facts.crop, this.#batch)
    this.#ahead = this.#batch === 1 ? 4 : 3 * this.#batch
    this.#standing = where.standing
  }

  async encode(input: FilmInput, options?: EncodeImageOptions): Promise<ImageEncoding> {
    return this.#encode(OwnedFilm.of(input), readOptions(options, { ...encodeSchema, keepFilm }))
  }

  /** Encodings of a stream of images in order; decoding, preparing and encoding overlap. A broken image costs only itself. */
  encodeStream(inputs: Films, options?: EncodeStreamOptions): AsyncGenerator<EncodedImage, void, undefined> {
    const read = readOptions(options, { ...streamSchema, keepFilm })
    const isIterable =
      typeof inputs === 'object' &&
      inputs !== null &&
      (Symbol.iterator in inputs || Symbol.asyncIterator in inputs)
    if (!isIterable) throw wrongType('images', 'an iterable of images', inputs)
    return this.stream(Array.isArray(inputs) ? ownFilms(inputs) : inputs, read)
  }

  /** Global embeddings, dims [n, 128]. */
  async embed(input: FilmInput | readonly FilmInput[], options?: EmbedImageOptions): Promise<Embeddings> {
    const read = readOptions(options, {
      ...streamSchema,
      normalize: withDefault(boolean, true),
      onProgress: callback<OnProgress>(),
      onInvalid: callback<(error: Error, index: number) => void>(),
    })
    const inputs = (Array.isArray(input) ? [...input] : [input]) as readonly FilmInput[]
    const d = this.facts.dimension
    const data = new Float32Array(inputs.length * d).fill(Number.NaN)
    const report = (done: number) =>
      read.onProgress?.({ stage: 'embed', done, total: inputs.length, unit: 'files' })
    report(0)
    for await (const { index, encoding, error } of this.stream(ownFilms(inputs), {
      ...read,
      keepFilm: false,
    })) {
      if (encoding) data.set(encoding.global, index * d)
      else if (read.onInvalid) read.onInvalid(error, index)
      else throw error
      report(index + 1)
    }
    if (read.normalize) normalizeRows(data, d)
    return new Embeddings(data, [inputs.length, d], {
      normalized: read.normalize,
      ...this.#standing,
    })
  }

  /** Logits of the multi-task classifier, float32 [classes, tasks], where the checkpoint has one. */
  async classifierLogits(encoding: ImageEncoding): Promise<Tensor> {
    const method = this.facts.methods.find((name) => name.startsWith('classify'))
    if (method === undefined) {
      const offered = this.facts.methods.join(', ')
      throw new BiovilError('ERR_NO_HEAD', `The weights have no classifier head; they offer ${offered}`)
    }
    const pooled = { type: 'float32' as const, dims: [1, encoding.pooled.length], data: encoding.pooled }
    const columns = await Promise.all(this.#programs.map((program) => program.run(method, [pooled])))
    const classes = columns[0]?.[0]?.data.length ?? 0
    const data = new Float32Array(classes * columns.length)
    for (const [task, [logits]] of columns.entries()) {
      for (let i = 0; i < classes; i++) data[i * columns.length + task] = logits?.data[i] as number
    }
    return { type: 'float32', dims: [classes, columns.length], data }
  }

  close(): void {
    for (const program of this.#programs) program.close()
  }

  /** The same with options that were read: of `encodeSchema`, and how many images go ahead. */
  async *stream(
    inputs: Films,
    { ahead = this.#ahead, ...read }: Encoding & { readonly ahead: number | undefined },
  ): AsyncGenerator<EncodedImage, void, undefined> {
    const options = encodingOf(read)
    const pending: Promise<EncodedImage>[] = []
    // Batches follow from the films' numbers alone, so that a stream gives the same bits whatever else runs. As large as
    // what goes ahead allows; a power of two, so that batches also begin where a run of files is continued.
    const batch = Math.min(this.#batch, 2 ** Math.floor(Math.log2(ahead + 1)))
    let group = this.#newGroup()
    let index = 0
    try {
      for await (const input of untilAborted<FilmInput | OwnedFilm>(inputs, options.signal)) {
        pending.push(this.#attempt(input, index++, options, group))
        if (index % batch === 0) {
          group.seal()
          group = this.#newGroup()
        }
        if (pending.length > ahead) yield await first(pending, options.signal)
      }
    } finally {
      group.seal()
    }
    while (pending.length > 0) yield await first(pending, options.signal)
  }

  #newGroup(): FilmGroup {
    return new FilmGroup(this.#programs[0] as Program, this.facts.crop)
  }

  async #attempt(
    given: FilmInput | OwnedFilm,
    index: number,
    options: Encoding,
    group: FilmGroup,
  ): Promise<EncodedImage> {
    const film = OwnedFilm.of(given)
    const { input } = film
    const isPair = film.prior !== undefined
    const place = group.place(methodOf(isPair), isPair ? 2 : 1)
    try {
      return { index, input, encoding: await this.#encode(film, options, place.run) }
    } catch (error) {
      place.leave()
      return { index, input, error: error as Error }
    }
  }

  async #encode(
    { image, prior }: OwnedFilm,
    options: Encoding,
    run = (crops: readonly Uint8Array[]) =>
      this.#batcher.run({ method: methodOf(crops.length === 2), crops }),
  ): Promise<ImageEncoding> {
    if (prior !== undefined && !this.facts.methods.includes('encode_pair')) {
      throw argumentError(
        'ERR_INVALID_ARG_VALUE',
        `A prior image needs BioViL-T; this model is ${this.facts.architecture}`,
      )
    }
    const { resize, crop, grid } = this.facts
    const [film, priorFilm] = await Promise.all([
      prepareOwned(image, { ...options, resize, crop }),
      prior === undefined ? undefined : prepareOwned(prior, { ...options, resize, crop, keepFilm: false }),
    ])
    const crops = priorFilm === undefined ? [film.crop] : [film.crop, priorFilm.crop]
    const [global, patches, pooled, still, difference] = await abortable(run(crops), options.signal)
    return {
      global: global as Float32Array,
      patches: patches as Float32Array,
      grid: { rows: grid, columns: grid },
      pooled: pooled as Float32Array,
      ...(still && difference ? { static: still, difference } : {}),
      film,
      ...marksOf(this.#standing),
    }
  }
}

/** Films as they come; those of an array are copies. */
export type Films = Iterable<FilmInput | OwnedFilm> | AsyncIterable<FilmInput | OwnedFilm>

/** The next result. That of an aborted call is no result of its film. */
async function first(
  pending: Promise<EncodedImage>[],
  abort: AbortSignal | undefined,
): Promise<EncodedImage> {
  const result = (await pending.shift()) as EncodedImage
  abort?.throwIfAborted()
  return result
}

function methodOf(isPair: boolean): string {
  return isPair ? 'encode_pair' : 'encode'
}

/** The options of `prepareFilm` among others. */
function encodingOf(read: Encoding): Encoding {
  return { ...pixelsOf(read), keepFilm: read.keepFilm, signal: read.signal }
}
