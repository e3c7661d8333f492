import { knownModels, type ModelInfo } from '../../hub/models.js'
import { cachedDirectory, downloadSize } from '../../hub/summary.js'
import { formatBytes } from '../../io/format.js'
import type { Command } from '../command.js'

export const command: Command = {
  summary: 'List the models known by name',
  help: `
Usage: biovil models [--cache-dir DIR] [--json]

  --cache-dir DIR   cache to look in; default: the Hugging Face cache
  --json            one JSON object a line: {name, title, repository, revision, licence, notice, gives,
                    size, cached, bundled, demonstration}; size is null when not all files' sizes are known, cached is
                    the directory or null, bundled says that it is part of this package and needs no download`,
  options: {
    'cache-dir': { type: 'string' },
    json: { type: 'boolean' },
  },
  arguments: 0,
  async run(values, _, context) {
    const cacheDir = values['cache-dir'] as string | undefined
    const list = knownModels()
    for (const model of list) {
      const { name, title, licence, notice, gives } = model
      const { repository = null, revision = null, bundled = false, demonstration = false } = model
      const cached = await cachedDirectory(model, cacheDir)
      const { bytes, exact } = downloadSize(model)
      if (values['json']) {
        const size = exact ? bytes : null
        const facts = { name, title, repository, revision, licence, notice, gives, size }
        context.print(JSON.stringify({ ...facts, cached: cached ?? null, bundled, demonstration }))
        continue
      }
      const size = exact ? formatBytes(bytes) : bytes > 1e6 ? `about ${formatBytes(bytes)}` : 'size not known'
      context.print(demonstration ? `${name}  (DEMONSTRATION: means nothing on real films)` : name)
      context.print(`  ${title}`)
      context.print(
        `  gives ${gives.join(', ')}; ${licence} licence; ${bundled ? 'part of this package' : `${repository} ${revision}`}; ${size}`,
      )
      context.print(`  ${placeOf(model, cached)}`)
    }
    const notices = new Set(list.map(({ notice }) => notice))
    if (!values['json']) for (const notice of notices) context.note(notice)
    return 0
  },
}

function placeOf({ name, bundled }: ModelInfo, directory: string | undefined): string {
  if (bundled)
    return directory === undefined ? 'its files are missing: install biovil again' : `in ${directory}`
  return directory === undefined ? `not cached: biovil pull ${name}` : `cached in ${directory}`
}
