import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { draw, drawNifti, drawPng, gzipped, type NiftiPicture, type PngPicture } from '../support/images.js'
import { root } from '../support/root.js'
import { withTestData } from '../support/test-data.js'
import { type ImageInput, prepareFilm } from './internals.js'

interface Expected {
  readonly crop480: string
  readonly crop448: string
  readonly film: string
  readonly meanGrey: number
  readonly size: readonly [number, number]
}

interface Expectations {
  readonly png: readonly (PngPicture & Expected & { samples: string })[]
  readonly nifti: readonly (NiftiPicture & Expected & { samples: string })[]
  readonly encoded: readonly (Expected & { name: string; base64: string })[]
  readonly films: readonly (Expected & { name: string })[]
}

const expected = JSON.parse(
  readFileSync(join(root, 'test/fixtures/image/expected.json'), 'utf8'),
) as Expectations

function sha256(data: Uint8Array | Int32Array): string {
  return createHash('sha256').update(data).digest('hex')
}

async function check(input: ImageInput, wanted: Expected): Promise<void> {
  const large = await prepareFilm(input, { crop: 480, keepFilm: true, dicom: 'reference' })
  const small = await prepareFilm(input, { crop: 448, dicom: 'reference' })
  assert.deepEqual([large.width, large.height], wanted.size)
  assert.equal(sha256(large.film as Uint8Array), wanted.film, 'film')
  assert.ok(Math.abs(large.meanGrey - wanted.meanGrey) < 1e-9, 'mean grey')
  assert.equal(large.crop.length, 480 * 480)
  assert.equal(sha256(large.crop), wanted.crop480, 'crop 480')
  assert.equal(sha256(small.crop), wanted.crop448, 'crop 448')
  assert.equal(small.film, undefined)
}

describe("films are the reference's, to the pixel", () => {
  it('has the cases', () => {
    assert.ok(expected.png.length >= 40)
    assert.ok(expected.nifti.length >= 10)
    assert.ok(expected.encoded.length >= 6)
  })

  for (const { samples, ...wanted } of expected.png) {
    const { width, height, colour, bits, low, high, transparent } = wanted
    it(`PNG ${width}x${height} ${colour} ${bits} bits ${low}..${high}${transparent ? ' transparent' : ''}`, async () => {
      assert.equal(sha256(draw(wanted)), samples, 'this is not the picture that the reference saw')
      await check(drawPng(wanted), wanted)
    })
  }

  for (const { samples, ...wanted } of expected.nifti) {
    const { type, width, height, big_endian, slope } = wanted
    it(`NIfTI ${width}x${height} ${type}${big_endian ? ' big-endian' : ''}${slope ? ` slope ${slope}` : ''}`, async () => {
      assert.equal(sha256(draw(wanted)), samples, 'this is not the picture that the reference saw')
      await check(drawNifti(wanted), wanted)
      await check(gzipped(drawNifti(wanted)), wanted)
    })
  }

  for (const wanted of expected.encoded) {
    it(wanted.name, () => check(Buffer.from(wanted.base64, 'base64'), wanted))
  }
})

withTestData("real films are the reference's, to the pixel", (folder) => {
  for (const wanted of expected.films) it(wanted.name, () => check(join(folder, wanted.name), wanted))
})
