import { delimiter, dicomFile, film, fragment } from './build.js'
import type { LosslessCase } from './jpeg-lossless-cases.js'

/** A stream as a DICOM film, with what other programs want of one. */
export function losslessFile({ form, stream }: LosslessCase): Uint8Array {
  const { width, height, precision, components = 1, predictor } = form
  const bits = precision > 8 ? 16 : 8
  const stored = Math.max(8, precision) // GDCM takes no fewer
  const padded = Buffer.concat([stream, Buffer.alloc(stream.length % 2)])
  return dicomFile(
    film(
      [0x0008, 0x0016, 'UI', '1.2.840.10008.5.1.4.1.1.7'],
      [0x0008, 0x0018, 'UI', '2.25.1'],
      [0x0028, 0x0002, 'US', components],
      [0x0028, 0x0004, 'CS', components === 1 ? 'MONOCHROME2' : 'RGB'],
      [0x0028, 0x0006, 'US', components === 1 ? '' : 0],
      [0x0028, 0x0010, 'US', height],
      [0x0028, 0x0011, 'US', width],
      [0x0028, 0x0100, 'US', bits],
      [0x0028, 0x0101, 'US', stored],
      [0x0028, 0x0102, 'US', stored - 1],
      [0x7fe0, 0x0010, 'OB', Buffer.concat([fragment(new Uint8Array(0)), fragment(padded), delimiter])],
    ),
    { syntax: `1.2.840.10008.1.2.4.${predictor === 1 ? 70 : 57}`, encapsulated: true },
  )
}
