import { readFile } from 'node:fs/promises'
import { argumentError } from '../errors.js'
import { type Environment, hubTokenFile } from '../io/directories.js'

/** `HF_ENDPOINT`, else the Hub itself; without a trailing slash. */
export function hubEndpoint(given?: string, env: Environment = process.env): string {
  const text = given ?? (env['HF_ENDPOINT'] || 'https://huggingface.co')
  if (!/^https?:\/\/[^/]/.test(text) || !URL.canParse(text)) {
    const name = given === undefined ? 'HF_ENDPOINT' : "option 'endpoint'"
    throw argumentError(
      'ERR_INVALID_ARG_VALUE',
      `Expected an http or https URL for ${name} but received '${text}'`,
    )
  }
  return text.replace(/\/+$/, '')
}

/** `HF_TOKEN`, else the token file that `hf auth login` writes, else none. */
export async function hubToken(env: Environment = process.env): Promise<string | undefined> {
  if (truthy(env['HF_HUB_DISABLE_IMPLICIT_TOKEN'])) return undefined
  const text =
    env['HF_TOKEN'] ||
    env['HUGGING_FACE_HUB_TOKEN'] ||
    (await readFile(hubTokenFile(env), 'utf8').catch(() => ''))
  return text.replace(/[\r\n]/g, '').trim() || undefined
}

/** The variable that forbids downloads, if one does. */
export function offlineVariable(env: Environment = process.env): string | undefined {
  return ['HF_HUB_OFFLINE', 'TRANSFORMERS_OFFLINE'].find((name) => truthy(env[name]))
}

/** As huggingface_hub reads its switches. */
function truthy(value: string | undefined): boolean {
  return ['1', 'ON', 'YES', 'TRUE'].includes(value?.toUpperCase() ?? '')
}
