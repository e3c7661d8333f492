import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { errorCodes, warningCodes } from 'biovil'
import { globSync } from 'tinyglobby'
import { runNode } from '../support/cli.js'
import { fullModelDirectory } from '../support/models.js'
import { root } from '../support/root.js'

describe('documentation', () => {
  it('shows in README the example that is run here', async function () {
    this.timeout(120_000)
    const readme = readFileSync(join(root, 'README.md'), 'utf8')
    const shown = /<!-- example: (\S+) -->\n```js\n([\s\S]*?)```/.exec(readme)
    assert.ok(shown)
    const source = readFileSync(join(root, shown[1] as string), 'utf8')
    assert.equal(source.replace(/^(\/\/.*\n)+/, ''), shown[2])
    const { code, stdout, stderr } = await runNode([
      join(root, shown[1] as string),
      await fullModelDirectory(),
    ])
    assert.equal(code, 0, stderr)
    const matrix = stdout
      .split('\n')
      .slice(0, 3)
      .map((line) => line.trim().split(/\s+/).map(Number))
    for (const [i, row] of matrix.entries()) {
      assert.equal(row.length, 3)
      for (const [j, score] of row.entries()) {
        assert.ok(i === j ? score === 1 : Math.abs(score) <= 1 && score === matrix[j]?.[i])
      }
    }
    assert.match(stdout, /untrained/)
  })

  for (const [name, pattern, codes] of [
    ['errors', /^\| `(ERR_\w+)` \| (.+?) \|/gm, errorCodes],
    ['warnings', /^\| `(WARN_\w+)` \| (.+?) \|/gm, warningCodes],
  ] as const) {
    it(`explains the code of all ${name}`, () => {
      const page = readFileSync(join(root, `docs/${name}.md`), 'utf8')
      const listed = [...page.matchAll(pattern)].map(([, code, meaning]) => [code, meaning])
      assert.deepEqual(Object.fromEntries(listed), codes)
    })
  }

  it('names every code in a test that provokes it', () => {
    const tests = globSync('test/**/*.ts', { cwd: root }).map((file) =>
      readFileSync(join(root, file), 'utf8'),
    )
    for (const code of [...Object.keys(errorCodes), ...Object.keys(warningCodes)]) {
      const pattern = new RegExp(`\\b${code}\\b`)
      assert.ok(
        tests.some((text) => pattern.test(text)),
        code,
      )
    }
  })

  it('can be required from CommonJS', async () => {
    const { code, stdout, stderr } = await runNode(
      ['-e', "console.log(typeof require('biovil').loadModel)"],
      { cwd: root },
    )
    assert.deepEqual([code, stdout], [0, 'function\n'], stderr)
    assert.doesNotMatch(stderr, /Warning/)
  })
})
