import type { Rectangle } from '../../grounding/index.js'
import { type ColormapName, colormapNames } from '../../overlay/colormap.js'
import { type OptionValues, UsageError } from '../command.js'
import { choice, refuseOptions } from '../values.js'

/** Options of a picture of a grounding. */
export const pictureOptions = {
  truth: { type: 'string', multiple: true },
  range: { type: 'string' },
  colormap: { type: 'string' },
} as const

export const pictureHelp = `Of the picture (--png, --svg):
  --truth X,Y,W,H        a reference box, drawn dashed; more than once for several
  --range=MIN,MAX        similarities of the darkest and the brightest colour (default: the map's own), so that pictures
                         of several films compare
  --colormap NAME        ${colormapNames.join(', ')} (default ${colormapNames[0]})`

interface PictureChoice {
  readonly truth?: readonly Rectangle[]
  readonly range?: readonly [number, number]
  readonly colormap?: ColormapName
}

/** What they say, checked before anything is loaded. */
export function pictureChoice(values: OptionValues, hasPicture: boolean): PictureChoice {
  if (!hasPicture)
    refuseOptions(values, Object.keys(pictureOptions), 'is of a picture; ask for one with --png or --svg')
  const truth = values['truth'] as string[] | undefined
  return {
    ...(truth === undefined ? {} : { truth: truth.map(box) }),
    ...(values['range'] === undefined ? {} : { range: range(values['range'] as string) }),
    ...(values['colormap'] === undefined ? {} : { colormap: choice(values, 'colormap', ...colormapNames) }),
  }
}

function box(text: string): Rectangle {
  const [x, y, width, height] = numbers(text, 4) ?? []
  if (x !== undefined && y !== undefined && (width as number) >= 0 && (height as number) >= 0)
    return { x, y, width: width as number, height: height as number }
  throw new UsageError(`Expected X,Y,WIDTH,HEIGHT for --truth but received ${text}`)
}

function range(text: string): [number, number] {
  const [min, max] = numbers(text, 2) ?? []
  if (min !== undefined && max !== undefined && min < max) return [min, max]
  throw new UsageError(`Expected MIN,MAX for --range but received ${text}`)
}

/** So many numbers with commas between them. */
function numbers(text: string, count: number): number[] | undefined {
  const parts = text.split(',')
  const values = parts.map(Number)
  const isNumber = (value: number, i: number) => parts[i]?.trim() !== '' && Number.isFinite(value)
  return parts.length === count && values.every(isNumber) ? values : undefined
}
