import dicomParser, { type ByteArray, type ByteStream, type DataSet, type Element } from 'dicom-parser'
import { BiovilError } from '../errors.js'
import { Attributes } from './attributes.js'
import { damaged, notDicom } from './failure.js'
import { inflateHead, inflateWithin } from './inflate.js'
import { explicitLittleEndian, implicitLittleEndian, type TransferSyntax, transferSyntax } from './syntax.js'

/** A DICOM file up to and including the header of its pixel data. */
export interface ParsedFile {
  readonly attributes: Attributes
  readonly syntax: TransferSyntax
  /** The bytes that the offsets of the elements point into: the file, or what was inflated from it. */
  readonly bytes: Uint8Array
}

// The package declares DataSet as an interface only.
const { DataSet: NewDataSet } = dicomParser as unknown as {
  DataSet: new (parser: unknown, bytes: ByteArray, elements: Record<string, Element>) => DataSet
}
const pixelData = 'x7fe00010'
/** VRs with a length of 32 bits that dicom-parser does not know as such. */
const longVrs = new Set(['OV', 'SV', 'UV'])

/** Whether bytes look like DICOM: with the preamble, without it, or a bare data set. */
export function isDicom(bytes: Uint8Array): boolean {
  if (hasPreamble(bytes)) return true
  if (bytes.length < 12 || bytes[1] !== 0 || bytes[3] !== 0) return false
  if (bytes[0] === 2) return hasVr(bytes, 0)
  if (bytes[0] !== 8) return false
  const length = new DataView(bytes.buffer, bytes.byteOffset + 4, 4).getUint32(0, true)
  return hasVr(bytes, 0) || (length <= 1024 && length % 2 === 0)
}

/** Reads everything before the pixel values. `maxBytes` bounds what a deflated file may grow to. */
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
  const head = readDataset(await inflateHead(deflated), 0, syntax)
  const pixels = head.attributes.element(pixelData)
  // Without pixel data in sight there is nothing to inflate for; the layout will say so.
  if (!pixels) return head
  // The header says how much is to come: no more is inflated, whatever the stream holds.
  const needed = pixels.dataOffset + Math.min(pixels.length, maxBytes) + 1
  return readDataset(await inflateWithin(deflated, needed), 0, syntax)
}

/** Reads a data set up to its pixel data. */
function readDataset(bytes: Uint8Array, start: number, declared: TransferSyntax): ParsedFile {
  const syntax = correctVr(declared, bytes, start)
  const parser = syntax.littleEndian
    ? dicomParser.littleEndianByteArrayParser
    : dicomParser.bigEndianByteArrayParser
  const dataset = new NewDataSet(parser, bytes, {})
  const stream = new dicomParser.ByteStream(parser, bytes, start)
  while (stream.position < bytes.length) {
    const element = readElement(stream, syntax)
    dataset.elements[element.tag] = element
    if (element.tag === pixelData) break
  }
  return { attributes: new Attributes(dataset, syntax.littleEndian), syntax, bytes }
}

/** Reads one element, of the pixel data its header only. */
function readElement(stream: ByteStream, { explicit }: TransferSyntax): Element {
  if (!explicit) return dicomParser.readDicomElementImplicit(stream, pixelData)
  const { byteArray: bytes, position } = stream
  const vr = String.fromCharCode(bytes[position + 4] ?? 0, bytes[position + 5] ?? 0)
  if (!longVrs.has(vr)) return dicomParser.readDicomElementExplicit(stream, [], pixelData)
  const tag = dicomParser.readTag(stream)
  stream.seek(4)
  const length = stream.readUint32()
  const dataOffset = stream.position
  stream.seek(length)
  return { tag, vr, length, dataOffset }
}

/** The file meta information, group 0002: always explicit, little endian. */
function readMeta(bytes: Uint8Array): { uid: string | undefined; end: number } {
  const start = hasPreamble(bytes) ? 132 : 0
  const parser = dicomParser.littleEndianByteArrayParser
  const stream = new dicomParser.ByteStream(parser, bytes, start)
  const elements: Record<string, Element> = {}
  while (bytes[stream.position] === 2 && bytes[stream.position + 1] === 0) {
    const element = dicomParser.readDicomElementExplicit(stream, [])
    elements[element.tag] = element
  }
  const uid = new Attributes(new NewDataSet(parser, bytes, elements), true).text('x00020010')
  return { uid: uid === '' ? undefined : uid, end: stream.position }
}

function guessSyntax(bytes: Uint8Array, start: number): TransferSyntax {
  return hasVr(bytes, start) ? explicitLittleEndian : implicitLittleEndian
}

/** Some writers name an explicit syntax and write an implicit data set, or the reverse: the bytes decide. */
function correctVr(syntax: TransferSyntax, bytes: Uint8Array, start: number): TransferSyntax {
  if (start + 8 > bytes.length) return syntax
  return { ...syntax, explicit: hasVr(bytes, start) }
}

function hasPreamble(bytes: Uint8Array): boolean {
  return bytes[128] === 0x44 && bytes[129] === 0x49 && bytes[130] === 0x43 && bytes[131] === 0x4d
}

/** Whether an element at `start` carries a VR: two capital letters. */
function hasVr(bytes: Uint8Array, start: number): boolean {
  return isCapital(bytes[start + 4]) && isCapital(bytes[start + 5])
}

function isCapital(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x41 && byte <= 0x5a
}
