/** Variables that decide where downloads come from and go to. */
const names = [
  'HF_HOME',
  'HF_HUB_CACHE',
  'HUGGINGFACE_HUB_CACHE',
  'HF_ENDPOINT',
  'HF_TOKEN',
  'HF_TOKEN_PATH',
  'HUGGING_FACE_HUB_TOKEN',
  'HF_HUB_OFFLINE',
  'TRANSFORMERS_OFFLINE',
  'XDG_CACHE_HOME',
  ...['http_proxy', 'https_proxy', 'no_proxy'].flatMap((name) => [name, name.toUpperCase()]),
]

/** The environment of a child process without the settings of whoever runs the tests. */
export function cleanEnvironment(more: Record<string, string> = {}): NodeJS.ProcessEnv {
  return { ...process.env, ...Object.fromEntries(names.map((name) => [name, undefined])), ...more }
}

/** Takes the same settings away from this process while a suite runs; tests may set them as they like. */
export function withCleanEnvironment(home: () => string): void {
  const before = { ...process.env }
  beforeEach(() => {
    for (const name of names) delete process.env[name]
    process.env['HOME'] = home()
  })
  afterEach(() => {
    for (const name of [...names, 'HOME']) {
      if (before[name] === undefined) delete process.env[name]
      else process.env[name] = before[name]
    }
  })
}
