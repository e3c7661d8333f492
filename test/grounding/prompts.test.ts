import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Embeddings, type PromptSetName, type Prompts, promptSet, promptSetNames } from 'biovil'
import { temporaryDirectory } from '../support/temp.js'
import { embedLabels, ensemble, promptTexts, readPromptFile, readPrompts, scoreLabels } from './internals.js'

describe('prompt sets', () => {
  it("are the reference's pneumonia prompts, the eight MS-CXR findings and the 14 CheXpert labels", () => {
    assert.deepEqual(promptSetNames, ['pneumonia', 'ms-cxr', 'chexpert', 'biovil-demo'])
    const [pneumonia] = promptSet('pneumonia')
    assert.deepEqual(pneumonia?.positive, [
      'Findings consistent with pneumonia',
      'Findings suggesting pneumonia',
      'This opacity can represent pneumonia',
      'Findings are most compatible with pneumonia',
    ])
    assert.deepEqual(pneumonia?.negative, [
      'There is no pneumonia',
      'No evidence of pneumonia',
      'No evidence of acute pneumonia',
      'No signs of pneumonia',
    ])
    assert.deepEqual(
      promptSet('ms-cxr').map(({ label }) => label),
      [
        'Atelectasis',
        'Cardiomegaly',
        'Consolidation',
        'Edema',
        'Lung Opacity',
        'Pleural Effusion',
        'Pneumonia',
        'Pneumothorax',
      ],
    )
    assert.equal(promptSet('chexpert').length, 14)
  })

  it('have several prompts a side and none on both', () => {
    for (const { label, positive, negative } of promptSetNames.flatMap(promptSet)) {
      assert.ok(positive.length >= 3 && negative.length >= 3, label)
      assert.equal(new Set([...positive, ...negative]).size, positive.length + negative.length, label)
      for (const text of [...positive, ...negative]) assert.match(text, /^[A-Z][\w ,-]+$/)
    }
  })

  it('are refused under other names', () => {
    assert.throws(() => promptSet('toString' as PromptSetName), { code: 'ERR_INVALID_ARG_VALUE' })
    assert.throws(() => promptSet(1 as unknown as PromptSetName), { code: 'ERR_INVALID_ARG_TYPE' })
  })
})

describe('prompts of the user', () => {
  const directory = temporaryDirectory()

  it('may be labels, a prompt or prompts a label, or positive and negative ones', () => {
    assert.deepEqual(readPrompts(['Edema', 'Fracture']), [
      { label: 'Edema', positive: ['Edema'], negative: [] },
      { label: 'Fracture', positive: ['Fracture'], negative: [] },
    ])
    assert.deepEqual(readPrompts({ a: 'One', b: ['Two', 'Three'] }), [
      { label: 'a', positive: ['One'], negative: [] },
      { label: 'b', positive: ['Two', 'Three'], negative: [] },
    ])
    assert.deepEqual(readPrompts({ a: { positive: ['Yes'], negative: ['No', 'Not'] } }), [
      { label: 'a', positive: ['Yes'], negative: ['No', 'Not'] },
    ])
  })

  const wrong: [what: string, prompts: unknown, code: string, message: RegExp][] = [
    ['no object', 5, 'ERR_INVALID_ARG_TYPE', /prompts/],
    ['null', null, 'ERR_INVALID_ARG_TYPE', /null/],
    ['no label', {}, 'ERR_INVALID_ARG_VALUE', /at least one label/],
    ['no prompt', { a: [] }, 'ERR_INVALID_ARG_VALUE', /label 0/],
    ['an empty prompt', { a: ['x', ' '] }, 'ERR_INVALID_ARG_VALUE', /label 0, prompt 1/],
    ['a number', { a: [3] }, 'ERR_INVALID_ARG_TYPE', /label 0, prompt 0/],
    ['a number for a label', { a: 3 }, 'ERR_INVALID_ARG_TYPE', /label 0/],
    ['no positive prompts', { a: { negative: ['x'] } }, 'ERR_INVALID_ARG_TYPE', /positive/],
    [
      'a misspelt side',
      { a: { positive: ['x'], negatve: ['y'] } },
      'ERR_INVALID_ARG_VALUE',
      /label 0 .*another key/,
    ],
    ['a label twice', ['a', 'a'], 'ERR_INVALID_ARG_VALUE', /labels 0 and 1/],
    ['one label without negatives', { a: ['x'] }, 'ERR_INVALID_ARG_VALUE', /only label/],
    [
      'labels that do not compare',
      { a: ['x'], b: { positive: ['y'], negative: ['z'] } },
      'ERR_INVALID_ARG_VALUE',
      /labels 0 have none/,
    ],
  ]
  for (const [what, prompts, code, message] of wrong) {
    it(`are refused: ${what}`, () => {
      assert.throws(() => readPrompts(prompts as Prompts), { code, message })
    })
  }

  it('are read from a file, whose path is in every complaint', async () => {
    const write = (name: string, text: string) => {
      const path = join(directory(), name)
      writeFileSync(path, text)
      return path
    }
    const good = write('good.json', '{"a": {"positive": ["x"], "negative": ["y"]}}')
    assert.deepEqual(await readPromptFile(good), [{ label: 'a', positive: ['x'], negative: ['y'] }])
    for (const path of [
      write('broken.json', '{"a": '),
      write('wrong.json', '{"a": 3}'),
      join(directory(), 'absent.json'),
    ]) {
      await assert.rejects(readPromptFile(path), (error: NodeJS.ErrnoException) => {
        assert.equal(error.code, 'ERR_INPUT')
        assert.ok(error.message.includes(path))
        return true
      })
    }
  })
})

describe('prompt scores', () => {
  const labels = readPrompts({
    a: { positive: ['p', 'q'], negative: ['n'] },
    b: { positive: ['r'], negative: ['s'] },
  })

  it('average what is not normalised, then scale', () => {
    assert.deepEqual(Array.from(ensemble(Float32Array.from([6, 0, 0, 8]), 2)), [
      Math.fround(0.6),
      Math.fround(0.8),
    ])
  })

  it('are margins and softmax pairs', () => {
    assert.deepEqual(promptTexts(labels), ['p', 'q', 'n', 'r', 's'])
    const rows = Float32Array.from([6, 0, 0, 8, 0, 1, 2, 0, -3, 0])
    const embeddings = new Embeddings(rows, [5, 2], { normalized: false, untrained: false })
    const [a, b] = scoreLabels(Float32Array.from([5, 0]), embedLabels(labels, embeddings), 0.5)
    // a: cosine 0.6 with the mean of (6, 0) and (0, 8), 0 with (0, 1). b: 1 and -1.
    assert.equal(a?.label, 'a')
    assert.ok(Math.abs((a?.margin ?? 0) - 0.6) < 1e-7)
    assert.ok(Math.abs((a?.similarity ?? 0) - 0.6) < 1e-7)
    assert.ok(Math.abs((a?.softmax ?? 0) - 1 / (1 + Math.exp(-0.6 / 0.5))) < 1e-7)
    assert.equal(b?.margin, 2)
    assert.equal(b?.softmax, 1 / (1 + Math.exp(-4)))
  })

  it('are softmax and margin over the labels without negative prompts', () => {
    const alone = readPrompts(['x', 'y', 'z'])
    const rows = Float32Array.from([1, 0, 0, 2, -4, 0])
    const embeddings = new Embeddings(rows, [3, 2], { normalized: false, untrained: false })
    const scores = scoreLabels(Float32Array.from([1, 0]), embedLabels(alone, embeddings), 1)
    assert.deepEqual(
      scores.map(({ margin }) => margin),
      [1, -1, -2],
    )
    const total = Math.E + 1 + 1 / Math.E
    for (const [i, expected] of [Math.E, 1, 1 / Math.E].entries()) {
      assert.ok(Math.abs((scores[i]?.softmax ?? 0) - expected / total) < 1e-12)
    }
  })

  it('refuse embeddings that are normalised or too few, and temperatures that are none', () => {
    const make = (n: number, normalized: boolean) =>
      new Embeddings(new Float32Array(n * 2), [n, 2], { normalized, untrained: false })
    assert.throws(() => embedLabels(labels, make(5, true)), { code: 'ERR_INVALID_ARG_VALUE' })
    assert.throws(() => embedLabels(labels, make(4, false)), { code: 'ERR_INVALID_ARG_VALUE' })
    for (const temperature of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      assert.throws(() => scoreLabels(new Float32Array(2), [], temperature), { code: 'ERR_OUT_OF_RANGE' })
    }
  })
})
