/** What a code stream says about itself. */
export interface StreamHeader {
  readonly width: number
  readonly height: number
  readonly components: number
  readonly precision: number
  readonly signed: boolean
}

/** Whether bytes begin as a stream of the JPEG family does: also JPEG-LS, but not JPEG 2000. */
export function isJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff
}

/** Whether bytes begin as a JPEG 2000 code stream does, or as the file format around one. */
export function isJpeg2000(bytes: Uint8Array): boolean {
  return isCodeStream(bytes, 0) || text(bytes, 4, 4) === 'jP  '
}

/** Whether a JPEG 2000 code stream begins at a byte. */
export function isCodeStream(bytes: Uint8Array, start: number): boolean {
  return uint32(bytes, start) === 0xff4fff51
}

/** Big endian, as all numbers in code streams; bytes that are not there count as 0. */
export function uint16(bytes: Uint8Array, start: number): number {
  return ((bytes[start] ?? 0) << 8) | (bytes[start + 1] ?? 0)
}

export function uint32(bytes: Uint8Array, start: number): number {
  return uint16(bytes, start) * 65536 + uint16(bytes, start + 2)
}

export function text(bytes: Uint8Array, start: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(start, start + length))
}
