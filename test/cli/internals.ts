import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Command } from '../../dist/cli/command.js'
import { root } from '../support/root.js'

const folder = join(root, 'dist/cli/commands')

/** Every command by its name, as the built package has them. */
export async function allCommands(): Promise<ReadonlyMap<string, Command>> {
  const files = readdirSync(folder).filter((file) => file.endsWith('.js'))
  const entries = files.map(async (file) => {
    const { command } = (await import(pathToFileURL(join(folder, file)).href)) as { command: Command }
    return [file.slice(0, -'.js'.length), command] as const
  })
  return new Map(await Promise.all(entries))
}
