/** Items a second of `work`, which does `count`: the median of up to five timed runs, after one that warms up. */
export async function rate(count: number, work: () => Promise<unknown>, seconds = 2): Promise<number> {
  await work()
  const rates: number[] = []
  const began = performance.now()
  while (rates.length < 5 && (rates.length === 0 || performance.now() - began < seconds * 1000)) {
    const start = performance.now()
    await work()
    rates.push((count * 1000) / (performance.now() - start))
  }
  rates.sort((a, b) => a - b)
  return Number((rates[rates.length >> 1] as number).toPrecision(3))
}
