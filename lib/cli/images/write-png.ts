import { writeOutput } from '../outputs.js'

/** Writes an 8-bit grey film, uint8 [height, width], as PNG. */
export async function writeGreyPng(
  path: string,
  film: Uint8Array,
  width: number,
  height: number,
): Promise<void> {
  const { default: sharp } = await import('sharp')
  const png = await sharp(film, { raw: { width, height, channels: 1 } })
    .png()
    .toBuffer()
  await writeOutput(path, png, 'biovil inspect')
}
