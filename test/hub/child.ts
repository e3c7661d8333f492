// Pulls the test model in a process of its own: argv = endpoint, cache directory. Says "working" at the first half.
import { pull } from './fixture.js'

const [endpoint = '', cacheDir = ''] = process.argv.slice(2)
let said = false
try {
  const { directory } = await pull({ url: endpoint } as Parameters<typeof pull>[0], cacheDir, {
    onProgress({ stage, item, done, total = 0 }) {
      if (!said && item === 'pytorch_model.bin' && (stage === 'wait' || done > total / 2)) {
        said = true
        process.stdout.write('working\n')
      }
    },
  })
  process.stdout.write(`${directory}\n`)
} catch (error) {
  const { code, message } = error as Error & { code?: string }
  process.stdout.write(`${code} ${message}\n`)
  process.exitCode = 1
}
