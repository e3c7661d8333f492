import assert from 'node:assert/strict'
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import sharp from 'sharp'
import { biovil, type Finished } from '../support/cli.js'
import { film } from '../support/films.js'
import { killMidway } from '../support/kill.js'
import { loadTiny, numberedText, tinyImageDirectory, tinyModelDirectory } from '../support/models.js'
import { temporaryDirectory } from '../support/temp.js'
import { smallRun } from './small-run.js'

describe('--resume', function () {
  this.timeout(240_000)
  const directory = temporaryDirectory()
  const at = (name: string) => join(directory(), name)
  const refused = ({ code, stderr }: Finished, why: RegExp) => {
    assert.equal(code, 1, stderr)
    assert.match(stderr, why)
    assert.match(stderr, /Cannot resume .*Run without --resume.*\[ERR_OUTPUT\]/)
  }

  describe('of texts', () => {
    let model: string
    let input: string
    // Reports repeat themselves near and far, and some lines are broken: what a window holds depends on those before.
    const lines = Array.from({ length: 9000 }, (_, i) => {
      const n = i % 5 === 0 ? i % 40 : (i * i) % 3001
      if (i % 1500 === 7) return '{broken'
      return JSON.stringify(
        i % 1900 === 3 ? '' : numberedText([5 + (n % 120), 5 + ((n >> 4) % 120), ...Array(n % 9).fill(9)]),
      )
    })
    before(async () => {
      model = await tinyModelDirectory()
      input = at('texts.jsonl')
      writeFileSync(input, lines.join('\n'))
    })
    const embed = (...args: string[]) => biovil(['embed', '-m', model, ...args])

    for (const name of ['texts.npy', 'rows.jsonl']) {
      it(`gives the bytes of an uninterrupted run: ${name}`, async () => {
        assert.equal((await embed(input, '-o', at(`whole-${name}`))).code, 1)
        const output = at(`killed-${name}`)
        const rows = await killMidway(['embed', '-m', model, input, '-o', output], output)
        assert.ok(rows > 0 && rows < lines.length, `${rows} rows`)
        const { code, stderr } = await embed(input, '-o', output, '--resume')
        assert.equal(code, 1, stderr)
        assert.match(stderr, new RegExp(`9000 texts, ${rows} of them before`))
        assert.ok(readFileSync(output).equals(readFileSync(at(`whole-${name}`))))
      })
    }

    it('is refused for another input, option, number of threads or file of the model, and names what differs', async () => {
      const output = at('refused.npy')
      await killMidway(['embed', '-m', model, input, '-o', output, '--threads', '1'], output)
      const changed = at('changed.jsonl')
      writeFileSync(changed, lines.with(17, '"w99"').join('\n'))
      refused(await embed(changed, '-o', output, '--resume', '--threads', '1'), /text 17 is not the one/)
      writeFileSync(changed, lines.slice(0, 100).join('\n'))
      refused(await embed(changed, '-o', output, '--resume', '--threads', '1'), /rows but the input only 100/)
      refused(await embed(input, '-o', output, '--resume', '--threads', '2'), /threads was 1 and is 2/)
      refused(
        await embed(input, '-o', output, '--resume', '--threads', '1', '--no-normalize'),
        /normalize was true/,
      )
      refused(
        await embed(input, '-o', output, '--resume', '--threads', '1', '--dtype', 'bfloat16'),
        /dtype was "float32"/,
      )
      // One weight of another value, at the same size and time; and the same files in another place.
      cpSync(model, at('moved'), { recursive: true })
      cpSync(model, at('other'), { recursive: true })
      for (const name of readdirSync(at('other')).filter((file) => /safetensors|\.bin/.test(file))) {
        const path = join(at('other'), name)
        const { atime, mtime } = statSync(path)
        const bytes = readFileSync(path)
        bytes[bytes.length - 2000] = (bytes[bytes.length - 2000] as number) ^ 1
        writeFileSync(path, bytes)
        utimesSync(path, atime, mtime)
      }
      const args = ['embed', input, '-o', output, '--resume', '--threads', '1', '-m']
      const other = await biovil([...args, at('other')])
      if (!/ERR_CHECKPOINT/.test(other.stderr)) refused(other, /files was .* and is/)
      const moved = await biovil([...args, at('moved')])
      assert.match(moved.stderr, /of them before/)
      assert.ok(readFileSync(output).length > 9000 * 16 * 4)
    })

    it('keeps no word of a text beside the output', async () => {
      const secret = at('secret.txt')
      writeFileSync(secret, Array.from({ length: 5000 }, (_, i) => `w5 SURNAME${i} MRN4711`).join('\n'))
      const output = at('secret-out.npy')
      await killMidway(['embed', '-m', model, secret, '-o', output], output)
      const beside = readdirSync(directory()).filter((name) => name.startsWith('secret-out.npy.'))
      assert.deepEqual(
        beside.sort(),
        ['keys.part', 'part', 'part.json', 'part.lock'].map((name) => `secret-out.npy.${name}`),
      )
      for (const name of beside) assert.doesNotMatch(readFileSync(at(name), 'latin1'), /SURNAME|MRN/, name)
    })
  })

  describe('of films', () => {
    let model: string
    let films: string
    before(async () => {
      model = await tinyImageDirectory('image')
      films = at('films')
      mkdirSync(films)
      for (let i = 0; i < 40; i++) {
        const image = sharp(film(i, 64, 80), { raw: { width: 64, height: 80, channels: 1 } })
        writeFileSync(join(films, `f${String(i).padStart(2, '0')}.png`), await image.png().toBuffer())
      }
      writeFileSync(join(films, 'f07.png'), 'broken')
    })
    const embed = (...args: string[]) => biovil(['embed', '--image', films, '-m', model, ...args])

    it('notices a film that was replaced, by its facts or with =verify by its content', async () => {
      const output = at('films.npy')
      assert.equal((await embed('-o', at('whole.npy'))).code, 1)
      await killMidway(['embed', '--image', films, '-m', model, '-o', output], output)
      const before = Object.fromEntries(
        readdirSync(directory())
          .filter((name) => name.startsWith('films.'))
          .map((name) => [name, readFileSync(at(name))]),
      )
      const fifth = join(films, 'f05.png')
      const bytes = readFileSync(fifth)
      const { atime, mtime } = statSync(fifth)
      // Another content of the same size and time.
      const other = Buffer.from(bytes)
      other[other.length - 20] = (other[other.length - 20] as number) ^ 1
      writeFileSync(fifth, other)
      utimesSync(fifth, atime, mtime)
      refused(await embed('-o', output, '--resume=verify'), /row 5, .*f05\.png, is not the file/)
      // Another file of the same content, size and time, and one of another time.
      writeFileSync(at('copy.png'), bytes)
      utimesSync(at('copy.png'), atime, mtime)
      renameSync(at('copy.png'), fifth)
      refused(await embed('-o', output, '--resume'), /row 5, .*f05\.png, .*--resume=verify/)
      utimesSync(join(films, 'f04.png'), 1, 1)
      refused(await embed('-o', output, '--resume'), /row 4, .*f04\.png/)
      rmSync(join(films, 'f07.png'))
      refused(await embed('-o', output, '--resume=verify'), /row 7, /)
      writeFileSync(join(films, 'f07.png'), 'broken')
      assert.equal((await embed('-o', output, '--resume=often')).code, 2)
      for (const [name, content] of Object.entries(before))
        if (!name.endsWith('.lock')) assert.ok(readFileSync(at(name)).equals(content), `${name} is untouched`)
      const { code, stderr } = await embed('-o', output, '--resume=verify')
      assert.equal(code, 1, stderr)
      assert.match(stderr, /40 images, 32 of them before/)
      assert.ok(readFileSync(output).equals(readFileSync(at('whole.npy'))))
      assert.equal(
        readFileSync(at('films.index.jsonl'), 'utf8'),
        readFileSync(at('whole.index.jsonl'), 'utf8'),
      )
    })
  })

  describe('of a state', () => {
    /** A small run that stopped after two units, of four rows. */
    const stopped = async (name: string) => {
      const folder = at(name)
      rmSync(folder, { recursive: true, force: true })
      mkdirSync(folder)
      await assert.rejects(smallRun(join(folder, 'f.npy'), false, 4), /stopped/)
      return join(folder, 'f.npy')
    }

    it('that was edited, or contradicts the files, is refused', async () => {
      const edits: Record<string, (output: string) => void> = {}
      for (const [key, value] of Object.entries({ rows: [0, -5, 2, 400], failed: [-1, 9], complete: [true] }))
        for (const one of value)
          edits[`${key} ${one}`] = (output) => {
            const state = JSON.parse(readFileSync(`${output}.part.json`, 'utf8'))
            writeFileSync(`${output}.part.json`, JSON.stringify({ ...state, [key]: one }))
          }
      for (const bytes of [-1, 128, 0, 1e12])
        edits[`bytes ${bytes}`] = (output) => {
          const state = JSON.parse(readFileSync(`${output}.part.json`, 'utf8'))
          state.files[0].bytes = bytes
          writeFileSync(`${output}.part.json`, JSON.stringify(state))
        }
      for (const text of [
        '',
        'null',
        '[]',
        '{"version":2}',
        '{"identity":{},"rows":1,"failed":0,"bytes":[0],"keys":""}',
      ])
        edits[`state ${text}`] = (output) => writeFileSync(`${output}.part.json`, text)
      for (const name of ['f.npy.part', 'f.index.jsonl.part', 'f.npy.keys.part']) {
        const path = (output: string) => output.replace('f.npy', name)
        edits[`${name} shorter`] = (output) =>
          writeFileSync(path(output), readFileSync(path(output)).subarray(0, -1))
        edits[`${name} other`] = (output) => {
          const bytes = readFileSync(path(output))
          bytes[bytes.length - 1] = (bytes[bytes.length - 1] as number) ^ 1
          writeFileSync(path(output), bytes)
        }
        edits[`${name} missing`] = (output) => rmSync(path(output))
      }
      for (const [edit, apply] of Object.entries(edits)) {
        const output = await stopped('edited')
        apply(output)
        await assert.rejects(smallRun(output, true), (error: Error & { code?: string }) => {
          assert.equal(error.code, 'ERR_OUTPUT', `${edit}: ${error}`)
          assert.match(error.message, /Cannot resume .*Run without --resume/, edit)
          return true
        })
        await smallRun(output, false)
        assert.deepEqual(
          readdirSync(at('edited')).map((name) => basename(name)),
          ['f.index.jsonl', 'f.npy'],
          edit,
        )
      }
      // Bytes behind what the state tells of are of a write that a kill cut short.
      const output = await stopped('longer')
      writeFileSync(`${output}.part`, 'half a row', { flag: 'a' })
      await smallRun(output, true)
      await smallRun(at('whole-small/f.npy'), false)
      assert.ok(readFileSync(output).equals(readFileSync(at('whole-small/f.npy'))))
    })
  })

  describe('of a stream', () => {
    it('changes no row for what else is asked of the model at the same time', async () => {
      await using model = await loadTiny()
      const texts = Array.from({ length: 5000 }, (_, i) =>
        numberedText([5 + (i % 120), 5 + ((i * 31) % 120), 5 + ((i >> 3) % 90)]),
      )
      const stream = async () => {
        const rows: Buffer[] = []
        for await (const { data } of model.embedTextStream(texts))
          rows.push(Buffer.from(data.buffer, data.byteOffset, data.byteLength))
        return Buffer.concat(rows)
      }
      const alone = await stream()
      const [beside] = await Promise.all([
        stream(),
        ...Array.from({ length: 24 }, (_, i) => model.embedText(texts.slice(i * 100, i * 150 + 40))),
      ])
      assert.ok(beside.equals(alone))
    })
  })
})
