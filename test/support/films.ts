/** The film of scripts/export/films.py: uint8 [height, width] from a seed, in integer arithmetic. */
export function film(seed: number, width: number, height: number): Uint8Array {
  const pixels = new Uint8Array(width * height)
  for (let y = 0; y < height; y++) {
    const row = y >> 6
    const down = y & 63
    for (let x = 0; x < width; x++) {
      const column = x >> 6
      const right = x & 63
      const at = row * 4096 + column
      const top = randomByte(at, seed) * (64 - right) + randomByte(at + 1, seed) * right
      const bottom = randomByte(at + 4096, seed) * (64 - right) + randomByte(at + 4097, seed) * right
      const smooth = (top * (64 - down) + bottom * down) >> 12
      pixels[y * width + x] = (15 * smooth + randomByte(2 ** 24 + y * width + x, seed)) >> 4
    }
  }
  return pixels
}

function randomByte(index: number, seed: number): number {
  let x = (Math.imul(index, 0x9e3779b1) + seed) | 0
  x ^= x >>> 16
  x = Math.imul(x, 0x21f0aaad)
  x ^= x >>> 15
  x = Math.imul(x, 0x735a2d97)
  x ^= x >>> 15
  return x >>> 24
}
