import assert from 'node:assert/strict'
import { Embeddings, type Model, type TextInput } from 'biovil'
import { loadTiny, numberedText } from '../support/models.js'

/** `n` texts of 1 to 40 words, from a fixed generator; about one in five repeats another. */
function someTexts(n: number, seed = 1): string[] {
  let state = seed
  const next = (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
  return Array.from({ length: n }, () => {
    if (next(5) === 0) return numberedText([5 + next(10)])
    return numberedText(Array.from({ length: 1 + next(40) }, () => 5 + next(123)))
  })
}

function maxDifference(a: Float32Array, b: Float32Array): number {
  assert.equal(a.length, b.length)
  return a.reduce((max, value, i) => Math.max(max, Math.abs(value - (b[i] as number))), 0)
}

describe('Model#embedText()', () => {
  let model: Model
  before(async () => {
    model = await loadTiny()
  })
  after(() => model.close())

  it('gives one row of L2 norm 1 a text, dims [n, d]', async () => {
    const rows = await model.embedText(['w5 w6', 'w7'])
    assert.ok(rows instanceof Embeddings)
    assert.deepEqual(rows.dims, [2, 16])
    assert.equal(rows.data.length, 32)
    for (const row of rows) assert.ok(Math.abs(Math.hypot(...row) - 1) < 1e-6)
    assert.ok(maxDifference(rows.at(0), rows.at(1)) > 0.01, 'different texts give different rows')
  })

  it('takes one text, none, and an empty one', async () => {
    assert.deepEqual((await model.embedText('w5')).dims, [1, 16])
    assert.deepEqual((await model.embedText([])).dims, [0, 16])
    const empty = await model.embedText('')
    assert.ok(empty.data.every(Number.isFinite))
  })

  it('keeps input order across length-sorted batches', async () => {
    const texts = someTexts(300)
    const together = await model.embedText(texts, { tokenBudget: 64 })
    for (const i of [0, 1, 57, 150, 298, 299]) {
      const alone = await model.embedText(texts[i] as string)
      assert.ok(maxDifference(alone.data, together.at(i)) < 1e-5, `row ${i}`)
    }
  })

  it('does not depend on the composition of batches beyond 1e-5', async () => {
    const texts = someTexts(200, 9)
    const reference = await model.embedText(texts, { tokenBudget: 1 })
    for (const tokenBudget of [50, 1000, 100_000]) {
      assert.ok(maxDifference(reference.data, (await model.embedText(texts, { tokenBudget })).data) < 1e-5)
    }
  })

  it('computes equal texts once, also when they only tokenize alike', async () => {
    const progress: number[] = []
    const texts = ['w5 w6', 'W5  W6', 'w5 w6', 'w5 w6.']
    const rows = await model.embedText(texts, { onProgress: ({ done }) => progress.push(done) })
    assert.deepEqual(progress, [0, 4], 'one batch gave all four rows')
    for (const row of rows) assert.deepEqual(row, rows.at(0))
  })

  it('drops trailing "!?." as the reference engine does, or keeps it as the model card does', async () => {
    const [plain, dotted] = ['w5 w6', 'w5 w6?!.']
    const strip = await model.embedText([plain, dotted])
    assert.deepEqual(strip.at(0), strip.at(1))
    const keep = await model.embedText([plain, dotted], { punctuation: 'keep' })
    assert.ok(maxDifference(keep.at(0), keep.at(1)) > 0.01)
    assert.ok(maxDifference(keep.at(0), strip.at(0)) < 1e-5)
  })

  it('embeds pairs with token types 0 and 1', async () => {
    const rows = await model.embedText([['w5', 'w6'], 'w5 w6', ['w6', 'w5']])
    assert.ok(maxDifference(rows.at(0), rows.at(1)) > 1e-3)
    assert.ok(maxDifference(rows.at(0), rows.at(2)) > 1e-3)
  })

  it('gives un-normalised rows when asked', async () => {
    const raw = await model.embedText(['w5 w6'], { normalize: false })
    assert.equal(raw.normalized, false)
    const norm = Math.hypot(...raw.data)
    assert.ok(Math.abs(norm - 1) > 1e-3)
    assert.ok(maxDifference(raw.normalize().data, (await model.embedText('w5 w6')).data) < 1e-6)
  })

  it('turns invalid texts into NaN rows with onInvalid, and the others are not lost', async () => {
    const seen: [number, string | undefined][] = []
    const long = numberedText(new Array(511).fill(9))
    const texts = ['w5', 'w6 [CLS]', long, 'w7 \ud800', 42 as unknown as string, 'w8']
    const rows = await model.embedText(texts, {
      onInvalid: (error, index) => seen.push([index, (error as { code?: string }).code]),
    })
    assert.deepEqual(seen, [
      [1, 'ERR_SPECIAL_TOKEN'],
      [2, 'ERR_TEXT_TOO_LONG'],
      [3, 'ERR_LONE_SURROGATE'],
      [4, 'ERR_INVALID_ARG_TYPE'],
    ])
    for (const i of [1, 2, 3, 4]) assert.ok(rows.at(i).every(Number.isNaN))
    assert.ok(maxDifference(rows.at(5), (await model.embedText('w8')).data) < 1e-5)
  })

  it('takes 512 tokens and not one more', async () => {
    assert.equal((await model.embedText(numberedText(new Array(510).fill(9)))).length, 1)
    await assert.rejects(model.embedText(numberedText(new Array(511).fill(9))), { code: 'ERR_TEXT_TOO_LONG' })
  })

  it('accepts [MASK] and refuses other special tokens', async () => {
    assert.equal((await model.embedText('w5 [MASK]')).length, 1)
    for (const token of ['[CLS]', '[SEP]', '[PAD]', '[UNK]']) {
      await assert.rejects(model.embedText(`w5${token}w6`), { code: 'ERR_SPECIAL_TOKEN' })
    }
  })

  it('refuses wrong types and unknown options', async () => {
    const wrong = (texts: unknown, options?: unknown) =>
      model.embedText(texts as TextInput[], options as object)
    await assert.rejects(wrong(42), { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' })
    await assert.rejects(wrong(['w5', null]), { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' })
    await assert.rejects(wrong([['w5', 'w6', 'w7']]), { code: 'ERR_INVALID_ARG_TYPE' })
    await assert.rejects(wrong('w5', { normalise: true }), { name: 'TypeError', code: 'ERR_UNKNOWN_OPTION' })
    await assert.rejects(wrong('w5', { normalize: 'yes' }), { code: 'ERR_INVALID_ARG_TYPE' })
    await assert.rejects(wrong('w5', { tokenBudget: 0 }), { name: 'RangeError', code: 'ERR_OUT_OF_RANGE' })
    await assert.rejects(wrong('w5', { punctuation: 'drop' }), { code: 'ERR_INVALID_ARG_VALUE' })
  })

  it("rejects with the signal's reason, before and in the middle", async () => {
    const reason = new Error('no longer needed')
    await assert.rejects(model.embedText('w5', { signal: AbortSignal.abort(reason) }), reason)
    const controller = new AbortController()
    const texts = someTexts(3000, 4)
    const onProgress = ({ done }: { done: number }) => {
      if (done > 0) controller.abort(reason)
    }
    await assert.rejects(
      model.embedText(texts, { signal: controller.signal, onProgress, tokenBudget: 64 }),
      reason,
    )
    assert.equal((await model.embedText('w5')).length, 1, 'the model still works')
  })

  it('reports progress in texts up to the total', async () => {
    const seen: string[] = []
    await model.embedText(['w5', 'w6 w7 w8'], {
      tokenBudget: 3,
      onProgress: (p) => seen.push(`${p.stage} ${p.done}/${p.total} ${p.unit}`),
    })
    assert.deepEqual(seen, ['embed 0/2 texts', 'embed 1/2 texts', 'embed 2/2 texts'])
  })
})

describe('Model#embedTextStream()', () => {
  let model: Model
  before(async () => {
    model = await loadTiny()
  })
  after(() => model.close())

  it('gives the rows of embedText, in order, from iterables and async iterables', async () => {
    const texts = someTexts(5000, 2)
    const expected = await model.embedText(texts)
    async function* source() {
      yield* texts
    }
    for (const input of [texts, source()]) {
      let row = 0
      for await (const rows of model.embedTextStream(input)) {
        assert.ok(maxDifference(rows.data, expected.data.subarray(row * 16, (row + rows.length) * 16)) < 1e-5)
        row += rows.length
      }
      assert.equal(row, texts.length)
    }
  })

  it('embeds 100,000 texts in flat memory', async function () {
    this.timeout(180_000)
    function* texts() {
      for (let i = 0; i < 100_000; i++)
        yield numberedText([5 + (i % 123), 5 + ((i >> 7) % 123), 5 + ((i >> 14) % 123)])
    }
    let n = 0
    let early = 0
    let peak = 0
    for await (const rows of model.embedTextStream(texts())) {
      n += rows.length
      const { rss } = process.memoryUsage()
      if (n <= 20_000) early = Math.max(early, rss)
      else peak = Math.max(peak, rss)
    }
    assert.equal(n, 100_000)
    assert.ok(
      peak - early < 64e6,
      `resident memory grew by ${Math.round((peak - early) / 1e6)} MB after the first 20,000`,
    )
  })

  it('reports the index in the stream of an invalid text, and stops when the consumer does', async () => {
    const invalid: number[] = []
    const texts = Array.from({ length: 4200 }, (_, i) => (i === 4100 ? '[SEP]' : 'w5'))
    let rows = 0
    for await (const some of model.embedTextStream(texts, { onInvalid: (_, index) => invalid.push(index) }))
      rows += some.length
    assert.deepEqual([rows, invalid], [4200, [4100]])
    let pulled = 0
    let returned = false
    function* endless() {
      try {
        for (;;) yield `w${5 + (pulled++ % 100)}`
      } finally {
        returned = true
      }
    }
    for await (const _ of model.embedTextStream(endless())) break
    assert.ok(returned && pulled <= 4096)
  })

  it('refuses what is not iterable at once', () => {
    assert.throws(() => model.embedTextStream(42 as unknown as string[]), { code: 'ERR_INVALID_ARG_TYPE' })
  })
})

describe('Model#close()', () => {
  it('may come at any time; later calls say ERR_CLOSED', async () => {
    const model = await loadTiny()
    const running = model.embedText(someTexts(50))
    await model.close()
    await model.close()
    assert.equal(model.closed, true)
    // What the device has already been given finishes; what comes later is refused.
    await running.then(
      (rows) => assert.equal(rows.length, 50),
      (error: { code: string }) => assert.equal(error.code, 'ERR_CLOSED'),
    )
    await assert.rejects(model.embedText('w5'), { code: 'ERR_CLOSED' })
    await assert.rejects(model.fillMask('w5 [MASK]'), { code: 'ERR_CLOSED' })
  })

  it('is called by `await using`', async () => {
    let kept: Model
    {
      await using model = await loadTiny()
      kept = model
    }
    assert.equal(kept.closed, true)
  })
})
