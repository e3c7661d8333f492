import { inspectImage } from '../../image/inspect.js'
import { type Command, UsageError } from '../command.js'
import { pixelChoice, pixelHelp, pixelOptions } from '../images/pixel-options.js'
import { writeGreyPng } from '../images/write-png.js'
import { checkOutputs } from '../outputs.js'

export const command: Command = {
  summary: 'What an image file holds and how a model would see it',
  help: `
Usage: biovil inspect FILE [--json] [--png F] [--dicom display|reference]

Needs no model and no libtorch. Nothing that identifies a patient is shown.

  --png FILE             write the 8-bit film after the grey remap, before resizing
  --json                 {format, width, height, transferSyntax, bitsStored, photometric, applied, meanGrey, crop, warnings}

${pixelHelp}`,
  options: { ...pixelOptions, png: { type: 'string' }, json: { type: 'boolean' } },
  arguments: 1,
  async run(values, positionals, context) {
    const [file] = positionals
    if (file === undefined) throw new UsageError('Expected one FILE')
    const pixels = pixelChoice(values)
    const png = values['png'] as string | undefined
    if (png !== undefined) await checkOutputs([png], [file])
    const { inspection, film } = await inspectImage(file, { ...pixels, signal: context.signal })
    if (png !== undefined) await writeGreyPng(png, film, inspection.width, inspection.height)
    if (values['json']) {
      context.print(JSON.stringify(inspection))
      return 0
    }
    const {
      format,
      width,
      height,
      transferSyntax,
      bitsStored,
      photometric,
      applied,
      meanGrey,
      crop,
      warnings,
    } = inspection
    const round = (value: number) => Math.round(value)
    for (const [label, value] of [
      ['format', [format, transferSyntax].filter(Boolean).join(', transfer syntax ')],
      ['size', `${width} x ${height}`],
      [
        'stored',
        [bitsStored && `${bitsStored} bit`, photometric].filter(Boolean).join(', ') || 'as the format says',
      ],
      ...applied.map((step, i) => [i === 0 ? 'applied' : '', step] as const),
      ['mean grey', `${meanGrey.toFixed(1)} of 255`],
      [
        'model sees',
        `${round(crop.width)} x ${round(crop.height)} pixels from (${round(crop.x)}, ${round(crop.y)})`,
      ],
      ...warnings.map(({ code, message }) => ['WARNING', `${message} [${code}]`] as const),
    ] as const) {
      context.print(`${label.padEnd(11)} ${value}`)
    }
    if (png !== undefined) context.note(`The film: ${png}`)
    return 0
  },
}
