import { isRestart, markers, segments } from '../jpeg-segments.js'
import { DifferenceReader, type DifferenceTable, differenceTable } from './huffman.js'
import { addPredictions } from './prediction.js'
import type { Decode, Job } from './types.js'

/** A scan: which components it holds, and how. */
interface Scan {
  /** Places in the frame. */
  readonly components: readonly number[]
  readonly tables: readonly DifferenceTable[]
  /** 1 to 7, as the standard numbers them. */
  readonly predictor: number
  /** How many low bits were left out. */
  readonly pointTransform: number
}

const losslessFrame = 0xc3
/** Bytes that the reader may fetch beyond the last code. */
const readAhead = 4

/**
 * Lossless JPEG with Huffman codes (ITU-T T.81, annex H): all predictors, point transforms and restarts, 2 to 16 bits,
 * components together or each in a scan of its own.
 */
export const decode: Decode = (job) => {
  const { stream, width, height, components, precision } = job
  // A code has one bit at least: a header that lies about its size is found before memory is taken for it.
  if (stream.length * 8 < width * height * components) throw new Error('fewer bits than samples')
  const samples = new Uint16Array(width * height * components)
  const missing = new Set(Array.from({ length: components }, (_, i) => i))
  const tables = new Map<number, Uint8Array>()
  let frame: Uint8Array = new Uint8Array(0)
  let interval = 0
  for (const { marker, start, end, next } of segments(stream)) {
    const value = stream.subarray(start, end)
    if (marker === losslessFrame) frame = value
    else if (marker === markers.huffman) readTables(value, tables)
    else if (marker === markers.restart) interval = ((value[0] ?? 0) << 8) | (value[1] ?? 0)
    else if (marker === markers.scan) {
      const scan = readScan(value, frame, tables, precision)
      for (const component of scan.components) {
        if (!missing.delete(component)) throw new Error('a component has several scans')
      }
      decodeScan(scan, stream.subarray(end, next), restartRows(interval, job), samples, job)
    }
  }
  if (missing.size > 0) throw new Error('a component has no scan')
  return { bytes: precision > 8 ? new Uint8Array(samples.buffer) : new Uint8Array(samples), planar: false }
}

/** The tables of a DHT segment by their number, each as how many codes there are of each length, and the categories. */
function readTables(value: Uint8Array, tables: Map<number, Uint8Array>): void {
  for (let at = 0; at + 17 <= value.length; ) {
    const codes = value.subarray(at + 1, at + 17).reduce((sum, count) => sum + count, 0)
    const end = at + 17 + codes
    if (end > value.length) throw new Error('a Huffman table is longer than its segment')
    tables.set(value[at] as number, value.subarray(at + 1, end))
    at = end
  }
}

function readScan(
  value: Uint8Array,
  frame: Uint8Array,
  known: ReadonlyMap<number, Uint8Array>,
  precision: number,
): Scan {
  const count = value[0] ?? 0
  if (count === 0 || value.length < 4 + 2 * count) throw new Error('a scan header is too short')
  const entries = Array.from({ length: frame[5] ?? 0 }, (_, i) => frame.subarray(6 + 3 * i, 9 + 3 * i))
  if (entries.length > 1 && entries.some(([, sampling]) => sampling !== 0x11)) {
    throw new Error('subsampled components are not supported')
  }
  const components: number[] = []
  const tables: DifferenceTable[] = []
  for (let i = 0; i < count; i++) {
    const component = entries.findIndex(([id]) => id === value[1 + 2 * i])
    const table = known.get((value[2 + 2 * i] as number) >> 4)
    if (component < 0) throw new Error('a scan names a component that the frame lacks')
    if (!table) throw new Error('a scan has no Huffman table')
    components.push(component)
    tables.push(differenceTable(table.subarray(0, 16), table.subarray(16)))
  }
  const predictor = value[1 + 2 * count] as number
  const pointTransform = (value[3 + 2 * count] as number) & 15
  if (predictor < 1 || predictor > 7) throw new Error(`there is no predictor ${predictor}`)
  if (pointTransform >= precision) throw new Error('the point transform leaves no bits')
  return { components, tables, predictor, pointTransform }
}

/** How many rows lie between restarts, which come at the ends of rows only. */
function restartRows(interval: number, { width, height }: Job): number {
  if (interval === 0 || interval >= width * height) return height
  if (interval % width !== 0) throw new Error('the restart interval is no multiple of the row')
  return interval / width
}

/** Decodes the entropy-coded data of a scan into its components of the interleaved samples. */
function decodeScan(scan: Scan, coded: Uint8Array, rows: number, samples: Uint16Array, job: Job): void {
  const { width, height, components, precision } = job
  const { data, bounds } = unstuff(coded, Math.ceil(height / rows))
  const together = scan.components.length
  const differences = new Int32Array(width * together)
  const middle = 2 ** (precision - scan.pointTransform - 1)
  const row = width * components
  for (let y = 0, interval = 0; y < height; interval++) {
    const [start, end] = bounds.slice(interval, interval + 2)
    if (start === undefined || end === undefined) throw new Error('a restart interval is missing')
    const reader = new DifferenceReader(data, start, end)
    for (let left = Math.min(rows, height - y), first = true; left > 0; left--, y++, first = false) {
      reader.read(scan.tables, differences)
      for (const [i, component] of scan.components.entries()) {
        const at = y * row + component
        const above = first ? undefined : at - row
        const where = { at, above, step: components, from: i, differenceStep: together, width }
        addPredictions(samples, differences, where, scan.predictor, middle)
      }
    }
  }
  const mask = 2 ** precision - 1
  for (const component of scan.components) {
    for (let i = component; i < samples.length; i += components) {
      samples[i] = ((samples[i] as number) << scan.pointTransform) & mask
    }
  }
}

/**
 * Entropy-coded data without the zero bytes behind 0xff, and where the intervals between restarts begin and end. What
 * follows the last interval is left out.
 */
function unstuff(coded: Uint8Array, intervals: number): { data: Uint8Array; bounds: number[] } {
  const data = new Uint8Array(coded.length + readAhead)
  const bounds = [0]
  let length = 0
  for (let i = 0; i < coded.length && bounds.length <= intervals; i++) {
    const byte = coded[i] as number
    if (byte !== 0xff) {
      data[length++] = byte
      continue
    }
    const next = coded[i + 1] ?? 0xff
    if (next === 0xff) continue // a fill byte
    i++
    if (next === 0) data[length++] = byte
    else if (isRestart(next)) {
      if (next !== 0xd0 + ((bounds.length - 1) & 7)) throw new Error('the restarts are out of order')
      bounds.push(length)
    }
  }
  bounds.push(length)
  return { data, bounds }
}
