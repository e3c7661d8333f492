// Draws a film that looks a little like a chest and is nobody's: dark lungs, ribs, a heart, a bright patch at the left base.
import sharp from 'sharp'

const [width, height] = [900, 1000]

/** Writes the phantom as an 8-bit PNG and returns its path. */
export async function drawPhantom(path) {
  const pixels = new Uint8Array(width * height)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++)
      pixels[y * width + x] = Math.max(0, Math.min(255, grey(x / width, y / height) + noise(x, y)))
  }
  // The film says itself what it is.
  const label = Buffer.from(
    `<svg width="${width}" height="${height}"><path d="M20 20h16v4h-16zM20 20v22h4v-22zM20 30h14v4h-14zM32 20v14h4v-14z" fill="#fff"/></svg>`,
  )
  await sharp(pixels, { raw: { width, height, channels: 1 } })
    .composite([{ input: label }])
    .removeAlpha()
    .toColourspace('b-w')
    .png()
    .withMetadata({ exif: { IFD0: { ImageDescription: 'Synthetic phantom, not a patient' } } })
    .toFile(path)
  return path
}

/** Brightness at (x, y), each from 0 to 1. The patient's left is at the right of the film. */
function grey(x, y) {
  const body = soft(1 - Math.hypot((x - 0.5) / 0.47, (y - 0.6) / 0.62), 0.05)
  const right = lung(x, y, 0.3)
  const left = lung(x, y, 0.7)
  const air = Math.max(right, left)
  const ribs = 0.16 * air * Math.max(0, Math.sin((y + 0.35 * Math.abs(x - 0.5)) * 52)) ** 3
  const spine = 0.16 * Math.exp(-(((x - 0.5) / 0.035) ** 2))
  const heart = 0.5 * soft(1 - Math.hypot((x - 0.56) / 0.17, (y - 0.63) / 0.15), 0.06)
  const patch = 0.34 * air * Math.exp(-(((x - 0.72) / 0.07) ** 2) - ((y - 0.74) / 0.06) ** 2)
  return 255 * (0.06 + body * (0.66 - 0.52 * air + ribs + spine + heart * (0.4 + 0.6 * air) + patch))
}

function lung(x, y, centre) {
  return soft(1 - Math.hypot((x - centre) / 0.155, (y - 0.5) / 0.31), 0.08) * soft(0.8 - y, 0.02)
}

/** From 0 to 1 around value 0. */
function soft(value, edge) {
  return 1 / (1 + Math.exp(-value / edge))
}

function noise(x, y) {
  const hash = Math.imul(Math.imul(x, 374761393) + Math.imul(y, 668265263), 1274126177)
  return ((hash >>> 24) & 15) - 8
}
