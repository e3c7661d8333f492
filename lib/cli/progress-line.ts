import type { WriteStream } from 'node:tty'
import { printableLine } from '../io/printable.js'
import type { OnProgress, Progress } from '../progress.js'

/** How often a terminal's line is drawn again, and how often a log gets a line, in ms. */
const TERMINAL_INTERVAL = 100
const LOG_INTERVAL = 5000

/** Work that ends sooner shows nothing, in ms. */
const QUIET_FOR = 500

/**
 * Shows progress on stderr: one line that is rewritten on a terminal, a line every few seconds elsewhere, with rate and
 * time left. `clear` must be called before anything else is written to the same stream.
 */
export function progressLine(stream: WriteStream): { onProgress: OnProgress; clear(): void } {
  const live = stream.isTTY === true && process.env['CI'] === undefined && process.env['TERM'] !== 'dumb'
  const interval = live ? TERMINAL_INTERVAL : LOG_INTERVAL
  let task = ''
  let started = 0
  let startedAt = 0
  let drawn = 0
  let shown = false

  return {
    onProgress(progress) {
      const now = performance.now()
      const name = `${progress.stage} ${progress.item ?? ''}`
      if (name !== task) {
        task = name
        started = now
        startedAt = progress.done
        drawn = live ? now - interval + QUIET_FOR : now
      }
      const finished = progress.total !== undefined && progress.done >= progress.total
      if (now - drawn < interval && !(finished && shown)) return
      if (finished && !shown) return
      drawn = now
      const text = printableLine(
        describeProgress(progress, progress.done - startedAt, (now - started) / 1000),
      )
      if (live) stream.write(`\r\x1b[2K${text.slice(0, Math.max(20, (stream.columns || 80) - 1))}`)
      else stream.write(`${text}\n`)
      shown = live
    },
    clear() {
      if (shown) stream.write('\r\x1b[2K')
      shown = false
    },
  }
}

function describeProgress(progress: Progress, done: number, seconds: number): string {
  const { stage, item, total, unit } = progress
  const rate = seconds > 0 ? done / seconds : 0
  const amount =
    total === undefined
      ? count(progress.done, unit)
      : `${count(progress.done, unit, false)} of ${count(total, unit)}`
  const parts = [`${stage}${item ? ` ${item}` : ''}: ${amount}`]
  if (total) parts.push(`${Math.floor((100 * progress.done) / total)} %`)
  if (rate > 0) parts.push(`${count(rate, unit)}/s`)
  if (total !== undefined && rate > 0) parts.push(`${duration((total - progress.done) / rate)} left`)
  return parts.join(', ')
}

function count(value: number, unit: Progress['unit'], withUnit = true): string {
  if (unit === 'bytes') return `${(value / 1e6).toFixed(value < 1e7 ? 1 : 0)}${withUnit ? ' MB' : ''}`
  const rounded =
    value < 10 && !Number.isInteger(value) ? value.toFixed(1) : Math.round(value).toLocaleString('en')
  return withUnit ? `${rounded} ${unit}` : rounded
}

/** `42 s`, `3 min 5 s`, `2 h 10 min`. */
export function duration(seconds: number): string {
  const s = Math.max(0, Math.round(seconds))
  if (s < 60) return `${s} s`
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`
  return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`
}
