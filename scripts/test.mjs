// `npm test`: sets everything up, then runs every suite on the built package. Arguments go to mocha, e.g.
// npm test -- --grep tokenizer
import { join } from 'node:path'
import { root, run, setup } from './setup.mjs'

try {
  await setup()
  await run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'test/tsconfig.json'])
  await run(
    process.execPath,
    ['node_modules/mocha/bin/mocha.js', 'build/test/**/*.test.js', ...process.argv.slice(2)],
    {
      env: {
        ...process.env,
        NODE_OPTIONS: '--enable-source-maps',
        PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}`,
      },
      stdio: ['ignore', 'inherit', 'inherit'],
    },
  )
} catch (error) {
  process.stderr.write(`npm test: ${error.message}\n`)
  process.exitCode = 1
}
