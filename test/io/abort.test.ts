import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { prepareFilm } from 'biovil'

// Node.js prints a warning of a leak to the process of the user when a signal has eleven listeners.
describe('one signal for many films', () => {
  const film = { pixels: Uint8Array.from({ length: 64 }, (_, i) => i), width: 8, height: 8 }
  const png = new URL('../../../examples/films/phantom-000120.png', import.meta.url)

  it('has one listener, and none afterwards', async () => {
    const { signal } = new AbortController()
    const films = Array.from({ length: 30 }, (_, i) => prepareFilm(i % 2 === 0 ? film : png, { signal }))
    let most = 0
    const timer = setInterval(() => {
      most = Math.max(most, getEventListeners(signal, 'abort').length)
    })
    most = getEventListeners(signal, 'abort').length
    await Promise.all(films)
    clearInterval(timer)
    assert.equal(most, 1)
    assert.equal(getEventListeners(signal, 'abort').length, 0)
  })

  it('still stops every one of them', async () => {
    const controller = new AbortController()
    const films = Array.from({ length: 30 }, () => prepareFilm(png, { signal: controller.signal }))
    const reason = new Error('enough')
    controller.abort(reason)
    for (const { status, ...rest } of await Promise.allSettled(films)) {
      assert.equal(status, 'rejected')
      assert.equal((rest as { reason: unknown }).reason, reason)
    }
  })
})
