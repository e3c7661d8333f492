import type { OptionValues } from '../command.js'
import { choice } from '../values.js'
import type { Comparison } from './film-key.js'

export const resumeOption = { resume: { type: 'string' } } as const
/** What `--resume` alone means. */
export const resumeDefault = { resume: 'quick' } as const

export const resumeHelp = `  --resume               continue a run that was interrupted; the output is then, byte for byte, that of one run.
                         Refused when a file that was read, an option, the model, device, dtype or --threads differs
  --resume=verify        the same, and files that were read are compared by content instead of size, time and inode`

export function comparisonOf(values: OptionValues): Comparison {
  return choice(values, 'resume', 'quick', 'verify')
}
