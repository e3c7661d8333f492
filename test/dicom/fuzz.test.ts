import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

interface Summary {
  readonly outcomes: Record<string, number>
  readonly unexpected: readonly string[]
  readonly slowest: { readonly milliseconds: number; readonly what: string }
  readonly megabytes: number
}

const child = new URL('./fuzz-child.js', import.meta.url).pathname
const count = Number(process.env['BIOVIL_FUZZ'] ?? 1000)

/** One file of each way that a file can be read, by how it is decoded. */
const files = {
  headers: ['implicit-u12', 'explicit-s16', 'big-u12', 'deflated-u12', 'explicit-u32', 'big-words-u8'],
  'headers that break rules': [
    '../faults/dicom/43h-private-element-without-vr-in-explicit',
    '../faults/dicom/04b-meta-implicit-vr-no-preamble',
    '../faults/dicom/11h-voi-lut-one-entry-short',
  ],
  transformations: ['modality-voi-1', 'padding-signed-1', 'sigmoid-rescale-2', 'explicit-palette16'],
  colours: ['explicit-ybr422', 'explicit-rgb-planar', 'lossy-jpeg-ybr422', 'j2k-rct'],
  frames: ['frames-jls-extended', 'frames-j2k-basic', 'frames-fragments-none', 'frames-rle-basic'],
  'RLE and lossless JPEG': ['rle-u12', 'p14-predictor7', 'sv1-u16'],
  'lossy JPEG': ['lossy-jpeg-u8', 'lossy-jpeg12-u12'],
  'JPEG-LS': ['jls-s12', 'lossy-near-u12'],
  'JPEG 2000': ['j2k-u12', 'j2k-s8', 'lossy-j2ki-u12'],
  HTJ2K: ['htj2k-u12', 'rpcl-s16', 'lossy-htj2ki-u12'],
}

describe(`damaged DICOM, ${count} copies of each file`, () => {
  for (const [title, names] of Object.entries(files)) {
    it(`${title}: an error with a code, no crash, no hang, bounded memory`, async function () {
      this.timeout(0)
      const { stdout } = await promisify(execFile)(process.execPath, [child, '7', `${count}`, ...names])
      const { outcomes, unexpected, slowest, megabytes } = JSON.parse(stdout) as Summary
      if (process.env['BIOVIL_FUZZ']) console.log(title, JSON.stringify({ outcomes, slowest, megabytes }))
      assert.deepEqual(unexpected, [])
      assert.ok(slowest.milliseconds < 5000, `${slowest.milliseconds} ms for ${slowest.what}`)
      assert.ok(megabytes < 1500, `${megabytes} MB`)
    })
  }
})
