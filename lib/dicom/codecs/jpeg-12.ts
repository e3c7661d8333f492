import type { Decode } from './types.js'

/** What `dcmjs-codecs` offers of its WebAssembly build of libjpeg. */
interface Codecs {
  readonly log: { setLevel(level: string): void; info(message: string): void }
  readonly Context: new (facts: object) => { getDecodedBuffer(): Uint8Array | undefined }
  readonly NativeCodecs: {
    isInitialized(): boolean
    initializeAsync(options: object): Promise<void>
    release(): void
    decodeJpeg(context: object, options: object): { getDecodedBuffer(): Uint8Array | undefined }
  }
}

/** Extended JPEG of 12 bits. The package is an optional peer: callers have checked that it is there. */
export const decode: Decode = async ({ stream, width, height, components, precision }) => {
  const name = 'dcmjs-codecs'
  const { default: codecs } = (await import(name)) as { default: Codecs }
  const complaints: string[] = []
  codecs.log.setLevel('silent')
  // libjpeg draws what it has of a truncated stream, and only says so.
  codecs.log.info = (message) => {
    if (/premature end|bad Huffman code|instead of RST/i.test(message)) complaints.push(message)
  }
  if (!codecs.NativeCodecs.isInitialized()) {
    await codecs.NativeCodecs.initializeAsync({ logCodecsInfo: true, logCodecsTrace: false })
  }
  const context = new codecs.Context({
    width,
    height,
    bitsAllocated: 16,
    bitsStored: precision,
    samplesPerPixel: components,
    pixelRepresentation: 0,
    planarConfiguration: 0,
    photometricInterpretation: components === 1 ? 'MONOCHROME2' : 'RGB',
    encodedBuffer: new Uint8Array(stream),
  })
  const decoded = codecs.NativeCodecs.decodeJpeg(context, {
    convertColorspaceToRgb: false,
  }).getDecodedBuffer()
  if (complaints.length > 0) throw new Error(complaints.join('; '))
  if (!decoded) throw new Error('nothing decoded')
  return { bytes: new Uint8Array(decoded), planar: false }
}
