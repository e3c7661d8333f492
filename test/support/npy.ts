import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'

/** Reads a NumPy file of little-endian float32 in C order. */
export function readNpy(path: string): { data: Float32Array; dims: [number, number] } {
  const bytes = readFileSync(path)
  assert.equal(bytes.toString('latin1', 0, 8), '\x93NUMPY\x01\x00')
  const size = bytes.readUInt16LE(8)
  const header = bytes.toString('latin1', 10, 10 + size)
  const found = /^\{'descr': '<f4', 'fortran_order': False, 'shape': \((\d+), (\d+)\), \} *\n$/.exec(header)
  assert.ok(found, `unexpected header: ${header}`)
  const body = bytes.subarray(10 + size)
  const data = new Float32Array(body.length / 4)
  for (let i = 0; i < data.length; i++) data[i] = body.readFloatLE(i * 4)
  const dims: [number, number] = [Number(found[1]), Number(found[2])]
  assert.equal(data.length, dims[0] * dims[1])
  return { data, dims }
}
