import { damaged } from '../failure.js'

/**
 * Decodes an RLE frame: one segment for each byte of each sample, most significant first, in PackBits.
 * @returns The samples of one plane after another, little endian.
 */
export function decodeRle(
  stream: Uint8Array,
  pixels: number,
  samples: number,
  bytesPerSample: number,
): Uint8Array<ArrayBuffer> {
  const count = samples * bytesPerSample
  if (stream.length < 64) throw damaged('the RLE frame ends inside its header')
  const header = new DataView(stream.buffer, stream.byteOffset, 64)
  const segments = header.getUint32(0, true)
  if (segments !== count) throw damaged(`expected ${count} RLE segments but there are ${segments}`)
  // Two bytes make 128 at most: a header that lies about the size is found before memory is taken for it.
  if (stream.length * 64 < pixels * count) throw damaged('the RLE frame is too short for its pixels')
  const output = new Uint8Array(pixels * count)
  for (let segment = 0; segment < count; segment++) {
    const start = header.getUint32(4 + 4 * segment, true)
    const end = segment + 1 < count ? header.getUint32(8 + 4 * segment, true) : stream.length
    if (start < 64 || end < start || end > stream.length) {
      throw damaged(`RLE segment ${segment} lies outside its frame`)
    }
    const sample = Math.floor(segment / bytesPerSample)
    const byte = bytesPerSample - 1 - (segment % bytesPerSample)
    unpack(
      stream.subarray(start, end),
      output,
      sample * pixels * bytesPerSample + byte,
      bytesPerSample,
      pixels,
    )
  }
  return output
}

/** PackBits into every `step`th byte of `output`, from `offset`, `count` times. */
function unpack(input: Uint8Array, output: Uint8Array, offset: number, step: number, count: number): void {
  let position = 0
  let to = offset
  let left = count
  while (left > 0 && position < input.length) {
    const control = input[position++] as number
    if (control === 128) continue
    if (control < 128) {
      const run = Math.min(control + 1, left, input.length - position)
      for (let i = 0; i < run; i++, to += step) output[to] = input[position + i] as number
      position += control + 1
      left -= run
    } else {
      const value = input[position++]
      if (value === undefined) break
      const run = Math.min(257 - control, left)
      for (let i = 0; i < run; i++, to += step) output[to] = value
      left -= run
    }
  }
  if (left > 0) throw damaged(`an RLE segment lacks ${left} of ${count} bytes`)
}
