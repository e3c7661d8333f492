import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ImageEncoding, loadModel, type Model, type RawPixels } from 'biovil'
import { film } from '../support/films.js'
import { fullImageDirectory } from '../support/models.js'
import { root } from '../support/root.js'

/** Replays what hi-ml's own ImageModel and MultiImageModel gave for seeded weights of full size. */
interface State {
  readonly seed: number
  readonly crop: number
  readonly cases: readonly Case[]
}

interface Case {
  readonly name: string
  /** Side of the films, which are the model's input itself. */
  readonly side: number
  /** Seeds of the films, and of their priors. */
  readonly films: readonly number[]
  readonly priors?: readonly number[]
  readonly expected: Readonly<
    Record<'global' | 'patches' | 'pooled' | 'static' | 'difference', Stored | Sampled>
  >
}

interface Stored {
  readonly dims: readonly number[]
  readonly data: string
}

/** Some of the patches. */
interface Sampled {
  readonly dims: readonly number[]
  readonly patches: readonly number[]
  readonly values: Stored
}

const tolerance = 1e-5

function floats(stored: Stored): Float32Array {
  const bytes = Buffer.from(stored.data, 'base64')
  return Float32Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(i * 4))
}

/**
 * A film whose preparation changes nothing: its shorter side has the length that films are resized to, it holds 0 and
 * 255 so that it is not stretched, and its middle is the crop.
 */
function around(crop: Uint8Array, side: number): RawPixels {
  const size = 512
  const pixels = new Uint8Array(size * size)
  pixels[0] = 255
  const margin = (size - side) / 2
  for (let y = 0; y < side; y++)
    pixels.set(crop.subarray(y * side, (y + 1) * side), (y + margin) * size + margin)
  return { pixels, width: size, height: size }
}

for (const { title, file, part } of [
  { title: 'BioViL', file: 'biovil-seed7.json', part: 'image' },
  { title: 'BioViL-T', file: 'biovil-t-seed7.json', part: 'image-t' },
] as const) {
  describe(`parity with the Python reference, ${title}, full size, float32`, function () {
    this.timeout(180_000)
    const state = JSON.parse(readFileSync(join(root, 'test/fixtures/parity', file), 'utf8')) as State
    const worst: Record<string, number> = {}
    let model: Model
    before(async () => {
      model = await loadModel(await fullImageDirectory(part, state.seed), { device: 'cpu' })
    })
    after(async () => {
      await model?.close()
      const list = Object.entries(worst).map(([what, value]) => `${what} ${value.toExponential(1)}`)
      console.log(`      largest differences: ${list.join(', ')}`)
    })

    for (const example of state.cases.filter(({ side }) => side === state.crop)) {
      it(example.name, async () => {
        for (const [i, seed] of example.films.entries()) {
          const image = around(film(seed, example.side, example.side), example.side)
          const priorSeed = example.priors?.[i]
          const prior =
            priorSeed === undefined
              ? undefined
              : around(film(priorSeed, example.side, example.side), example.side)
          const encoding = await model.encodeImage({ image, prior })
          assert.equal(encoding.film.crop.length, example.side ** 2)
          for (const [what, expected] of Object.entries(example.expected)) {
            const difference = compare(encoding, what as keyof Case['expected'], expected, i)
            worst[what] = Math.max(worst[what] ?? 0, difference)
            assert.ok(difference <= tolerance, `${what} of film ${i}: largest difference ${difference}`)
          }
        }
      })
    }
  })
}

function compare(
  encoding: ImageEncoding,
  what: keyof Case['expected'],
  expected: Stored | Sampled,
  index: number,
): number {
  const found = encoding[what] as Float32Array
  const width = expected.dims.at(-1) as number
  const rows = 'patches' in expected ? expected.patches : [0]
  const values = floats('patches' in expected ? expected.values : expected)
  assert.equal(
    found.length,
    expected.dims.slice(1).reduce((a, b) => a * b, 1),
  )
  let max = 0
  for (const [r, row] of rows.entries()) {
    for (let k = 0; k < width; k++) {
      const difference = Math.abs(
        (found[row * width + k] as number) - (values[(index * rows.length + r) * width + k] as number),
      )
      assert.ok(difference >= 0, 'finite')
      max = Math.max(max, difference)
    }
  }
  return max
}
