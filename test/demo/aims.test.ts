import assert from 'node:assert/strict'
import { aims, floors, metrics } from './thresholds.js'

describe('the evaluation of the demonstration model', () => {
  it('reached every aim, on enough films', () => {
    const { films, measured, aims: written } = metrics()
    assert.ok(films >= 600, `${films} films`)
    assert.deepEqual(written, aims)
    for (const [name, aim] of Object.entries(aims))
      assert.ok(
        (measured[name] ?? Number.NaN) >= aim,
        `${name} is ${measured[name]}, expected at least ${aim}`,
      )
  })

  it('wrote thresholds that a worse model does not reach', () => {
    const { thresholds = {} } = metrics()
    assert.deepEqual(Object.keys(thresholds).sort(), Object.keys(floors).sort())
    for (const [name, floor] of Object.entries(floors))
      assert.ok((thresholds[name] as number) >= floor, `${name}: ${thresholds[name]} is below ${floor}`)
  })
})
