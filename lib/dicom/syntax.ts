import { BiovilError } from '../errors.js'

/** How the bytes of one frame are coded. */
export type Coding = 'native' | 'rle' | 'jpeg' | 'jpeg-lossless' | 'jpeg-ls' | 'jpeg-2000' | 'htj2k'

/** What a transfer syntax says about a file. */
export interface TransferSyntax {
  readonly uid: string
  readonly name: string
  readonly coding: Coding
  readonly explicit: boolean
  readonly littleEndian: boolean
  readonly deflated: boolean
}

const prefix = '1.2.840.10008.1.2'

const coded: Readonly<Record<string, readonly [Coding, string]>> = {
  '.5': ['rle', 'RLE Lossless'],
  '.4.50': ['jpeg', 'JPEG Baseline'],
  '.4.51': ['jpeg', 'JPEG Extended'],
  '.4.57': ['jpeg-lossless', 'JPEG Lossless'],
  '.4.70': ['jpeg-lossless', 'JPEG Lossless SV1'],
  '.4.80': ['jpeg-ls', 'JPEG-LS Lossless'],
  '.4.81': ['jpeg-ls', 'JPEG-LS Near-Lossless'],
  '.4.90': ['jpeg-2000', 'JPEG 2000 Lossless'],
  '.4.91': ['jpeg-2000', 'JPEG 2000'],
  '.4.201': ['htj2k', 'HTJ2K Lossless'],
  '.4.202': ['htj2k', 'HTJ2K Lossless RPCL'],
  '.4.203': ['htj2k', 'HTJ2K'],
}

/** Syntaxes that are known and refused by name. */
const refused: Readonly<Record<string, string>> = {
  '.4.53': 'JPEG Spectral Selection, retired',
  '.4.55': 'JPEG Full Progression, retired',
  '.4.92': 'JPEG 2000 Part 2 Lossless',
  '.4.93': 'JPEG 2000 Part 2',
  '.4.94': 'JPIP Referenced',
  '.4.95': 'JPIP Referenced Deflate',
  '.4.100': 'MPEG2 Main Profile',
  '.4.101': 'MPEG2 High Level',
  '.4.102': 'MPEG-4 High Profile',
  '.4.103': 'MPEG-4 BD-compatible',
  '.4.104': 'MPEG-4 4.2 for 2D video',
  '.4.105': 'MPEG-4 4.2 for 3D video',
  '.4.106': 'MPEG-4 4.2 Stereo',
  '.4.107': 'HEVC Main Profile',
  '.4.108': 'HEVC Main 10 Profile',
  '.4.110': 'JPEG XL Lossless',
  '.4.111': 'JPEG XL JPEG Recompression',
  '.4.112': 'JPEG XL',
  '.4.204': 'JPIP HTJ2K Referenced',
  '.4.205': 'JPIP HTJ2K Referenced Deflate',
  '.8.1': 'Deflated Image Frame Compression',
}

/** For files that do not say. */
export const implicitLittleEndian = native('', 'Implicit VR Little Endian', { explicit: false })
export const explicitLittleEndian = native('.1', 'Explicit VR Little Endian', {})
export const explicitBigEndian = native('.2', 'Explicit VR Big Endian', { littleEndian: false })

/** The transfer syntax of a UID, or an error that names it and says what to do. */
export function transferSyntax(uid: string): TransferSyntax {
  if (uid === prefix) return implicitLittleEndian
  const suffix = uid.startsWith(`${prefix}.`) ? uid.slice(prefix.length) : undefined
  if (suffix === '.1') return explicitLittleEndian
  if (suffix === '.1.99') return native('.1.99', 'Deflated Explicit VR Little Endian', { deflated: true })
  if (suffix === '.2') return explicitBigEndian
  const [coding, name] = (suffix !== undefined && coded[suffix]) || []
  if (coding && name) return { uid, name, coding, explicit: true, littleEndian: true, deflated: false }
  throw unsupported(uid, (suffix !== undefined && refused[suffix]) || 'not known')
}

function native(suffix: string, name: string, facts: Partial<TransferSyntax>): TransferSyntax {
  return {
    uid: prefix + suffix,
    name,
    coding: 'native',
    explicit: true,
    littleEndian: true,
    deflated: false,
    ...facts,
  }
}

function unsupported(uid: string, name: string): BiovilError {
  const shown = /^[\d.]{1,64}$/.test(uid) ? uid : 'of the file (which is not a UID)'
  return new BiovilError(
    'ERR_DICOM_SYNTAX',
    `DICOM transfer syntax ${shown} (${name}) is not supported. Convert the file first, for example with GDCM: ` +
      '`gdcmconv --raw in.dcm out.dcm`',
  )
}
