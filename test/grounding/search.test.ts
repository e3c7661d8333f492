import assert from 'node:assert/strict'
import { Embeddings } from 'biovil'
import { search } from './internals.js'

function embeddings(rows: readonly (readonly number[])[], normalized = false): Embeddings {
  const data = Float32Array.from(rows.flat())
  return new Embeddings(data, [rows.length, rows[0]?.length ?? 4], { normalized, untrained: false })
}

function noise(n: number, d: number, seed: number): Embeddings {
  let state = seed
  const data = Float32Array.from({ length: n * d }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32 - 0.5
  })
  return new Embeddings(data, [n, d], { normalized: false, untrained: false })
}

describe('search', () => {
  it('finds the most similar rows by cosine, best first', async () => {
    const rows = embeddings([
      [0, 5],
      [1, 1],
      [3, 0],
      [-1, 0],
    ])
    const [found] = await search(Float32Array.from([2, 0]), rows, 3)
    assert.deepEqual(
      found?.map(({ index }) => index),
      [2, 1, 0],
    )
    assert.equal(found?.[0]?.score, 1)
    assert.ok(Math.abs((found?.[1]?.score ?? 0) - Math.SQRT1_2) < 1e-7)
  })

  it('agrees with sorting all similarities', async () => {
    const rows = noise(3000, 16, 1)
    const queries = noise(5, 16, 2)
    const all = queries.similarity(rows)
    for (const k of [1, 7, 100, 3000, 5000]) {
      const found = await search(queries, rows, k)
      assert.equal(found.length, 5)
      for (const [i, results] of found.entries()) {
        const scores = Array.from(all.subarray(i * 3000, (i + 1) * 3000))
        const order = scores.map((_, index) => index)
        order.sort((a, b) => (scores[b] as number) - (scores[a] as number) || a - b)
        assert.equal(results.length, Math.min(k, 3000))
        for (const [rank, { score }] of results.entries()) {
          const expected = scores[order[rank] as number] as number
          assert.ok(Math.abs(score - expected) < 1e-6, `rank ${rank}: ${score}, expected ${expected}`)
        }
        assert.equal(new Set(results.map(({ index }) => index)).size, results.length)
      }
    }
  })

  it('gives the earlier of equal rows', async () => {
    const rows = embeddings(Array.from({ length: 20 }, () => [1, 2, 2]))
    const [found] = await search(rows.at(0), rows, 3)
    assert.deepEqual(
      found?.map(({ index }) => index),
      [0, 1, 2],
    )
  })

  it('passes over rows of NaN, and finds nothing for a query of NaN', async () => {
    const rows = embeddings(
      [
        [Number.NaN, Number.NaN],
        [0, 1],
      ],
      true,
    )
    const [found] = await search(Float32Array.from([1, 0]), rows, 5)
    assert.deepEqual(found, [{ index: 1, score: 0 }])
    assert.deepEqual(await search(rows, rows, 5), [[], [{ index: 1, score: 1 }]])
  })

  it('has no results without rows, and no lists without queries', async () => {
    const none = new Embeddings(new Float32Array(0), [0, 2], { normalized: true, untrained: false })
    assert.deepEqual(await search(Float32Array.from([1, 0]), none, 5), [[]])
    assert.deepEqual(await search(none, embeddings([[1, 0]]), 5), [])
  })

  it('lets the event loop turn and stops when aborted', async () => {
    const rows = noise(200_000, 32, 3)
    let turns = 0
    const timer = setInterval(() => turns++, 1)
    await search(noise(8, 32, 4), rows, 10)
    clearInterval(timer)
    assert.ok(turns > 0)
    const controller = new AbortController()
    const reason = new Error('enough')
    const running = search(noise(8, 32, 4), rows, 10, { signal: controller.signal })
    setImmediate(() => controller.abort(reason))
    await assert.rejects(running, (error) => error === reason)
  })

  it('refuses what it cannot compare', async () => {
    const rows = embeddings([[1, 0]])
    await assert.rejects(search(Float32Array.from([1]), rows, 1), { code: 'ERR_INVALID_ARG_VALUE' })
    await assert.rejects(search(Float32Array.from([1, 0]), rows, 0), { code: 'ERR_OUT_OF_RANGE' })
    await assert.rejects(search([1, 0] as unknown as Float32Array, rows, 1), { code: 'ERR_INVALID_ARG_TYPE' })
    const list = [[1, 0]] as unknown as Embeddings
    await assert.rejects(search(rows, list, 1), { code: 'ERR_INVALID_ARG_TYPE' })
    await assert.rejects(search(rows, rows, 1, { limit: 1 } as object), { code: 'ERR_UNKNOWN_OPTION' })
  })
})
