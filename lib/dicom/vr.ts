/** VRs with a length of 16 bits in explicit data sets. */
const short = 'AE AS AT CS DA DS DT FL FD IS LO LT PN SH SL SS ST TM UI UL US'
/** VRs with two reserved bytes and a length of 32 bits. */
const long = 'OB OD OF OL OV OW SQ SV UC UN UR UT UV'

export const shortVrs: ReadonlySet<string> = new Set(short.split(' '))
export const longVrs: ReadonlySet<string> = new Set(long.split(' '))

/** The two letters at `position`, where there are two capitals; a VR, or at least in its form. */
export function vrAt(bytes: Uint8Array, position: number): string | undefined {
  const [first, second] = [bytes[position], bytes[position + 1]]
  return isCapital(first) && isCapital(second) ? String.fromCharCode(first, second) : undefined
}

function isCapital(byte: number | undefined): byte is number {
  return byte !== undefined && byte >= 0x41 && byte <= 0x5a
}
