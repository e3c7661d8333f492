import type { Setting } from '../../dist/libtorch/find.js'
import type { Pins } from '../../dist/libtorch/pins.js'

const internal = (name: string) => import(new URL(`libtorch/${name}.js`, import.meta.resolve('biovil')).href)

/** The inside of the two public functions, where the pins and the system's places can be replaced. */
export const { search } = (await internal('find')) as typeof import('../../dist/libtorch/find.js')
export const { install } = (await internal('install')) as typeof import('../../dist/libtorch/install.js')

/** No place of the machine that runs the tests is looked at. */
export function setting(pins: Pins): Setting {
  return { pins, system: [] }
}
