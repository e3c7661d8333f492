import { BiovilError } from '../errors.js'
import { Attributes } from './attributes.js'
import { readElements, readGroup } from './elements.js'
import { damaged, notDicom } from './failure.js'
import { inflateWithin } from './inflate.js'
import { bareForm, hasPreamble, isDicom } from './signature.js'
import {
  explicitBigEndian,
  explicitLittleEndian,
  implicitLittleEndian,
  type TransferSyntax,
  transferSyntax,
} from './syntax.js'
import { vrAt } from './vr.js'

/** A DICOM file up to and including the header of its pixel data. */
export interface ParsedFile {
  readonly attributes: Attributes
  readonly syntax: TransferSyntax
  /** The bytes that the offsets of the elements point into: the file, or what was inflated from it. */
  readonly bytes: Uint8Array
  /** Of a deflated file, of which only the header is here: the rest, and how many bytes it takes. */
  readonly deflated?: { readonly length: number; inflate(): Promise<ParsedFile> }
}

const pixelData = 'x7fe00010'
/** Enough for everything before the pixel data of a deflated file. */
const headBytes = 2 ** 22

/** Reads everything before the pixel values. `maxBytes` bounds what the pixels of a deflated file may grow to. */
export async function parseFile(bytes: Uint8Array, maxBytes: number): Promise<ParsedFile> {
  if (!isDicom(bytes)) {
    throw notDicom(`expected 'DICM' at byte 128, or a data set without preamble, in ${bytes.length} bytes`)
  }
  try {
    return await parse(bytes, maxBytes)
  } catch (error) {
    if (error instanceof BiovilError) throw error
    throw damaged('the file ends inside its header, or the header is damaged', error)
  }
}

async function parse(file: Uint8Array, maxBytes: number): Promise<ParsedFile> {
  const { uid, end } = readMeta(file)
  const syntax = uid ? transferSyntax(uid) : guessSyntax(file, end)
  if (!syntax.deflated) return readDataset(file, end, syntax)
  const deflated = file.subarray(end)
  const head = await readHead(deflated, syntax)
  const pixels = head.attributes.element(pixelData)
  // Without pixel data there is nothing to inflate for; the layout will say so.
  if (!pixels) return head
  // The header says how much is to come: no more is inflated, whatever the stream holds.
  const needed = pixels.dataOffset + Math.min(pixels.length, maxBytes) + 1
  const inflate = async () => readDataset(await inflateWithin(deflated, needed), 0, syntax)
  return { ...head, deflated: { length: needed, inflate } }
}

/** The data set at the beginning of what a deflated one holds. */
async function readHead(deflated: Uint8Array, syntax: TransferSyntax): Promise<ParsedFile> {
  const head = await inflateWithin(deflated, headBytes)
  try {
    return readDataset(head, 0, syntax)
  } catch (error) {
    if (head.length < headBytes) throw error
    throw damaged(`the deflated header is damaged, or longer than ${headBytes / 2 ** 20} MiB`, error)
  }
}

/** Reads a data set up to its pixel data. */
function readDataset(bytes: Uint8Array, start: number, declared: TransferSyntax): ParsedFile {
  const syntax = correctForm(declared, bytes, start)
  const source = { bytes, littleEndian: syntax.littleEndian }
  return { attributes: new Attributes(readElements(source, start, syntax.explicit), source), syntax, bytes }
}

/** The file meta information, group 0002: explicit and little endian by the standard, implicit in some files. */
function readMeta(bytes: Uint8Array): { uid: string | undefined; end: number } {
  const start = hasPreamble(bytes) ? 132 : 0
  const source = { bytes, littleEndian: true }
  const { elements, end } = readGroup(source, start, hasVr(bytes, start), (group) => group === 2)
  const uid = new Attributes(elements, source).text('x00020010')
  return { uid: uid === '' ? undefined : uid, end }
}

function guessSyntax(bytes: Uint8Array, start: number): TransferSyntax {
  if (bareForm(bytes, start)?.littleEndian === false) return explicitBigEndian
  return hasVr(bytes, start) ? explicitLittleEndian : implicitLittleEndian
}

/** Some writers name an explicit syntax and write an implicit data set, or another byte order: the bytes decide. */
function correctForm(syntax: TransferSyntax, bytes: Uint8Array, start: number): TransferSyntax {
  if (start + 8 > bytes.length) return syntax
  const { littleEndian } = bareForm(bytes, start) ?? syntax
  return { ...syntax, explicit: hasVr(bytes, start), littleEndian }
}

/** Whether an element at `start` carries a VR: two capital letters. */
function hasVr(bytes: Uint8Array, start: number): boolean {
  return vrAt(bytes, start + 4) !== undefined
}
