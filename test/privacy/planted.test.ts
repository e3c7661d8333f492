import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { inspect } from 'node:util'
import { loadModel, loadTokenizer, type Model, prepareFilm } from 'biovil'
import { dicomFile, film as dicomFilm, type Item } from '../dicom/build.js'
import { biovil } from '../support/cli.js'
import { tinyImageDirectory } from '../support/models.js'
import { root } from '../support/root.js'
import { temporaryDirectory } from '../support/temp.js'

/** What must never come out of a message, a warning, a log or a state file. */
const planted = ['DOENAME', 'JANEFIRST', '47110815'] as const
const person = 'DOENAME^JANEFIRST, MRN 47110815'
const secret = new RegExp(planted.join('|'), 'i')

describe('names that are planted in the input', function () {
  this.timeout(120_000)
  const directory = temporaryDirectory()
  let model: Model
  let name: string

  before(async () => {
    name = await tinyImageDirectory('image')
    model = await loadModel(name, { device: 'cpu' })
  })
  after(() => model?.close())

  const path = (file: string) => join(directory(), file)

  describe('never come out of an error', () => {
    /** Everything that a server would log of it. */
    function assertSilent(error: unknown): void {
      assert.ok(error instanceof Error)
      assert.doesNotMatch(inspect(error, { depth: 6, showHidden: true }), secret)
      assert.doesNotMatch(`${error.message} ${error.stack} ${JSON.stringify(error)}`, secret)
    }

    const long = Array(600).fill(person).join(' ')
    const film = { pixels: new Uint8Array(64 * 64), width: 64, height: 64 }
    // biome-ignore lint/suspicious/noExplicitAny: arguments of the wrong types are what is tried
    const wrong = (value: unknown) => value as any
    const calls: Record<string, () => unknown> = {
      'a special token': () => model.embedText(`${person} [SEP]`),
      'a special token in a pair': () => model.embedText([[`${person} [CLS]`, 'b']]),
      'a text that is too long': () => model.embedText(long),
      'half a character': () => model.embedText(`${person} \ud800`),
      'hidden states of a text that is too long': () => model.hiddenStates([long]),
      'no mask': () => model.fillMask(person),
      'similarity of a special token': () => model.similarity([person, `${person} [SEP]`]),
      'similarity of a number': () => model.similarity(wrong([47110815])),
      'a number for a text': () => model.embedText(wrong([47110815])),
      'a big number for a text': () => model.embedText(wrong([47110815n])),
      'a text for options': () => model.embedText('a', wrong(person)),
      'a text for a flag': () => model.embedText('a', wrong({ normalize: person })),
      'a text for a number': () => model.fillMask('[MASK]', wrong({ topK: person })),
      'a text for the punctuation': () => model.embedText('a', wrong({ punctuation: person })),
      'a text for a pair of three': () => model.embedText(wrong([[person, person, person]])),
      'a text for tokenizing': () => model.tokenize(wrong(47110815)),
      'half a character to tokenize': () => model.tokenize(`${person}\udfff`),
      'a phrase with a special token': () => model.ground(film, `${person} [SEP]`),
      'a phrase that is a number': () => model.ground(film, wrong([47110815])),
      'a text for the prompt set': async () => {
        for await (const _ of model.classify([film], wrong(person)));
      },
      'labels that do not compare': async () => {
        for await (const _ of model.classify([film], {
          [person]: ['x'],
          b: { positive: ['y'], negative: ['z'] },
        }));
      },
      'a label twice': async () => {
        for await (const _ of model.classify([film], [person, person]));
      },
      'a label with a key too many': async () => {
        for await (const _ of model.classify([film], wrong({ a: { positive: ['x'], [person]: ['y'] } })));
      },
      'a prompt with a special token': async () => {
        for await (const _ of model.classify([film], [`${person} [SEP]`, 'b']));
      },
      'a text for a film': () => prepareFilm(wrong(47110815)),
      'a vocabulary that is a list of people': () => loadTokenizer(path('people.txt')),
    }
    before(() => writeFileSync(path('people.txt'), `${person}\n${person}\n`))
    for (const [what, call] of Object.entries(calls)) {
      it(what, async () => {
        await assert.rejects(
          async () => call(),
          (error) => {
            assertSilent(error)
            return true
          },
        )
      })
    }
  })

  describe('never come out of a DICOM file', () => {
    /** Whoever typed into the wrong field typed one word, as a code string is. */
    const tags: readonly (readonly [group: number, element: number, vr: string])[] = [
      [0x0002, 0x0010, 'UI'],
      [0x0008, 0x0008, 'CS'],
      [0x0008, 0x0016, 'UI'],
      [0x0008, 0x0060, 'CS'],
      [0x0008, 0x0064, 'CS'],
      [0x0008, 0x0068, 'CS'],
      [0x0010, 0x0010, 'PN'],
      [0x0010, 0x0020, 'LO'],
      [0x0018, 0x0015, 'CS'],
      [0x0018, 0x5101, 'CS'],
      [0x0020, 0x0020, 'CS'],
      [0x0020, 0x0062, 'CS'],
      [0x0028, 0x0004, 'CS'],
      [0x0028, 0x0008, 'IS'],
      [0x0028, 0x0030, 'DS'],
      [0x0028, 0x0034, 'IS'],
      [0x0028, 0x0301, 'CS'],
      [0x0028, 0x1040, 'CS'],
      [0x0028, 0x1050, 'DS'],
      [0x0028, 0x1051, 'DS'],
      [0x0028, 0x1052, 'DS'],
      [0x0028, 0x1053, 'DS'],
      [0x0028, 0x1056, 'CS'],
      [0x2050, 0x0020, 'CS'],
    ]
    const besides: Item[] = [
      [0x0028, 0x1050, 'DS', '100'],
      [0x0028, 0x1051, 'DS', '200'],
    ]
    for (const [group, element, vr] of tags) {
      const tag = [group, element].map((part) => part.toString(16).padStart(4, '0')).join()
      it(`(${tag})`, async () => {
        // A number in the field of a number is one.
        const words = ['DS', 'IS'].includes(vr) ? ['DOENAME'] : ['DOENAME', '47110815A', person]
        for (const word of words) {
          const item: Item = [group, element, vr, word]
          const items = dicomFilm(...besides, ...(group === 2 ? [] : [item]))
          const bytes = dicomFile(items, group === 2 ? { syntax: word } : {})
          for (const dicom of ['display', 'reference'] as const) {
            const told = await prepareFilm(bytes, { dicom }).then(
              ({ crop: _, ...facts }) => facts as object,
              (error: unknown) => error,
            )
            assert.doesNotMatch(inspect(told, { depth: 6 }), secret)
          }
        }
      })
    }
  })

  describe('never come out of a command', () => {
    const files: Record<string, string> = {
      'special.txt': `${person} [SEP]\nfine\n`,
      'long.txt': `${Array(600).fill(person).join(' ')}\nfine\n`,
      'broken.jsonl': `{"text": "${person}\n"${person}\n${person}\n{"${person}": "x"}\n{"text": 47110815}\n"fine"\n`,
      'header.csv': `${person.replaceAll(', ', ' ')},other\nx,y\n`,
      'ragged.csv': `text,other\n"${person}",b\n"${person}",b,c\n`,
      'quote.csv': `text,other\n"${person}" x,b\n`,
      'quote2.csv': `text,other\n${person.replace(',', '')} "x",b\n`,
      'open.csv': `text,other\n"${person},b\n`,
      'people.json': `{"${person}": ["x"`,
      'labels.json': `{"${person}": ["x"], "b": {"positive": ["y"], "negative": ["z"]}}`,
      'labels2.json': `{"a": {"${person}": ["x"]}}`,
      'labels3.json': `["${person}", 47110815]`,
    }
    before(() => {
      for (const [file, text] of Object.entries(files)) writeFileSync(path(file), text)
    })

    const embed = (file: string, ...more: string[]) => [
      'embed',
      path(file),
      '--output',
      path(`${file}.npy`),
      ...more,
    ]
    const commands: Record<string, () => string[]> = {
      ...Object.fromEntries(
        Object.keys(files)
          .filter((file) => !file.endsWith('.json'))
          .map((file) => [`embed ${file}`, () => embed(file)]),
      ),
      'embed with another column': () => embed('header.csv', '--column', 'findings'),
      ...Object.fromEntries(
        ['people.json', 'labels.json', 'labels2.json', 'labels3.json'].map((file) => [
          `classify with ${file}`,
          () => ['classify', join(process.cwd(), 'examples/films'), '--prompts', path(file)],
        ]),
      ),
      'similarity of a special token': () => ['similarity', '--text', `${person} [SEP]`, '--text', 'b'],
      'fill-mask without a mask': () => ['fill-mask', person],
      'a text too many': () => ['fill-mask', '[MASK]', person],
      'a text that begins with a dash': () => ['fill-mask', `-${person} [MASK]`],
      'a text that begins with two': () => ['fill-mask', `--${person} [MASK]`],
    }
    for (const [what, args] of Object.entries(commands)) {
      it(what, async () => {
        const { stderr, code } = await biovil([...args(), '--model', name])
        assert.notEqual(code, 0)
        assert.notEqual(stderr, '')
        assert.doesNotMatch(stderr, secret)
      })
    }

    it('nor of a text in the place of the command', async () => {
      assert.doesNotMatch((await biovil([person])).stderr, secret)
      assert.doesNotMatch((await biovil(['--help', person])).stderr, secret)
    })

    it('nor of what an interrupted run leaves beside its output', async () => {
      writeFileSync(
        path('many.txt'),
        `${person}\n`.repeat(30_000).replaceAll(/47110815/g, (found, at) => `${found}${at}`),
      )
      const output = path('many.npy')
      const child = spawn(process.execPath, [
        join(root, 'dist/cli/main.js'),
        'embed',
        path('many.txt'),
        '--output',
        output,
        '--model',
        name,
      ])
      let stderr = ''
      child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text))
      while (!existsSync(`${output}.part.json`) && child.exitCode === null) await setTimeout(20)
      child.kill('SIGTERM')
      await once(child, 'exit')
      const left = readdirSync(directory()).filter((file) => file.startsWith('many.npy'))
      assert.ok(left.length > 1, stderr)
      for (const file of left) assert.doesNotMatch(readFileSync(path(file), 'latin1'), secret)
      assert.doesNotMatch(stderr, secret)
    })
  })
})
