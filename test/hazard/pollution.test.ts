import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { models } from 'biovil'
import { runNode } from '../support/cli.js'
import { root } from '../support/root.js'
import { temporaryDirectory } from '../support/temp.js'

/** What a library with a hole hangs on Object.prototype is not an option of ours; `libtorch` would be a library to load. */
describe('a polluted Object.prototype', function () {
  this.timeout(300_000)
  const directory = temporaryDirectory()

  it('changes no result: every option of every function, nested ones, manifests, JSON', async () => {
    const path = join(directory(), 'manifest.json')
    const manifest = models().find(({ name }) => name === 'biovil')
    writeFileSync(path, JSON.stringify({ manifest }))
    const child = fileURLToPath(new URL('pollution-child.js', import.meta.url))
    const { code, stdout, stderr } = await runNode([child, path, root])
    assert.equal(code, 0, stderr)
    const { wrong, names } = JSON.parse(stdout) as { wrong: string[]; names: string[] }
    assert.ok(names.length > 50 && names.includes('libtorch') && names.includes('topK'))
    assert.deepEqual(wrong, [])
  })

  it('changes no command', async () => {
    const run = async (pollution: string) => {
      const { code, stdout, stderr } = await runNode([
        ...['--import', `data:text/javascript,${encodeURIComponent(pollution)}`],
        ...[join(root, 'dist/cli/main.js'), 'similarity', '-m', 'biovil-demo', '--json'],
        ...['--text', 'Edema.', '--text', 'Clear!'],
      ])
      assert.equal(code, 0, stderr)
      return stdout
    }
    const expected = await run('')
    const evil = {
      libtorch: '/evil',
      graph: '/evil',
      device: 'cuda:7',
      dtype: 'float16',
      punctuation: 'keep',
    }
    assert.equal(await run(`Object.assign(Object.prototype, ${JSON.stringify(evil)})`), expected)
    const more = {
      'keep-punctuation': true,
      threads: 'x',
      image: ['x.png'],
      dicom: 'x',
      model: '/evil',
      bundled: false,
    }
    assert.equal(await run(`Object.assign(Object.prototype, ${JSON.stringify(more)})`), expected)
  })
})
