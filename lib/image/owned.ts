import { isFloat32Array, isInt16Array, isUint8Array, isUint16Array } from 'node:util/types'
import { own } from '../options.js'
import type { FilmInput } from './image-model.js'
import type { ImageInput, RawPixels } from './types.js'

/** Raw pixels need no reading. */
export function isRaw(input: ImageInput): input is RawPixels {
  return typeof input === 'object' && input !== null && Object.hasOwn(input, 'pixels')
}

/**
 * An image whose bytes belong to the call: what the caller does with its memory afterwards changes nothing. Paths and
 * streams are as they were; what is no image is left for those who say so.
 */
export function ownImage(input: ImageInput): ImageInput {
  if (isUint8Array(input)) return copyOf(input)
  return isRaw(input) ? { ...input, pixels: copyOf(input.pixels) } : input
}

/** A film input, and copies of what the caller could change of it. */
export class OwnedFilm {
  readonly input: FilmInput
  readonly image: ImageInput
  readonly prior: ImageInput | undefined

  static of(input: FilmInput | OwnedFilm): OwnedFilm {
    return input instanceof OwnedFilm ? input : new OwnedFilm(input)
  }

  private constructor(input: FilmInput) {
    const isPair = typeof input === 'object' && input !== null && Object.hasOwn(input, 'image')
    const image = (isPair ? own(input, 'image') : input) as ImageInput
    const prior = (isPair ? own(input, 'prior') : undefined) as ImageInput | undefined
    this.input = input
    this.image = ownImage(image)
    this.prior = prior && ownImage(prior)
  }
}

/** Films of an array, copied at once; each copy is let go when it is taken. */
export function ownFilms(inputs: readonly (FilmInput | OwnedFilm)[]): Iterable<OwnedFilm> {
  const films = Array.from(inputs, (input) => OwnedFilm.of(input)).reverse()
  return {
    *[Symbol.iterator]() {
      for (let film = films.pop(); film !== undefined; film = films.pop()) yield film
    },
  }
}

/** In memory that is neither shared nor resizable. An array whose memory is gone has no samples any more. */
function copyOf<T>(samples: T): T {
  const types = [
    [isUint8Array, Uint8Array],
    [isUint16Array, Uint16Array],
    [isInt16Array, Int16Array],
    [isFloat32Array, Float32Array],
  ] as const
  for (const [is, Type] of types) {
    if (is(samples)) return (samples.length === 0 ? new Type() : new Type(samples)) as T
  }
  return samples
}
