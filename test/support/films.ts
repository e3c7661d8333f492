/** The generated films of `scripts/export/films.py`, bit for bit: random bytes every 64 pixels, bilinear between, and noise. */
export function film(seed: number, width: number, height: number): Uint8Array {
  const cell = 64
  const pixels = new Uint8Array(width * height)
  for (let y = 0; y < height; y++) {
    const row = Math.floor(y / cell)
    const down = y % cell
    for (let x = 0; x < width; x++) {
      const column = Math.floor(x / cell)
      const right = x % cell
      const corner = (below: number, beside: number) =>
        randomByte((row + below) * 4096 + column + beside, seed)
      const top = corner(0, 0) * (cell - right) + corner(0, 1) * right
      const bottom = corner(1, 0) * (cell - right) + corner(1, 1) * right
      const smooth = Math.floor((top * (cell - down) + bottom * down) / (cell * cell))
      const noise = randomByte(2 ** 24 + y * width + x, seed)
      pixels[y * width + x] = Math.floor((15 * smooth + noise) / 16)
    }
  }
  return pixels
}

function randomByte(index: number, seed: number): number {
  let x = (Math.imul(index, 0x9e3779b1) + seed) >>> 0
  x ^= x >>> 16
  x = Math.imul(x, 0x21f0aaad)
  x ^= x >>> 15
  x = Math.imul(x, 0x735a2d97)
  x ^= x >>> 15
  return x >>> 24
}
