import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

export type Environment = Readonly<Record<string, string | undefined>>

/** Where `biovil` keeps what is not a Hub file: `${XDG_CACHE_HOME:-~/.cache}/biovil`. */
export function biovilCache(env: Environment = process.env): string {
  return join(userCache(env), 'biovil')
}

/**
 * The Hugging Face cache, found as huggingface_hub finds it: `HF_HUB_CACHE`, `HUGGINGFACE_HUB_CACHE`, `$HF_HOME/hub`,
 * `${XDG_CACHE_HOME:-~/.cache}/huggingface/hub`.
 */
export function hubCache(env: Environment = process.env): string {
  const path = env['HF_HUB_CACHE'] || env['HUGGINGFACE_HUB_CACHE']
  return path ? expand(path, env) : join(hubHome(env), 'hub')
}

/** The file that holds the Hub's access token when `HF_TOKEN` is not set. */
export function hubTokenFile(env: Environment = process.env): string {
  const path = env['HF_TOKEN_PATH']
  return path ? expand(path, env) : join(hubHome(env), 'token')
}

function hubHome(env: Environment): string {
  const path = env['HF_HOME']
  return path ? expand(path, env) : join(userCache(env), 'huggingface')
}

function userCache(env: Environment): string {
  const path = env['XDG_CACHE_HOME']
  return path ? expand(path, env) : join(home(env), '.cache')
}

function home(env: Environment): string {
  return env['HOME'] || homedir()
}

/** A directory that a caller names: `~` is the home directory, as in the variables; always absolute. */
export function expandHome(path: string, env: Environment = process.env): string {
  return resolve(path.replace(/^~(?=\/|$)/, () => home(env)))
}

/** `~` and `$NAME` as huggingface_hub expands them; always absolute. */
function expand(path: string, env: Environment): string {
  const names = /\$(?:\{(\w+)\}|(\w+))/g
  const tilde = path.replace(/^~(?=\/|$)/, () => home(env))
  return resolve(
    tilde.replace(names, (whole, braced?: string, bare?: string) => env[braced ?? bare ?? ''] ?? whole),
  )
}
