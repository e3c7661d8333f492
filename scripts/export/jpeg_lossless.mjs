// Has DCMTK's dcmdjpeg and GDCM's gdcmconv decode the streams of test/dicom/jpeg-lossless-cases.ts, and records in
// test/fixtures/dicom/jpeg-lossless.json which streams they were and where either differs from what was encoded. (GDCM
// refuses less than 8 bits.) Needs both programs, and `npm run compile:test`.
//
//   node scripts/export/jpeg_lossless.mjs
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const root = new URL('../../', import.meta.url).pathname
const { losslessCases } = await import(join(root, 'build/test/dicom/jpeg-lossless-cases.js'))
const { losslessFile } = await import(join(root, 'build/test/dicom/jpeg-lossless-file.js'))

const folder = mkdtempSync(join(tmpdir(), 'jpeg-lossless-'))
const [coded, plain] = [join(folder, 'coded.dcm'), join(folder, 'plain.dcm')]
const programs = { dcmdjpeg: ['+cn', coded, plain], gdcmconv: ['--raw', coded, plain] }
try {
  const record = { versions: {}, precisions: {} }
  for (const program of Object.keys(programs)) {
    record.versions[program] = /\d+\.\d+\.\d+/.exec(
      execFileSync(program, ['--version'], { encoding: 'utf8' }),
    )[0]
  }
  for (let precision = 2; precision <= 16; precision++) {
    const hash = createHash('sha256')
    const differs = []
    const refused = {}
    let streams = 0
    for (const testCase of losslessCases(precision)) {
      streams++
      hash.update(testCase.stream)
      writeFileSync(coded, losslessFile(testCase))
      for (const [program, args] of Object.entries(programs)) {
        const outcome = decodedBy(program, args, testCase)
        if (outcome === 'refused') refused[program] = (refused[program] ?? 0) + 1
        else if (outcome !== 'equal') differs.push(`${testCase.name}: ${program}: ${outcome}`)
      }
    }
    record.precisions[precision] = { streams, sha256: hash.digest('hex'), differs, refused }
    console.log(precision, streams, differs.length, refused)
  }
  writeFileSync(join(root, 'test/fixtures/dicom/jpeg-lossless.json'), `${JSON.stringify(record, null, 1)}\n`)
} finally {
  rmSync(folder, { recursive: true })
}

/** 'equal', how many samples differ, or 'refused'. */
function decodedBy(program, args, { samples, form }) {
  rmSync(plain, { force: true })
  try {
    execFileSync(program, args, { stdio: 'pipe' })
  } catch {
    return 'refused'
  }
  const { components = 1, precision } = form
  const bytes = readFileSync(plain)
  const tag = bytes.lastIndexOf(Buffer.from([0xe0, 0x7f, 0x10, 0x00]))
  const explicit = /[A-Z]{2}/.test(bytes.toString('latin1', tag + 4, tag + 6))
  const start = tag + (explicit ? 12 : 8)
  const width = precision > 8 ? 2 : 1
  const planar = isPlanar(bytes)
  const pixels = samples.length / components
  let wrong = 0
  for (let i = 0; i < samples.length; i++) {
    const at = planar ? (i % components) * pixels + Math.floor(i / components) : i
    const value = width === 2 ? bytes.readUInt16LE(start + 2 * at) : bytes[start + at]
    // Bits above the precision mean nothing.
    if ((value & (2 ** precision - 1)) !== samples[i]) wrong++
  }
  return wrong === 0 ? 'equal' : `${wrong} of ${samples.length} samples differ`
}

/** Planar Configuration 1. */
function isPlanar(bytes) {
  const at = bytes.indexOf(Buffer.from([0x28, 0x00, 0x06, 0x00, 0x55, 0x53, 2, 0]))
  return at >= 0 && bytes.readUInt16LE(at + 8) === 1
}
