import { argumentError, describe, wrongType } from '../errors.js'
import { own } from '../options.js'
import type { Rectangle } from './types.js'

const sides = ['x', 'y', 'width', 'height'] as const

/**
 * Checks boxes that a caller gave: an array of `{ x, y, width, height }`, own finite numbers, no size negative. Data sets
 * have them as arrays, as `{ x, y, w, h }` and as strings; taken as they are, such boxes would give plausible figures.
 *
 * @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE for a negative size
 */
export function readBoxes(value: unknown, name: string): readonly Rectangle[] {
  if (!Array.isArray(value)) throw wrongType(name, 'an array of boxes { x, y, width, height }', value)
  for (const [i, box] of value.entries()) readBox(box, `${name}[${i}]`)
  return value
}

function readBox(box: unknown, name: string): void {
  if (typeof box !== 'object' || box === null) throw wrongBox(name, describe(box))
  if (Array.isArray(box)) {
    const mend = '. Make it one with ([x, y, width, height]) => ({ x, y, width, height })'
    throw wrongBox(name, describe(box), mend)
  }
  for (const side of sides) {
    const size = own(box, side)
    if (size === undefined) throw wrongBox(name, `one without ${side}`, namedOtherwise(box))
    if (typeof size !== 'number') throw wrongType(`${name}.${side}`, 'a number', size)
    if (!Number.isFinite(size)) {
      const message = `Expected a finite number for ${name}.${side} but received ${size}`
      throw argumentError('ERR_INVALID_ARG_TYPE', message)
    }
    if (size < 0 && (side === 'width' || side === 'height')) {
      const message = `Expected a number from 0 for ${name}.${side} but received ${size}: x and y are the top left corner`
      throw argumentError('ERR_OUT_OF_RANGE', message)
    }
  }
}

function namedOtherwise(box: object): string {
  return Object.hasOwn(box, 'w')
    ? '. Make it one with ({ x, y, w, h }) => ({ x, y, width: w, height: h })'
    : ''
}

function wrongBox(name: string, received: string, mend = ''): Error {
  const message = `Expected a box { x, y, width, height } for ${name} but received ${received}${mend}`
  return argumentError('ERR_INVALID_ARG_TYPE', message)
}
