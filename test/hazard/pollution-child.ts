// Hangs plausible values on Object.prototype and prints which calls then differ, by name.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as biovil from 'biovil'

const [manifestPath = '', root = ''] = process.argv.slice(2)

/** Values that would change a result, or stop the call, if they were taken for an option. */
const poison: Record<string, unknown> = {
  device: 'cuda:7',
  dtype: 'float16',
  threads: -1,
  weights: 'pytorch',
  checksums: 'no',
  localFilesOnly: 'no',
  libtorch: '/evil',
  graph: '/evil.pt',
  cacheDir: 7,
  normalize: false,
  normalized: false,
  punctuation: 'keep',
  tokenBudget: -1,
  dicom: 'reference',
  frame: 9,
  maxPixels: 1,
  keepFilm: true,
  ahead: -1,
  temperature: 0.001,
  smoothing: false,
  sigma: 9,
  padding: 'zero',
  interpolation: 'nearest',
  threshold: -1,
  connectivity: 4,
  largest: true,
  top: 1,
  topK: 1,
  resize: 300,
  crop: 32,
  boxes: 'mean',
  clamp: true,
  score: 0.123,
  phrase: 'evil',
  caption: 'evil',
  colormap: 'magma',
  range: [-1, 1],
  opacity: 1,
  maxSize: 300,
  untrained: true,
  demonstration: false,
  photometric: 'MONOCHROME1',
  doLowerCase: false,
  stripAccents: false,
  negative: ['evil'],
  prior: 'evil',
  texts: ['evil'],
  image: 'evil',
  patches: new Float32Array(1),
  pixels: new Uint8Array(1),
  bundled: true,
  oneOf: 'evil',
  revision: 'evil',
  signal: AbortSignal.abort(new Error('evil')),
}
const evil = () => {
  throw new Error('evil')
}

const film = {
  pixels: Uint8Array.from({ length: 320 * 300 }, (_, i) => ((i % 320) * (i >> 8)) % 251),
  width: 320,
  height: 300,
}
const model = await biovil.loadModel('biovil-demo', { device: 'cpu' })
const encoding = await model.encodeImage(film)
const grounding = await model.ground(encoding, 'Pleural effusion')
const vectors = await model.embedText(['Pleural effusion.', 'No effusion!'])
const map = { data: grounding.heatmap(), ...grounding.film }
const boxes = [
  { x: 10, y: 10, width: 50, height: 90 },
  { x: 90, y: 60, width: 40, height: 40 },
]
const prompts = { effusion: ['Pleural effusion'], none: ['Clear lungs'] }
const { manifest } = JSON.parse(readFileSync(manifestPath, 'utf8'))

/** Every function that takes options; the second one lists its options by being called with one that it does not know. */
const calls: Record<string, readonly [call: () => unknown, refuse?: () => unknown]> = {
  embedText: [() => model.embedText(['Edema.', 'Edema!', 'Clear.']), () => model.embedText('a', unknown())],
  embedTextStream: [() => all(model.embedTextStream(['Edema.'])), () => model.embedTextStream([], unknown())],
  fillMask: [() => model.fillMask('Left [MASK].'), () => model.fillMask('[MASK]', unknown())],
  hiddenStates: [() => model.hiddenStates(['Edema.']), () => model.hiddenStates(['a'], unknown())],
  tokenize: [() => [...model.tokenize('Edema!').ids], () => model.tokenize('a', unknown())],
  embedImage: [() => model.embedImage([film]), () => model.embedImage([film], unknown())],
  encodeImage: [() => model.encodeImage(film), () => model.encodeImage(film, unknown())],
  encodeImageStream: [
    () => all(model.encodeImageStream([film])),
    () => model.encodeImageStream([], unknown()),
  ],
  similarity: [
    () => model.similarity(['Edema.', ['a', 'b'], { texts: ['c', 'd'] }, { image: film }]),
    () => model.similarity(['a'], ['a'], unknown()),
  ],
  classify: [() => all(model.classify([film], prompts)), () => model.classify([film], prompts, unknown())],
  ground: [() => model.ground(film, 'Edema.'), () => model.ground(film, 'a', unknown())],
  'ground of an encoding': [() => model.ground(encoding, 'Edema.', { smoothing: {} })],
  Grounding: [
    () =>
      new biovil.Grounding({
        grid: grounding.unsmoothed,
        film: grounding.film,
        framing: { resize: 288, crop: 256 },
      }),
    () => new biovil.Grounding(unknown()),
  ],
  heatmap: [() => grounding.heatmap(), () => grounding.heatmap(unknown())],
  boxes: [() => grounding.boxes(), () => grounding.boxes(unknown())],
  contours: [() => grounding.contours(), () => grounding.contours(unknown())],
  renderOverlay: [
    () => biovil.renderOverlay({ film: film.pixels, grounding, boxes, truth: boxes }).svg(),
    () => biovil.renderOverlay(unknown()),
  ],
  contrastToNoise: [
    () => biovil.contrastToNoise(map, boxes),
    () => biovil.contrastToNoise(map, boxes, unknown()),
  ],
  Embeddings: [
    () => new biovil.Embeddings(new Float32Array(2), [1, 2], { normalized: true }),
    () => new biovil.Embeddings(new Float32Array(2), [1, 2], unknown()),
  ],
  search: [() => biovil.search(vectors, vectors, 1), () => biovil.search(vectors, vectors, 1, unknown())],
  prepareFilm: [() => biovil.prepareFilm(film), () => biovil.prepareFilm(film, unknown())],
  inspectImage: [() => biovil.inspectImage(film), () => biovil.inspectImage(film, unknown())],
  'raw pixels': [() => biovil.prepareFilm(film), () => biovil.prepareFilm(Object.assign({ '?': 1 }, film))],
}

/** The same of functions that read files; Node's own file functions listen to a `signal` there. */
const fileCalls: typeof calls = {
  loadModel: [
    async () => {
      const loaded = await biovil.loadModel('biovil-demo')
      const { device, dtype, demonstration, untrained, image } = loaded.facts
      await loaded.close()
      return [
        device,
        dtype,
        demonstration,
        untrained,
        image?.resize,
        image?.crop,
        image?.sigma,
        image?.stride,
      ]
    },
    () => biovil.loadModel('biovil-demo', unknown()),
  ],
  inspectModel: [() => biovil.inspectModel('biovil-demo'), () => biovil.inspectModel('a', unknown())],
  openCheckpoint: [
    async () => [...(await biovil.openCheckpoint(join(root, 'models/biovil-demo'))).files],
    () => biovil.openCheckpoint('a', unknown()),
  ],
  loadTokenizer: [
    async () => [...(await biovil.loadTokenizer(join(root, 'models/biovil-demo'))).encodeIds('Édema')],
    () => biovil.loadTokenizer('a', unknown()),
  ],
  findLibtorch: [() => biovil.findLibtorch(), () => biovil.findLibtorch(unknown())],
  pullModel: [
    () => biovil.pullModel('biovil-demo').then(({ directory }) => directory),
    () => biovil.pullModel('biovil-demo', unknown()),
  ],
  'pullModel of a manifest': [
    () =>
      biovil.pullModel(manifest, { cacheDir: '/nowhere', localFilesOnly: true }).catch(({ code }) => code),
  ],
}

function unknown(): never {
  return { '?': 1 } as never
}

async function all(items: AsyncIterable<unknown>): Promise<unknown[]> {
  const found = []
  for await (const item of items) found.push(item)
  return found
}

/** A result as text, typed arrays as sums and values. */
function shown(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    ArrayBuffer.isView(part)
      ? Buffer.from(part.buffer, part.byteOffset, part.byteLength).toString('base64')
      : part,
  )
}

async function optionsOf(refuse: () => unknown): Promise<string[]> {
  try {
    await refuse()
  } catch (error) {
    const list = /Known options: (.*)$/.exec((error as Error).message)?.[1]
    if (list !== undefined) return list.split(', ')
  }
  throw new Error(`${refuse} names no options`)
}

const names = new Set(Object.keys(poison))
for (const [, refuse] of [...Object.values(calls), ...Object.values(fileCalls)])
  if (refuse) for (const name of await optionsOf(refuse)) names.add(name)
// These are given in every call.
for (const name of ['film', 'grounding', 'grid', 'framing', 'width', 'height']) names.delete(name)

const polluted = Object.prototype as unknown as Record<string, unknown>

/** The result of a call while names hang on Object.prototype. */
async function pollutedRun(run: () => unknown, some: readonly string[]): Promise<string> {
  for (const name of some) polluted[name] = poison[name] ?? evil
  const clean = () => {
    for (const name of some) delete polluted[name]
  }
  try {
    const result = await run()
    clean()
    return shown(result)
  } catch (error) {
    return String(error)
  } finally {
    clean()
  }
}

const wrong: string[] = []
for (const [group, skip] of [
  [calls, ''],
  [fileCalls, 'signal'],
] as const) {
  const some = [...names].filter((name) => name !== skip)
  for (const [call, [run]] of Object.entries(group)) {
    const expected = shown(await run())
    const together = await pollutedRun(run, some)
    if (together === expected) continue
    wrong.push(`${call} with all: ${together.slice(0, 200)}`)
    for (const name of some) {
      const found = await pollutedRun(run, [name])
      if (found !== expected) wrong.push(`${call} with Object.prototype.${name}: ${found.slice(0, 200)}`)
    }
  }
}
await model.close()
process.stdout.write(JSON.stringify({ wrong, names: [...names] }))
