import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { checkXml } from '../overlay/xml.js'
import { runNode } from '../support/cli.js'
import { root } from '../support/root.js'

describe('npm start', function () {
  this.timeout(120_000)

  /** The paths of the pictures that the example names. */
  const picturesIn = (stdout: string) =>
    [...stdout.matchAll(/^ {2}(\S+\.png) and \.svg/gm)].map(([, path]) => join(root, path as string))

  it('shows similarities, scores beside the truth, and pictures with the true box', async () => {
    const { code, stdout, stderr } = await runNode(['examples/demo.mjs'], { cwd: root })
    assert.equal(code, 0, stderr)
    assert.match(
      stdout,
      /DEMONSTRATION model\nIt was trained on drawn phantoms and means nothing on real films/,
    )
    assert.match(stdout, /Cosine similarity of films and texts/)
    const [, right, asked] = /(\d+) of (\d+) right/.exec(stdout) ?? []
    assert.ok(Number(right) >= 0.85 * Number(asked), `${right} of ${asked} scores on the right side of 0`)
    const pictures = picturesIn(stdout)
    assert.ok(pictures.length >= 2)
    for (const path of pictures) {
      const { width } = await sharp(path).metadata()
      assert.ok(width > 500)
      const svg = readFileSync(path.replace(/png$/, 'svg'), 'utf8')
      checkXml(svg)
      assert.match(svg, /stroke-dasharray/, 'the truth is dashed')
    }
    assert.ok((stdout.match(/peak at the true box/g)?.length ?? 0) >= pictures.length / 2)
  })

  it('takes a film of the user', async () => {
    const film = /"film": ?"([^"]+)"/.exec(
      readFileSync(join(root, 'examples/films/studies.jsonl'), 'utf8'),
    )?.[1]
    const path = join(root, 'examples/films', film ?? assert.fail())
    const { code, stdout, stderr } = await runNode(['examples/demo.mjs', '--image', path], { cwd: root })
    assert.equal(code, 0, stderr)
    const [picture, ...more] = picturesIn(stdout)
    assert.ok(picture !== undefined && more.length === 0 && existsSync(picture))
    assert.doesNotMatch(stdout, /true box/)
  })

  it('embeds the sentences of reports', async () => {
    const { code, stdout, stderr } = await runNode(['examples/embed-reports.mjs'], {
      cwd: root,
      env: { BIOVIL_TEST_DATA: undefined },
    })
    assert.equal(code, 0, stderr)
    assert.match(stdout, /Their embeddings: .*embeddings\.npy/)
    assert.match(stdout, /a demonstration model/)
  })
})
