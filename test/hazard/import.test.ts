import assert from 'node:assert/strict'
import { runNode } from '../support/cli.js'
import { root } from '../support/root.js'

/** A text service pays for no image library, and a machine where sharp or libtorch do not load can still tokenize. */
describe("import 'biovil'", () => {
  const maps = async (code: string) => {
    const script = `${code}\nprocess.stdout.write((await import('node:fs')).readFileSync('/proc/self/maps', 'utf8'))`
    const { code: rc, stdout, stderr } = await runNode(['--input-type=module', '-e', script], { cwd: root })
    assert.equal(rc, 0, stderr)
    const files = new Set(
      [...stdout.matchAll(/\/\S*\/(\S+\.(?:node|so)\S*)/g)].map(([, file]) => file as string),
    )
    return [...files].filter((file) => /biovil|sharp|vips|torch|gomp|c10/.test(file))
  }

  it('loads no native code', async () => {
    assert.deepEqual(await maps(`import 'biovil'`), [])
    const tokenize = `import { loadTokenizer } from 'biovil'
      const tokenizer = await loadTokenizer('models/biovil-demo')
      if (tokenizer.encodeIds('Edema').length < 3) throw new Error()`
    assert.deepEqual(await maps(tokenize), [])
  })

  it('loads sharp for a picture, the addon for a film, libtorch for a model', async () => {
    const film = `import { prepareFilm } from 'biovil'
      await prepareFilm({ pixels: new Uint8Array(100), width: 10, height: 10 })`
    assert.deepEqual(
      (await maps(film)).map((file) => file.replace(/\..*/, '')),
      ['biovil'],
    )
    const picture = `import { Grounding, renderOverlay } from 'biovil'
      const grid = { rows: 2, columns: 2, data: new Float32Array(4) }
      const grounding = new Grounding({ grid, film: { width: 10, height: 10 }, framing: { resize: 4, crop: 4 } })
      await renderOverlay({ film: new Uint8Array(100), grounding }).png()`
    const loaded = await maps(picture)
    assert.ok(loaded.some((file) => file.includes('vips')) && !loaded.some((file) => file.includes('torch')))
  })
})
