import assert from 'node:assert/strict'

const module = new URL('text/batches.js', import.meta.resolve('biovil')).href
const { planBatches, Sequences } = (await import(module)) as typeof import('../../dist/text/batches.js')

/** The lengths in each batch for sequences of the given lengths. */
function plan(lengths: readonly number[], tokenBudget: number): number[][] {
  const sequences = new Sequences()
  for (const length of lengths) sequences.push(new Int32Array(length))
  const batches = planBatches(sequences, tokenBudget)
  assert.deepEqual(
    batches.flat().sort((a, b) => a - b),
    lengths.map((_, i) => i),
    'every sequence once',
  )
  return batches.map((batch) => batch.map((i) => lengths[i] as number))
}

describe('batches of texts', () => {
  it('keep short texts away from long ones where the padding costs more than another batch', () => {
    const mixed = Array.from({ length: 40 }, (_, i) => (i % 2 ? 4 : 20))
    assert.deepEqual(plan(mixed, 1024), [new Array(20).fill(20), new Array(20).fill(4)])
    assert.deepEqual(plan([5, 8, 4, 6], 1024), [[8, 6, 5, 4]])
  })

  it('stay within the budget, but for a text that is longer than it', () => {
    const lengths = Array.from({ length: 500 }, (_, i) => 2 + ((i * 37) % 61))
    for (const budget of [1, 64, 1000]) {
      for (const batch of plan(lengths, budget))
        assert.ok(batch.length === 1 || Math.max(...batch) * batch.length <= budget)
    }
    assert.deepEqual(plan([], 1024), [])
  })
})
