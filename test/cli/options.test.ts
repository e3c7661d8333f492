import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from '../../dist/cli/command.js'
import { biovil } from '../support/cli.js'
import { temporaryDirectory } from '../support/temp.js'
import { allCommands } from './internals.js'

/** The option has an effect in whatever way the command is used. */
const ALWAYS = Symbol('always')

/** Ways to use a command in which the option has no effect; `DIR` does not exist, so what gets further ends with 1. */
type Inapplicable = typeof ALWAYS | readonly string[]

const always = (...names: string[]): Record<string, Inapplicable> =>
  Object.fromEntries(names.map((name) => [name, ALWAYS]))
const model = always('model', 'device', 'dtype', 'threads', 'offline', 'cache-dir', 'libtorch', 'graph')
const nowhere = (args: readonly string[], ...names: string[]): Record<string, Inapplicable> =>
  Object.fromEntries(names.map((name) => [name, args]))
const pixelNames = ['dicom', 'frame', 'percentiles', 'max-pixels', 'decode-memory']
const framingNames = ['resize', 'crop', 'stride']
const ofTexts = ['embed', 'a.txt', '-m', 'DIR', '-o', 'x.npy']
const ofImages = ['embed', '--image', 'a.png', '-m', 'DIR', '-o', 'x.npy']
const similarTexts = ['similarity', '-m', 'DIR', '--text', 'a', '--text', 'b']
const imageOnly = ['synthesize', 'DIR', '--seed', '1', '--parts', 'image']
const grounded = ['ground', 'a.png', 'b', '-m', 'DIR']
const install = ['libtorch', 'install']
const path = ['libtorch', 'path']

/** For every option of every command: always, or where it does not apply. A new option needs a line here. */
const table: Record<string, Record<string, Inapplicable>> = {
  embed: {
    ...model,
    output: ALWAYS,
    resume: ALWAYS,
    'no-normalize': ALWAYS,
    image: ALWAYS,
    ...nowhere(ofTexts, 'what', 'jobs', ...pixelNames, ...framingNames),
    ...nowhere(ofImages, 'column', 'format', 'keep-punctuation'),
  },
  similarity: {
    ...model,
    text: ALWAYS,
    image: ALWAYS,
    'keep-punctuation': ALWAYS,
    json: ALWAYS,
    ...nowhere(similarTexts, ...pixelNames, ...framingNames),
  },
  'fill-mask': { ...model, 'top-k': ALWAYS, 'keep-punctuation': ALWAYS, json: ALWAYS },
  tokenize: {
    model: ['tokenize', 'a', '--vocab', 'vocab.txt'],
    vocab: ['tokenize', 'a', '-m', 'DIR'],
    offline: ['tokenize', 'a', '--vocab', 'vocab.txt'],
    'cache-dir': ['tokenize', 'a', '--vocab', 'vocab.txt'],
    json: ALWAYS,
  },
  classify: {
    ...model,
    ...always(...pixelNames, ...framingNames),
    prompts: ALWAYS,
    jobs: ALWAYS,
    output: ALWAYS,
    json: ['classify', 'a.png', '-m', 'DIR', '-o', 'x.jsonl'],
    resume: ['classify', 'a.png', '-m', 'DIR'],
  },
  ground: {
    ...model,
    ...nowhere(grounded, 'truth', 'range', 'colormap'),
    ...always(...pixelNames, ...framingNames),
    ...always('prior', 'png', 'svg', 'npy', 'interpolation', 'threshold', 'padding', 'json'),
  },
  inspect: { ...always(...pixelNames), png: ALWAYS, json: ALWAYS },
  models: { 'cache-dir': ALWAYS, json: ALWAYS },
  pull: { revision: ['pull', 'biovil-demo'], 'cache-dir': ['pull', 'biovil-demo'], json: ALWAYS },
  info: { model: ['info', 'DIR'], 'cache-dir': ALWAYS, json: ALWAYS },
  verify: { ...model, model: ['verify', 'DIR'], json: ALWAYS },
  synthesize: {
    seed: ALWAYS,
    parts: ALWAYS,
    projection: ALWAYS,
    json: ALWAYS,
    'image-width': ['synthesize', 'DIR', '--seed', '1'],
    ...Object.fromEntries(
      ['vocab', 'format', 'layers', 'heads', 'hidden', 'intermediate', 'positions', 'vocab-size'].map(
        (name) => [name, imageOnly],
      ),
    ),
  },
  libtorch: {
    cpu: [...path, '--cuda'],
    cuda: [...path, '--cpu'],
    headers: path,
    from: path,
    force: path,
    'allow-unverified': [...install, '--from', 'DIR'],
    json: install,
  },
}

/** Positional arguments that are one too many. */
const tooMany: Record<string, readonly string[]> = {
  embed: ['embed', 'a.txt', 'b.txt', '-m', 'DIR', '-o', 'x.npy'],
  similarity: ['similarity', 'a', '-m', 'DIR', '--text', 'a', '--text', 'b'],
  ground: ['ground', 'a.png', 'b', 'c', '-m', 'DIR'],
  inspect: ['inspect', 'a.png', 'b.png'],
  models: ['models', 'biovil'],
  pull: ['pull', 'biovil-demo', 'biovil-t'],
  info: ['info', 'biovil-demo', 'second', 'third'],
  verify: ['verify', 'biovil-demo', 'second'],
  synthesize: ['synthesize', 'DIR', 'DIR2', '--seed', '1'],
  libtorch: ['libtorch', 'path', 'DIR'],
}

/** Commands that take any number of texts or files. */
const unlimited = ['fill-mask', 'tokenize', 'classify']

/** A value that fits the kind of the option, where another would be refused for itself. */
const value: Record<string, string> = {
  dicom: 'display',
  frame: '0',
  percentiles: '1,99',
  resize: '512',
  crop: '480',
  stride: '32',
  what: 'global',
  truth: '1,2,3,4',
  range: '0,1',
  colormap: 'magma',
  jobs: '2',
  format: 'csv',
  layers: '2',
  heads: '2',
  hidden: '8',
  intermediate: '8',
  positions: '8',
  'vocab-size': '8',
  'image-width': '8',
}

const pixels = [
  ['--dicom', 'nonsense'],
  ['--frame', 'x'],
  ['--frame', '-1'],
  ['--max-pixels', '1e9'],
  ['--decode-memory', '0'],
  ['--percentiles', '99,1'],
]
const framing = [
  ['--crop', 'x'],
  ['--resize', '0'],
  ['--stride', '1.5'],
]
const loading = [
  ['--device', 'gpu'],
  ['--device', 'cuda:x'],
  ['--dtype', 'nonsense'],
  ['--threads', '0'],
  ['--threads', '1.5'],
  ['--threads', '99999'],
]
const jobs = [
  ['--jobs', '0'],
  ['--jobs', '5000'],
]

/** Values that are wrong whatever the files hold, so that neither model nor film is looked for. */
const badValues: readonly (readonly [args: readonly string[], bad: readonly (readonly string[])[]])[] = [
  [ofTexts, [...loading, ['--format', 'banana'], ['--column', 'a']]],
  [ofImages, [...loading, ...framing, ...pixels, ...jobs, ['--what', 'nothing']]],
  [similarTexts, loading],
  [
    ['similarity', '-m', 'DIR', '--image', 'a.png', '--text', 'a'],
    [...loading, ...pixels],
  ],
  [
    ['fill-mask', 'a [MASK]', '-m', 'DIR'],
    [...loading, ['--top-k', '0'], ['--top-k', 'many']],
  ],
  [
    ['classify', 'a.png', '-m', 'DIR'],
    [...loading, ...pixels, ...jobs, ['--output', 'x.npy']],
  ],
  [
    ['ground', 'a.png', 'b', '-m', 'DIR'],
    [
      ...loading,
      ...pixels,
      ['--interpolation', 'cubic'],
      ['--padding', 'wrap'],
      ['--threshold', 'high'],
      ['--threshold', '120%'],
      ['--threshold', '%'],
      ['--truth', '1,2,3', '--png', 'x.png'],
      ['--truth', '1,2,3,-4', '--png', 'x.png'],
      ['--truth', '1,2,,4', '--svg', 'x.svg'],
      ['--range', '1,-1', '--png', 'x.png'],
      ['--colormap', 'jet', '--png', 'x.png'],
    ],
  ],
  [['inspect', 'a.png'], pixels],
  [['verify', 'DIR'], loading],
  [
    ['synthesize', 'DIR', '--seed', '1'],
    [
      ['--seed', 'x'],
      ['--parts', 'text,audio'],
      ['--format', 'onnx'],
      ['--layers', '0'],
      ['--heads', '7'],
      ['--projection', 'some'],
      ['--vocab-size', '1'],
    ],
  ],
  [['pull', 'biovil'], [['--revision', '../..']]],
]

describe('options of commands', function () {
  this.timeout(180_000)
  const directory = temporaryDirectory()
  let commands: ReadonlyMap<string, Command>
  let cwd: string
  before(async () => {
    commands = await allCommands()
    cwd = join(directory(), 'work')
    mkdirSync(cwd)
    writeFileSync(join(cwd, 'vocab.txt'), '[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n')
  })

  /** Neither libtorch nor network can be reached: a command that goes on ends with 1. */
  const run = (args: readonly string[]) =>
    biovil(args, { cwd, env: { BIOVIL_LIBTORCH: join(cwd, 'none'), HF_ENDPOINT: 'http://127.0.0.1:9' } })

  async function isRefused(args: readonly string[], message: RegExp): Promise<void> {
    const { code, stdout, stderr } = await run(args)
    const shown = `${args.join(' ')}: ${stderr}`
    assert.deepEqual([code, stdout], [2, ''], shown)
    assert.match(stderr, message, shown)
    assert.doesNotMatch(stderr, /\n\s+at |ENOENT|ERR_MODEL_UNKNOWN/, shown)
  }

  it('are all in the table', () => {
    assert.deepEqual(Object.keys(table).sort(), [...commands.keys()].sort())
    for (const [name, { options }] of commands)
      assert.deepEqual(Object.keys(table[name] ?? {}).sort(), Object.keys(options).sort(), name)
    assert.deepEqual([...Object.keys(tooMany), ...unlimited].sort(), [...commands.keys()].sort())
  })

  for (const [name, options] of Object.entries(table)) {
    const cases = Object.entries(options).filter(([, args]) => args !== ALWAYS)
    if (cases.length === 0) continue
    it(`are refused by ${name} where they do not apply`, async () => {
      for (const [option, args] of cases) {
        const isFlag = commands.get(name)?.options[option]?.type === 'boolean'
        const given = [`--${option}`, ...(isFlag ? [] : [value[option] ?? 'some'])]
        await isRefused([...(args as readonly string[]), ...given], /--|NAME\|DIR/)
      }
    })
  }

  it('and arguments that are too many, too', async () => {
    for (const args of Object.values(tooMany))
      await isRefused(args, /Unexpected argument|Expected (one|at most)/)
    await isRefused(['--version', 'x'], /Unexpected argument/)
    await isRefused(['--help', 'embed'], /Unexpected argument/)
    await isRefused([...ofImages, '-'], /stdin/)
  })

  for (const [args, bad] of badValues) {
    it(`have their values checked before anything is looked for: ${args.join(' ')}`, async () => {
      // Without the wrong value the same command gets as far as the files.
      if (args[0] !== 'synthesize') assert.equal((await run(args)).code, 1, args.join(' '))
      for (const given of bad)
        await isRefused([...args, ...given], new RegExp(String(given[0]?.slice(2, 7)), 'i'))
    })
  }
})
