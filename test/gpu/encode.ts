import { type ImageEncoding, loadModel } from 'biovil'
import { film } from '../support/films.js'
import { imageModelDirectory } from '../support/models.js'
import { type ImageState, readState } from '../support/parity.js'

export const encoders = ['image', 'image-t'] as const

export type Dtype = 'float32' | 'float16' | 'bfloat16'

/** The films of a parity state through the seeded encoder that it is of: a list of encodings for each case. */
export async function encodeFilms(
  part: (typeof encoders)[number],
  device: string,
  dtype: Dtype,
): Promise<{ state: ImageState; encodings: ImageEncoding[][] }> {
  const state = readState<ImageState>(part === 'image' ? 'biovil-seed7.json' : 'biovil-t-seed7.json')
  const model = await loadModel(await imageModelDirectory(part), { device: device as 'cpu', dtype })
  const whole = (seed: number) => ({
    pixels: film(seed, state.resize, state.resize),
    width: state.resize,
    height: state.resize,
  })
  const encodings: ImageEncoding[][] = []
  for (const { films, priors } of state.cases) {
    const inputs = films.map((seed, i) => {
      const prior = priors?.[i]
      return prior === undefined ? whole(seed) : { image: whole(seed), prior: whole(prior) }
    })
    encodings.push(await Promise.all(inputs.map((input) => model.encodeImage(input))))
  }
  await model.close()
  return { state, encodings }
}
