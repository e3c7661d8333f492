import type { Model } from '../../model/model.js'
import { type OptionValues, UsageError } from '../command.js'
import { choice, wholeNumber } from '../values.js'

/** Options of every command that reads images. */
export const pixelOptions = {
  dicom: { type: 'string' },
  frame: { type: 'string' },
  percentiles: { type: 'string' },
  'max-pixels': { type: 'string' },
  'decode-memory': { type: 'string' },
} as const

export const pixelHelp = `Images: PNG, JPEG, TIFF, WebP, NIfTI or DICOM, by content.
  --dicom MODE           display (default): as a viewer shows the film (LUTs, window, MONOCHROME1);
                         reference: the raw stored pixels, as hi-ml takes them
  --frame N              frame of a multi-frame file, from 0
  --percentiles LOW,HIGH
                         values at these percentiles become black and white, as 0.1,99.9; default: the extremes
  --max-pixels N         most pixels that an image may declare; default 100000000
  --decode-memory BYTES  most that images may take together while they are decoded; default 3221225472 (3 GiB)`

export interface PixelChoice {
  dicom?: 'display' | 'reference'
  frame?: number
  percentiles?: [low: number, high: number]
  maxPixels?: number
  decodeMemory?: number
}

/** What they say, checked before anything is loaded. */
export function pixelChoice(values: OptionValues): PixelChoice {
  return {
    ...(values['dicom'] === undefined ? {} : { dicom: choice(values, 'dicom', 'display', 'reference') }),
    ...(values['frame'] === undefined ? {} : { frame: wholeNumber(values, 'frame', 0) }),
    ...(values['percentiles'] === undefined ? {} : { percentiles: percentiles(values) }),
    ...(values['max-pixels'] === undefined ? {} : { maxPixels: wholeNumber(values, 'max-pixels', 1) }),
    ...(values['decode-memory'] === undefined
      ? {}
      : { decodeMemory: wholeNumber(values, 'decode-memory', 1) }),
  }
}

function percentiles(values: OptionValues): [low: number, high: number] {
  const text = String(values['percentiles'])
  const found = /^(\d+|\d*\.\d+),(\d+|\d*\.\d+)$/.exec(text)
  const [low, high] = [Number(found?.[1]), Number(found?.[2])]
  if (low < high && high <= 100) return [low, high]
  throw new UsageError(
    `Expected two percentiles from 0 to 100, the lower one first, for --percentiles but received ${text}`,
  )
}

/** `--jobs`: images that are decoded ahead. */
export function aheadChoice(values: OptionValues): { ahead?: number } {
  return values['jobs'] === undefined ? {} : { ahead: wholeNumber(values, 'jobs', 1, 1024) }
}

/** What decides which films are computed together, where a device takes several: a run goes on only with the same. */
export function batching(model: Model, ahead: { ahead?: number }): { jobs?: number } {
  return model.device === 'cpu' || ahead.ahead === undefined ? {} : { jobs: ahead.ahead }
}
