/** The decoders that run in a worker thread. */
export type Decoder = 'jpeg-8' | 'jpeg-12' | 'jpeg-lossless' | 'jpeg-ls' | 'jpeg-2000' | 'htj2k'

/** One code stream to decode, whose own header has been checked against the DICOM header. */
export interface Job {
  readonly decoder: Decoder
  readonly stream: Uint8Array
  readonly width: number
  readonly height: number
  readonly components: number
  readonly precision: number
}

/** Decoded samples, in the byte order of the machine: one byte each up to 8 bits of precision, else two. */
export interface Samples {
  readonly bytes: Uint8Array<ArrayBuffer>
  /** One plane after another instead of pixel by pixel. */
  readonly planar: boolean
}

/** Decodes one stream; throws anything. */
export type Decode = (job: Job) => Samples | Promise<Samples>

/** How many bytes the samples of a job take. */
export function sampleBytes({
  width,
  height,
  components,
  precision,
}: Omit<Job, 'decoder' | 'stream'>): number {
  return width * height * components * (precision > 8 ? 2 : 1)
}
