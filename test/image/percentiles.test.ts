import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { prepareFilm } from 'biovil'
import { biovil } from '../support/cli.js'
import { drawNifti, drawPng, gzipped, type NiftiPicture, type PngPicture } from '../support/images.js'
import { root } from '../support/root.js'

type Wanted = (PngPicture | NiftiPicture) & {
  readonly kind: 'png' | 'nifti'
  readonly percentiles: readonly [number, number]
  /** SHA-256 of hi-ml's 8-bit film. */
  readonly film: string
  readonly grey: readonly [number, number]
}

const { percentiles: cases } = JSON.parse(
  readFileSync(join(root, 'test/fixtures/image/expected.json'), 'utf8'),
) as { percentiles: Wanted[] }

const file = (wanted: Wanted) =>
  wanted.kind === 'png' ? drawPng(wanted as PngPicture) : gzipped(drawNifti(wanted as NiftiPicture))
const sha256 = (data: Uint8Array) => createHash('sha256').update(data).digest('hex')

describe('percentiles', () => {
  it("give the reference's film, every bit of it, for every type of samples", async () => {
    assert.ok(cases.length >= 100)
    for (const wanted of cases) {
      const { percentiles } = wanted
      const { film } = await prepareFilm(file(wanted), { percentiles, keepFilm: true, dicom: 'reference' })
      const { kind, width, height } = wanted
      const type = 'type' in wanted ? wanted.type : `${wanted.colour} ${wanted.bits}`
      assert.equal(
        sha256(film as Uint8Array),
        wanted.film,
        `${kind} ${type} ${width}x${height} ${percentiles}`,
      )
    }
  })

  it('are told, and their extremes are the default', async () => {
    const png = file(cases[0] as Wanted)
    const told = await prepareFilm(png, { percentiles: [0.1, 99.9] })
    assert.ok(
      told.applied.includes('stretched to 0..255 from the percentiles 0.1 and 99.9'),
      told.applied.join(),
    )
    const [plain, all] = await Promise.all([prepareFilm(png), prepareFilm(png, { percentiles: [0, 100] })])
    assert.deepEqual(plain.crop, all.crop)
    assert.ok(plain.applied.includes('stretched to 0..255'))
  })

  it('of one value make a black film', async () => {
    const pixels = new Uint8Array(1000).fill(7)
    pixels.set([0, 255])
    const film = await prepareFilm(
      { pixels, width: 50, height: 20 },
      { percentiles: [10, 90], keepFilm: true },
    )
    assert.ok(film.film?.every((value) => value === 0))
    assert.deepEqual(
      film.warnings.map(({ code }) => code),
      ['WARN_CONSTANT'],
    )
  })

  it('count finite samples only', async () => {
    const values = Array.from({ length: 999 }, (_, i) => i)
    const pixels = Float32Array.from([
      ...values,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
    ])
    const odd = await prepareFilm(
      { pixels, width: 1002, height: 1 },
      { percentiles: [5, 95], keepFilm: true },
    )
    const even = await prepareFilm(
      { pixels: Float32Array.from(values), width: 999, height: 1 },
      { percentiles: [5, 95], keepFilm: true },
    )
    assert.deepEqual(odd.film?.subarray(0, 999), even.film)
    assert.deepEqual([...(odd.film?.subarray(999) ?? [])], [0, 255, 0])
  })

  it('are copied, and checked', async () => {
    const png = file(cases[0] as Wanted)
    const percentiles: [number, number] = [1, 99]
    const pending = prepareFilm(png, { percentiles })
    percentiles.fill(50)
    assert.deepEqual((await pending).crop, (await prepareFilm(png, { percentiles: [1, 99] })).crop)
    for (const [wrong, code] of [
      [[1], 'ERR_INVALID_ARG_VALUE'],
      [[1, 2, 3], 'ERR_INVALID_ARG_VALUE'],
      [[99, 1], 'ERR_INVALID_ARG_VALUE'],
      [[50, 50], 'ERR_INVALID_ARG_VALUE'],
      [[-1, 99], 'ERR_OUT_OF_RANGE'],
      [[1, 101], 'ERR_OUT_OF_RANGE'],
      [[Number.NaN, 99], 'ERR_OUT_OF_RANGE'],
      [['1', 99], 'ERR_INVALID_ARG_TYPE'],
      ['1,99', 'ERR_INVALID_ARG_TYPE'],
    ] as const) {
      await assert.rejects(prepareFilm(png, { percentiles: wrong as unknown as [number, number] }), { code })
    }
  })

  it('on the command line', async () => {
    const film = join(root, 'examples/films/phantom-000120.png')
    const { code, stdout } = await biovil(['inspect', film, '--percentiles', '.5,99', '--json'])
    assert.equal(code, 0)
    assert.ok(JSON.parse(stdout).applied.includes('stretched to 0..255 from the percentiles 0.5 and 99'))
    for (const wrong of ['99', '99,1', '1,101', 'a,b', '-1,5', '1,2,3']) {
      const failed = await biovil(['inspect', film, `--percentiles=${wrong}`])
      assert.deepEqual([failed.code, /percentiles/.test(failed.stderr)], [2, true], wrong)
    }
  }).timeout(60_000)
})
