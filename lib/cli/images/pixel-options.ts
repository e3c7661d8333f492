import type { Model } from '../../model/model.js'
import type { OptionValues } from '../command.js'
import { choice, wholeNumber } from '../values.js'

/** Options of every command that reads images. */
export const pixelOptions = {
  dicom: { type: 'string' },
  frame: { type: 'string' },
} as const

export const pixelHelp = `Images: PNG, JPEG, TIFF, WebP, NIfTI or DICOM, by content.
  --dicom MODE           display (default): as a viewer shows the film (LUTs, window, MONOCHROME1);
                         reference: the raw stored pixels, as hi-ml takes them
  --frame N              frame of a multi-frame file, from 0`

/** What they say, checked before anything is loaded. */
export function pixelChoice(values: OptionValues): { dicom?: 'display' | 'reference'; frame?: number } {
  return {
    ...(values['dicom'] === undefined ? {} : { dicom: choice(values, 'dicom', 'display', 'reference') }),
    ...(values['frame'] === undefined ? {} : { frame: wholeNumber(values, 'frame', 0) }),
  }
}

/** `--jobs`: images that are decoded ahead. */
export function aheadChoice(values: OptionValues): { ahead?: number } {
  return values['jobs'] === undefined ? {} : { ahead: wholeNumber(values, 'jobs', 1, 1024) }
}

/** What decides which films are computed together, where a device takes several: a run goes on only with the same. */
export function batching(model: Model, ahead: { ahead?: number }): { jobs?: number } {
  return model.device === 'cpu' || ahead.ahead === undefined ? {} : { jobs: ahead.ahead }
}
