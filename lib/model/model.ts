import { inspect } from 'node:util'
import type { Tensor } from '../../binding.d.ts'
import type { Embeddings } from '../embeddings.js'
import { BiovilError, wrongType } from '../errors.js'
import type { Grounding } from '../grounding/index.js'
import type {
  EmbedImageOptions,
  EncodedImage,
  EncodeImageOptions,
  EncodeStreamOptions,
  FilmInput,
  ImageEncoding,
  ImageModel,
} from '../image/image-model.js'
import { readOptions } from '../options.js'
import { defaultPromptSet, type PromptSetName } from '../prompts/index.js'
import { markWords, type Standing } from '../standing.js'
import { type Classified, type ClassifyOptions, classifyImages, type Labels } from '../tasks/classify.js'
import { type GroundOptions, groundPhrases, groundSchema } from '../tasks/ground.js'
import {
  type SimilarityItem,
  type SimilarityMatrix,
  type SimilarityOptions,
  similarityMatrix,
} from '../tasks/similarity.js'
import type { FilledText } from '../text/fill-mask.js'
import type { Punctuation, TextInput } from '../text/prompts.js'
import type { EmbedTextOptions, FillMaskOptions, TextModel } from '../text/text-model.js'
import type { Encoding } from '../text/tokenizer.js'
import type { ModelFacts } from './facts.js'

/** The text encoder of a model, for what goes on with a stream that was interrupted. */
export let textModelOf: (model: Model) => TextModel

/** A loaded model on a device. Made by `loadModel`; give it back with `close()` or `await using`. */
export class Model implements AsyncDisposable, Standing {
  /** What was loaded, from where, and what it can do. */
  readonly facts: ModelFacts
  readonly #text: TextModel | undefined
  readonly #image: ImageModel | undefined
  #closed = false

  static {
    textModelOf = (model) => model.#textPart()
  }

  /** @internal */
  constructor(facts: ModelFacts, parts: { text: TextModel | undefined; image: ImageModel | undefined }) {
    this.facts = facts
    this.#text = parts.text
    this.#image = parts.image
  }

  /** Name of the model, or its directory. */
  get name(): string {
    return this.facts.name
  }

  /** Device that was chosen: `cpu`, `cuda:0`, … */
  get device(): string {
    return this.facts.device
  }

  /** Length of an embedding: 128, or the hidden size of a text encoder without projection head. */
  get dimension(): number {
    return (this.facts.text ?? this.facts.image)?.dimension ?? 0
  }

  /** Whether the weights are seeded random numbers: nothing such a model says means anything. */
  get untrained(): boolean {
    return this.facts.untrained
  }

  /** Whether it is a demonstration, trained on drawn phantoms: what it says means nothing on real films. */
  get demonstration(): boolean {
    return this.facts.demonstration
  }

  /** The built-in prompt set that fits the model: what `classify` takes without labels. */
  get promptSet(): PromptSetName {
    return defaultPromptSet(this)
  }

  get closed(): boolean {
    return this.#closed
  }

  /**
   * One row per text, in input order: dims [n, 128], the projected embedding of [CLS]. Without a projection head the
   * last hidden state of [CLS], [n, 768]. Equal texts are computed once.
   *
   * @throws ERR_TEXT_TOO_LONG, ERR_SPECIAL_TOKEN, ERR_LONE_SURROGATE, ERR_CLOSED, ERR_OUT_OF_MEMORY
   */
  async embedText(texts: string | readonly TextInput[], options?: EmbedTextOptions): Promise<Embeddings> {
    return this.#textPart().embed(texts, options)
  }

  /**
   * The same for a stream of any length in bounded memory: yields the rows of up to 2,048 consecutive texts at a time,
   * in order. Equal texts that are near each other are computed once.
   */
  embedTextStream(
    texts: Iterable<TextInput> | AsyncIterable<TextInput>,
    options?: EmbedTextOptions,
  ): AsyncGenerator<Embeddings, void, undefined> {
    return this.#textPart().embedStream(texts, options)
  }

  /**
   * Cosine similarity of every row with every column (default: the rows themselves). Items are texts, prompt ensembles
   * `{ texts }` and images `{ image }`. As in the reference, an ensemble is the mean of un-normalised embeddings.
   */
  async similarity(
    rows: readonly SimilarityItem[],
    columns: readonly SimilarityItem[] = rows,
    options?: SimilarityOptions,
  ): Promise<SimilarityMatrix> {
    const embedders = {
      text: (texts: readonly TextInput[], how: object) => this.embedText(texts, how),
      image: (images: readonly FilmInput[], how: object) => this.embedImage(images, how),
      standing: this.facts,
    }
    return similarityMatrix(embedders, rows, columns, options)
  }

  /**
   * What the masked-language head expects at every [MASK].
   *
   * @throws ERR_NO_HEAD, ERR_NO_MASK, and those of embedText
   */
  async fillMask(text: string, options?: FillMaskOptions): Promise<FilledText>
  async fillMask(texts: readonly string[], options?: FillMaskOptions): Promise<FilledText[]>
  async fillMask(
    input: string | readonly string[],
    options?: FillMaskOptions,
  ): Promise<FilledText | FilledText[]> {
    return this.#textPart().fillMask(input, options)
  }

  /** Last hidden states, one tensor a text: dims [tokens of the text with [CLS] and [SEP], hidden size]. */
  async hiddenStates(
    texts: readonly TextInput[],
    options?: Pick<EmbedTextOptions, 'punctuation' | 'tokenBudget' | 'signal'>,
  ): Promise<Tensor[]> {
    return this.#textPart().hiddenStates(texts, options)
  }

  /** Ids, tokens and offsets as the model sees the text, under the same punctuation rule. */
  tokenize(text: string, options?: { punctuation?: Punctuation }): Encoding {
    return this.#textPart().tokenize(text, options)
  }

  /**
   * Global embeddings of images, in input order: dims [n, 128]. A broken image rejects the call, or becomes a row of NaN
   * with `onInvalid`.
   *
   * @throws ERR_NO_HEAD, ERR_INPUT, ERR_IMAGE_FORMAT, ERR_IMAGE_DECODE, ERR_IMAGE_TOO_LARGE, ERR_DICOM_SYNTAX, ERR_DICOM_PIXELS
   */
  async embedImage(
    images: FilmInput | readonly FilmInput[],
    options?: EmbedImageOptions,
  ): Promise<Embeddings> {
    return this.#imagePart().embed(images, options)
  }

  /** One pass of the image encoder: global embedding, patch grid, pooled features. Throws as embedImage does. */
  async encodeImage(image: FilmInput, options?: EncodeImageOptions): Promise<ImageEncoding> {
    return this.#imagePart().encode(image, options)
  }

  /** The same for a stream of images, in order; a broken one comes with its error and costs only itself. */
  encodeImageStream(
    images: Iterable<FilmInput> | AsyncIterable<FilmInput>,
    options?: EncodeStreamOptions,
  ): AsyncGenerator<EncodedImage, void, undefined> {
    return this.#imagePart().encodeStream(images, options)
  }

  /**
   * Zero-shot scores of images, in order: for each label the margin of its positive over its negative prompts, and their
   * softmax. Labels are the name of a built-in prompt set (`pneumonia`, …; default {@link promptSet}), texts, or prompts
   * by label.
   *
   * @throws at the call: ERR_INVALID_ARG_VALUE for prompts that cannot be compared, and all other argument errors; a broken
   *   image comes with its error instead
   */
  classify(
    images: FilmInput | Iterable<FilmInput> | AsyncIterable<FilmInput>,
    labels: Labels = this.promptSet,
    options?: ClassifyOptions,
  ): AsyncGenerator<Classified, void, undefined> {
    const parts = { text: this.#textPart(), image: this.#imagePart(), standing: this.facts }
    return classifyImages(parts, images, labels, options)
  }

  /**
   * Where in a film a phrase is: the cosine of every patch with the phrase, smoothed as in the reference. For several
   * phrases the film is encoded once; an encoding of `encodeImage` is used as it is.
   *
   * @throws those of encodeImage and embedText
   */
  async ground(image: FilmInput | ImageEncoding, phrase: string, options?: GroundOptions): Promise<Grounding>
  async ground(
    image: FilmInput | ImageEncoding,
    phrases: readonly string[],
    options?: GroundOptions,
  ): Promise<Grounding[]>
  async ground(
    image: FilmInput | ImageEncoding,
    phrase: string | readonly string[],
    options?: GroundOptions,
  ): Promise<Grounding | Grounding[]> {
    const read = readOptions(options, groundSchema)
    if (typeof phrase !== 'string' && !Array.isArray(phrase))
      throw wrongType('phrase', 'a string or an array of strings', phrase)
    const parts = { text: this.#textPart(), image: this.#imagePart(), standing: this.facts }
    const groundings = await groundPhrases(parts, image, typeof phrase === 'string' ? [phrase] : phrase, read)
    return typeof phrase === 'string' ? (groundings[0] as Grounding) : groundings
  }

  /** Logits of the reference's multi-task classifier, float32 [classes, tasks]. @throws ERR_NO_HEAD without one */
  async classifierLogits(encoding: ImageEncoding): Promise<Tensor> {
    return this.#imagePart().classifierLogits(encoding)
  }

  /** Gives the memory back when the runs in flight have finished; they still resolve. May be called again. */
  async close(): Promise<void> {
    this.#closed = true
    this.#text?.close()
    this.#image?.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  [inspect.custom](): string {
    const { name, device, dtype, text } = this.facts
    const notes = [
      ...[name, device, dtype],
      ...(text ? [`${text.dimension}-d`] : []),
      ...markWords(this),
      ...(this.#closed ? ['closed'] : []),
    ]
    return `Model(${notes.join(', ')})`
  }

  #textPart(): TextModel {
    this.#requireOpen()
    if (this.#text) return this.#text
    throw new BiovilError(
      'ERR_NO_HEAD',
      `${this.name} has no text encoder: ${this.facts.directory} lacks its files`,
    )
  }

  #imagePart(): ImageModel {
    this.#requireOpen()
    if (this.#image) return this.#image
    throw new BiovilError(
      'ERR_NO_HEAD',
      `${this.name} has no image encoder: ${this.facts.directory} lacks its .pt file; load 'biovil' or 'biovil-t'`,
    )
  }

  #requireOpen(): void {
    if (!this.#closed) return
    throw new BiovilError('ERR_CLOSED', `The model ${this.name} was closed; load it again with loadModel()`)
  }
}
