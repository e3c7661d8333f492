import assert from 'node:assert/strict'
import * as biovil from 'biovil'
import {
  Embeddings,
  Grounding,
  loadModel,
  loadTokenizer,
  type Model,
  openCheckpoint,
  type Tokenizer,
} from 'biovil'
import { tinyImageDirectory } from '../support/models.js'

/** What somebody passes by mistake. None is right in any place below where it is tried. */
const values: readonly (readonly [name: string, value: unknown])[] = [
  ['null', null],
  ['a number', 7],
  ['NaN', Number.NaN],
  ['-1', -1],
  ['1.5', 1.5],
  ['a text', 'text'],
  ['an empty text', ''],
  ['true', true],
  ['a symbol', Symbol('s')],
  ['a bigint', 7n],
  ['a function', () => {}],
  ['an object', {}],
  ['an object without prototype', Object.create(null)],
  ['an unknown option', { misspelt: 1 }],
  ['an array', []],
  ['an array of null', [null]],
  ['an array of numbers', [1, 2]],
  ['a hole', Array(1)],
  ['a date', new Date(0)],
  ['a Map', new Map()],
  ['an Uint8Array', new Uint8Array(3)],
  ['a BigInt64Array', new BigInt64Array(3)],
  ['a DataView', new DataView(new ArrayBuffer(3))],
  ['a promise', Promise.resolve()],
  ['an object whose constructor is no function', { constructor: null }],
]

type Call = (...args: unknown[]) => unknown

describe('misuse', function () {
  this.timeout(180_000)
  let model: Model
  let tokenizer: Tokenizer
  let grounding: Grounding
  let embeddings: Embeddings
  const film = { pixels: new Uint8Array(10_000), width: 100, height: 100 }
  const image = Uint8Array.from([0x89, 0x50, 0x4e, 0x47])

  before(async () => {
    const directory = await tinyImageDirectory('image')
    model = await loadModel(directory, { device: 'cpu' })
    tokenizer = await loadTokenizer(directory)
    grounding = await model.ground(film, 'w5')
    embeddings = await model.embedText(['w5'])
  })
  after(() => model?.close())

  /** Whether it throws, rejects or fails while it is iterated; results are of no interest. */
  async function failure(call: () => unknown): Promise<unknown> {
    try {
      const result = await call()
      if (typeof result === 'object' && result !== null && Symbol.asyncIterator in result) {
        for await (const item of result as AsyncIterable<{ error?: Error }>) if (item.error) throw item.error
      }
      return undefined
    } catch (error) {
      return error ?? new Error('undefined was thrown')
    }
  }

  /** Calls with every wrong value in each place in turn; the other arguments are right. */
  const functions: Record<string, () => readonly [call: Call, args: readonly unknown[]]> = {
    loadModel: () => [biovil.loadModel as Call, ['/nowhere', {}]],
    inspectModel: () => [biovil.inspectModel as Call, ['/nowhere', {}]],
    verifyModel: () => [biovil.verifyModel as Call, ['/nowhere', {}]],
    openCheckpoint: () => [biovil.openCheckpoint as Call, ['/nowhere', {}]],
    loadTokenizer: () => [biovil.loadTokenizer as Call, ['/nowhere', {}]],
    pullModel: () => [biovil.pullModel as Call, ['nothing', {}]],
    findLibtorch: () => [biovil.findLibtorch as Call, [{ libtorch: '/nowhere' }]],
    synthesize: () => [
      // A text would be a directory to write.
      ((directory, options) =>
        biovil.synthesize(
          typeof directory === 'string' ? '/dev/null/x' : (directory as string),
          options as { seed: number },
        )) as Call,
      ['/dev/null/x', { seed: 1, layers: 1 }],
    ],
    promptSet: () => [biovil.promptSet as Call, ['pneumonia']],
    prepareFilm: () => [biovil.prepareFilm as Call, [film, {}]],
    inspectImage: () => [biovil.inspectImage as Call, [film, {}]],
    cropRectangle: () => [biovil.cropRectangle as Call, [100, 100, 50, 40]],
    areaUnderRoc: () => [
      biovil.areaUnderRoc as Call,
      [
        [1, 2],
        [true, false],
      ],
    ],
    search: () => [biovil.search as Call, [embeddings, embeddings, 1, {}]],
    contrastToNoise: () => [biovil.contrastToNoise as Call, [grounding, [], {}]],
    meanIoU: () => [biovil.meanIoU as Call, [grounding, [], [0.5]]],
    pointsInside: () => [biovil.pointsInside as Call, [{ x: 1, y: 1 }, [], 1]],
    rectanglesMask: () => [biovil.rectanglesMask as Call, [[], { width: 2, height: 2 }]],
    dice: () => [biovil.dice as Call, [new Uint8Array(2), new Uint8Array(2)]],
    intersectionOverUnion: () => [
      biovil.intersectionOverUnion as Call,
      [new Uint8Array(2), new Uint8Array(2)],
    ],
    groundPatches: () => [
      biovil.groundPatches as Call,
      [
        new Float32Array(4).fill(1),
        new Float32Array(1).fill(1),
        { rows: 2, columns: 2, film: grounding.film, framing: { resize: 4, crop: 4 } },
      ],
    ],
    renderOverlay: () => [biovil.renderOverlay as Call, [{ film: film.pixels, grounding }]],
    'new Embeddings': () => [
      ((...args: ConstructorParameters<typeof Embeddings>) => new Embeddings(...args)) as Call,
      [new Float32Array(2), [1, 2], { normalized: true }],
    ],
    'new Grounding': () => [((input: never) => new Grounding(input)) as Call, [{}]],
    'new Tokenizer': () => [
      ((...args: ConstructorParameters<typeof biovil.Tokenizer>) => new biovil.Tokenizer(...args)) as Call,
      [['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'], tokenizer.config, 'name'],
    ],
    'Tokenizer.encode': () => [tokenizer.encode.bind(tokenizer) as Call, ['a', 'b']],
    'Tokenizer.encodeIds': () => [tokenizer.encodeIds.bind(tokenizer) as Call, ['a']],
    'Tokenizer.token': () => [tokenizer.token.bind(tokenizer) as Call, [1]],
    'Tokenizer.id': () => [tokenizer.id.bind(tokenizer) as Call, ['a']],
    'Tokenizer.findSpecialToken': () => [tokenizer.findSpecialToken.bind(tokenizer) as Call, ['a']],
    'Embeddings.at': () => [embeddings.at.bind(embeddings) as Call, [0]],
    'Embeddings.similarity': () => [embeddings.similarity.bind(embeddings) as Call, [embeddings]],
    'Grounding.heatmap': () => [grounding.heatmap.bind(grounding) as Call, [{}]],
    'Grounding.boxes': () => [grounding.boxes.bind(grounding) as Call, [{}]],
    'Grounding.mask': () => [grounding.mask.bind(grounding) as Call, [{}]],
    'Grounding.contours': () => [grounding.contours.bind(grounding) as Call, [{}]],
    'Grounding.level': () => [grounding.level.bind(grounding) as Call, ['otsu']],
    'Grounding.scoreAt': () => [grounding.scoreAt.bind(grounding) as Call, [50, 50, {}]],
    embedText: () => [model.embedText.bind(model) as Call, ['w5', {}]],
    embedTextStream: () => [model.embedTextStream.bind(model) as Call, [['w5'], {}]],
    fillMask: () => [model.fillMask.bind(model) as Call, ['[MASK]', {}]],
    hiddenStates: () => [model.hiddenStates.bind(model) as Call, [['w5'], {}]],
    tokenize: () => [model.tokenize.bind(model) as Call, ['w5', {}]],
    similarity: () => [model.similarity.bind(model) as Call, [['w5'], ['w6'], {}]],
    embedImage: () => [model.embedImage.bind(model) as Call, [film, {}]],
    encodeImage: () => [model.encodeImage.bind(model) as Call, [film, {}]],
    encodeImageStream: () => [model.encodeImageStream.bind(model) as Call, [[film], {}]],
    classify: () => [model.classify.bind(model) as Call, [film, ['w5', 'w6'], {}]],
    ground: () => [model.ground.bind(model) as Call, [film, 'w5', {}]],
    classifierLogits: () => [model.classifierLogits.bind(model) as Call, [{ pooled: new Float32Array(4) }]],
    'openCheckpoint().verify': () => [
      async (options) => (await openCheckpoint(model.facts.directory)).verify(options as object),
      [{}],
    ],
  }

  it('is tried with every public function', () => {
    const tried = Object.keys(functions)
    const untried = Object.entries(biovil)
      .filter(([, value]) => typeof value === 'function')
      .map(([name]) => name)
      .filter((name) => !tried.some((one) => one === name || one === `new ${name}`))
    // An error class; a function without arguments; and one that downloads, whose options are those of test/libtorch.
    assert.deepEqual(untried.sort(), ['BiovilError', 'installLibtorch', 'models'])
  })

  for (const [name, make] of Object.entries(functions)) {
    it(`of ${name} has a code`, async () => {
      const [call, args] = make()
      let refused = 0
      for (const place of args.keys()) {
        for (const [what, value] of values) {
          const wrong = args.with(place, value)
          const error = (await failure(() => call(...wrong))) as { code?: unknown } | undefined
          if (error === undefined) continue
          refused++
          const code = String(error.code)
          assert.ok(
            Object.hasOwn(biovil.errorCodes, code),
            `${name} with ${what} as argument ${place}: ${error}`,
          )
        }
      }
      assert.ok(refused >= 10, `${refused} refused`)
    })
  }

  it('of items, films and nested options has a code', async () => {
    const nested: Record<string, Call> = {
      'an item of similarity': (value) => model.similarity([value as string]),
      'a text of an ensemble': (value) => model.similarity([{ texts: [value as string] }]),
      'an image of similarity': (value) => model.similarity([{ image: value as Uint8Array }], ['w5']),
      'a prior': (value) => model.encodeImage({ image: film, prior: value as Uint8Array }),
      'a text': (value) => model.embedText([value as string]),
      'a text of a pair': (value) => model.embedText([[value as string, 'w5']]),
      'a phrase': (value) => model.ground(film, [value as string]),
      'an image of a stream': (value) => model.encodeImageStream([value as Uint8Array]),
      'an image among others': (value) => model.embedImage([film, value as Uint8Array, film]),
      'an image to classify': (value) => model.classify([value as Uint8Array], ['w5', 'w6']),
      'a prompt': (value) => model.classify(image, { a: value as string, b: 'w5' }),
      'raw pixels': (value) => biovil.prepareFilm({ ...film, pixels: value as Uint8Array }),
      'a smoothing': (value) => model.ground(film, 'w5', { smoothing: value as false }),
      'a threshold': (value) => grounding.boxes({ threshold: value as number }),
      'an encoding': (value) => model.ground({ patches: value, film: value } as never, 'w5'),
      'a grid': (value) => new Grounding({ grid: value as never, film, framing: { resize: 4, crop: 4 } }),
      'a signal': (value) => model.embedText('w5', { signal: value as AbortSignal }),
      'a callback': (value) => model.embedText('w5', { onInvalid: value as () => void }),
      'a manifest': (value) => biovil.pullModel({ format: 1, name: 'a', files: [value] } as never),
      'an environment': (value) =>
        biovil.findLibtorch({ libtorch: '/nowhere', env: value as NodeJS.ProcessEnv }),
      'an option of installLibtorch': (value) =>
        biovil.installLibtorch({ from: '/nowhere', headers: value as boolean, cacheDir: '/dev/null/x' }),
    }
    for (const [name, call] of Object.entries(nested)) {
      for (const [what, value] of values) {
        const error = (await failure(() => call(value))) as { code?: unknown } | undefined
        if (error === undefined) continue
        assert.ok(Object.hasOwn(biovil.errorCodes, String(error.code)), `${name}: ${what}: ${error}`)
      }
    }
  })
})
