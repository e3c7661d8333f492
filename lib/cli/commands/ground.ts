import type { Threshold } from '../../grounding/index.js'
import { renderOverlay } from '../../overlay/index.js'
import { marksOf } from '../../standing.js'
import { type Command, type OptionValues, UsageError } from '../command.js'
import { pictureChoice, pictureHelp, pictureOptions } from '../images/picture-options.js'
import { pixelChoice, pixelHelp, pixelOptions } from '../images/pixel-options.js'
import {
  checkModelOptions,
  framingHelp,
  framingOptions,
  modelHelp,
  modelOptions,
  openModel,
} from '../model-options.js'
import { checkOutputs, modelInputs, writeOutput } from '../outputs.js'
import { npyHeader } from '../rows/npy.js'
import { choice } from '../values.js'

export const command: Command = {
  summary: 'Where in a film a phrase is: peak, boxes, heatmap',
  help: `
Usage: biovil ground FILE "phrase" --model NAME|DIR [--json] [--png F] [--svg F] [--npy F]

  --prior FILE           the patient's prior film (BioViL-T)
  --png FILE, --svg FILE a picture: the film with heat, isolines, boxes, colour bar and caption
  --npy FILE             the heatmap at original size, float32 [height, width], NaN outside what the model saw
  --interpolation WAY    bilinear (default) or nearest
  --threshold T          for boxes: otsu (default), a similarity such as 0.3, or a percentile such as 95%
  --padding WAY          of the smoothing at the border: reflect (default, as the reference) or zero
  --json                 {image: {width, height}, grid, peak: {x, y, score}, boxes: [{x, y, width, height, score}], preprocessing}

Coordinates are pixels of the original film; scores are cosines from -1 to 1.

${pictureHelp}

${pixelHelp}

${framingHelp}

${modelHelp}`,
  options: {
    ...modelOptions,
    ...pixelOptions,
    ...framingOptions,
    ...pictureOptions,
    prior: { type: 'string' },
    png: { type: 'string' },
    svg: { type: 'string' },
    npy: { type: 'string' },
    interpolation: { type: 'string', default: 'bilinear' },
    threshold: { type: 'string', default: 'otsu' },
    padding: { type: 'string', default: 'reflect' },
    json: { type: 'boolean' },
  },
  arguments: 2,
  async run(values, positionals, context) {
    const [file, phrase] = positionals
    if (file === undefined || phrase === undefined) throw new UsageError('Expected FILE "phrase"')
    const interpolation = choice(values, 'interpolation', 'bilinear', 'nearest')
    const padding = choice(values, 'padding', 'reflect', 'zero')
    const threshold = readThreshold(values)
    const pixels = pixelChoice(values)
    const keepFilm = values['png'] !== undefined || values['svg'] !== undefined
    const how = pictureChoice(values, keepFilm)
    checkModelOptions(values)
    const [prior, png, svg, npy] = ['prior', 'png', 'svg', 'npy'].map(
      (name) => values[name] as string | undefined,
    )
    const given = (paths: readonly (string | undefined)[]) => paths.filter((path) => path !== undefined)
    await checkOutputs(given([png, svg, npy]), [...given([file, prior]), ...(await modelInputs(values))])
    await using model = await openModel(values, context)
    const input = prior === undefined ? file : { image: file, prior }
    const encoding = await model.encodeImage(input, {
      ...pixels,
      keepFilm,
      signal: context.signal,
    })
    const grounding = await model.ground(encoding, phrase, { smoothing: { padding }, signal: context.signal })
    const { width, height } = grounding.film
    const boxes = grounding.boxes({ threshold, interpolation })
    if (npy !== undefined) {
      const map = grounding.heatmap({ interpolation })
      const bytes = Buffer.concat([
        npyHeader([height, width]),
        Buffer.from(map.buffer, map.byteOffset, map.byteLength),
      ])
      await writeOutput(npy, bytes, 'biovil ground')
    }
    if (keepFilm) {
      const film = encoding.film.film as Uint8Array
      const picture = renderOverlay({ film, grounding, boxes: boxes.slice(0, 3), interpolation, ...how })
      if (png !== undefined) await writeOutput(png, await picture.png(), 'biovil ground')
      if (svg !== undefined) await writeOutput(svg, await picture.svg(), 'biovil ground')
    }
    const { applied, warnings } = encoding.film
    if (values['json']) {
      const { rows, columns, data } = grounding.grid
      const grid = { rows, columns, data: Array.from(data, (value) => Number(value.toPrecision(9))) }
      const preprocessing = { applied, warnings }
      context.print(
        JSON.stringify({
          image: { width, height },
          grid,
          peak: grounding.peak,
          boxes,
          preprocessing,
          ...marksOf(grounding),
        }),
      )
      return 0
    }
    for (const { message } of warnings) context.note(`${file}: ${message}`)
    const { x, y, score } = grounding.peak
    context.print(`"${phrase}" in ${file} (${width} x ${height})`)
    context.print(`  peak   ${score.toFixed(3)} at (${x}, ${y})`)
    for (const box of boxes) {
      context.print(
        `  box    ${box.score.toFixed(3)} x ${box.x} y ${box.y} width ${box.width} height ${box.height}`,
      )
    }
    return 0
  },
}

function readThreshold(values: OptionValues): Threshold {
  const text = String(values['threshold'])
  if (text === 'otsu') return 'otsu'
  const value = Number(text.replace(/%$/, ''))
  const isPercentile = text.endsWith('%')
  if (
    !/^[^\s%]+%?$/.test(text) ||
    !Number.isFinite(value) ||
    (isPercentile && !(value >= 0 && value <= 100))
  ) {
    throw new UsageError(
      `Expected otsu, a number or a percentile from 0% to 100% for --threshold but received ${text}`,
    )
  }
  return isPercentile ? { percentile: value } : value
}
