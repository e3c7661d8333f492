/** Round numbers inside a range at even steps of 1, 2, 2.5 or 5 times a power of ten, at most `most` steps. */
export function ticks([min, max]: readonly [number, number], most: number): number[] {
  const span = max - min
  if (!(span > 0)) return []
  const power = 10 ** Math.floor(Math.log10(span / most))
  const step = [1, 2, 2.5, 5, 10]
    .map((factor) => factor * power)
    .find((size) => span / size <= most) as number
  const found: number[] = []
  for (let i = Math.ceil(min / step); i * step <= max; i++) found.push(Number((i * step).toPrecision(12)))
  return found
}

/** Decimals that tell ticks of this range apart. */
export function decimals([min, max]: readonly [number, number]): number {
  const span = max - min
  return span > 0 ? Math.min(8, Math.max(2, 1 - Math.floor(Math.log10(span)))) : 3
}

/** A number with a fixed count of decimals, never `-0`. */
export function fixed(value: number, digits: number): string {
  const text = value.toFixed(digits)
  return Number(text) === 0 ? text.replace('-', '') : text
}
