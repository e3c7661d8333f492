import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { biovil } from '../support/cli.js'
import { tinyImageDirectory } from '../support/models.js'
import { temporaryDirectory } from '../support/temp.js'

/** What moves a terminal's cursor or changes its colours; a line ends with \n. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const controls = /[\0-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/

describe('names of files on a terminal', function () {
  this.timeout(60_000)
  const directory = temporaryDirectory()
  const names = ['red\x1b[31m.png', 'two\nlines.png', 'back\x9b2Jwards\u202e.png']

  for (const [i, odd] of names.entries()) {
    it(`are escaped where they are broken films in a folder: ${i}`, async () => {
      const folder = join(directory(), String(i))
      mkdirSync(folder)
      writeFileSync(join(folder, odd), 'no film')
      const { stdout, stderr } = await biovil([
        'embed',
        '--image',
        folder,
        '--model',
        await tinyImageDirectory('image'),
        '--output',
        join(directory(), `${i}.jsonl`),
      ])
      assert.match(stderr, /ERR_|not an image|Expected/)
      assert.doesNotMatch(stdout + stderr, controls)
      assert.doesNotMatch(stderr, /two\nlines/)
    })

    it(`are escaped where they end the command: ${i}`, async () => {
      const { stderr, code } = await biovil(['inspect', join(directory(), odd)])
      assert.equal(code, 1)
      assert.match(stderr, /ERR_INPUT/)
      assert.doesNotMatch(stderr, controls)
      assert.doesNotMatch(stderr, /two\nlines/)
    })
  }
})
