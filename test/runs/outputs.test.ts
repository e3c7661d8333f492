import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { biovil, runNode } from '../support/cli.js'
import { film } from '../support/films.js'
import { tinyImageDirectory } from '../support/models.js'
import { readNpy } from '../support/npy.js'
import { root } from '../support/root.js'
import { temporaryDirectory } from '../support/temp.js'
import { makeDirectory } from './internals.js'

describe('outputs of commands', function () {
  this.timeout(120_000)
  const directory = temporaryDirectory()
  let model: string
  let folder: string
  let count = 0
  before(async () => {
    model = await tinyImageDirectory('image')
  })
  beforeEach(() => {
    folder = join(directory(), `${++count}`)
    mkdirSync(folder)
  })
  const at = (name: string) => join(folder, name)
  const put = (name: string, content: string | Buffer) => {
    writeFileSync(at(name), content)
    return at(name)
  }
  const picture = async (name: string) =>
    put(
      name,
      await sharp(film(1, 64, 80), { raw: { width: 64, height: 80, channels: 1 } })
        .png()
        .toBuffer(),
    )
  /** A model that does not exist: a command that gets as far as loading it has begun to work. */
  const noModel = ['-m', '/no/such/model']

  it('that are inputs are refused before any work, by whatever name', async () => {
    const texts = put('a.jsonl', '"w5"\n')
    symlinkSync(texts, at('symbolic.jsonl'))
    linkSync(texts, at('hard.jsonl'))
    mkdirSync(at('real'))
    symlinkSync(at('real'), at('linked'))
    const inside = put('real/b.jsonl', '"w5"\n')
    const image = await picture('film.png')
    linkSync(image, at('same.png'))
    symlinkSync(image, at('link.png'))
    linkSync(image, at('films.npy'))
    linkSync(image, at('other.index.jsonl'))
    linkSync(image, at('scores.jsonl'))
    const prompts = put('prompts.json', '{"a": ["w5"], "b": ["w6"]}')
    linkSync(prompts, at('prompts.jsonl'))
    linkSync(texts, at('later.npy.part'))
    linkSync(image, at('picture.png.part'))
    mkdirSync(at('model'))
    put('model/vocab.txt', '[PAD]\n')
    const before = new Map(readdirSync(folder).map((name) => [name, identityOf(at(name))]))
    for (const args of [
      ['embed', texts, '-o', texts, ...noModel],
      ['embed', at('symbolic.jsonl'), '-o', texts, ...noModel],
      ['embed', texts, '-o', at('symbolic.jsonl'), ...noModel],
      ['embed', texts, '-o', at('hard.jsonl'), ...noModel],
      ['embed', texts, '-o', at('later.npy'), ...noModel],
      ['embed', inside, '-o', at('linked/b.jsonl'), ...noModel],
      ['embed', '--image', image, '-o', at('films.npy'), ...noModel],
      ['embed', '--image', image, '-o', at('other.npy'), ...noModel],
      ['classify', image, '-o', at('scores.jsonl'), ...noModel],
      ['classify', image, '--prompts', prompts, '-o', at('prompts.jsonl'), ...noModel],
      ['ground', image, 'w5', '--png', image, ...noModel],
      ['ground', image, 'w5', '--svg', at('same.png'), ...noModel],
      ['ground', image, 'w5', '--npy', at('link.png'), ...noModel],
      ['ground', at('link.png'), 'w5', '--png', at('same.png'), ...noModel],
      ['ground', image, 'w5', '--prior', prompts, '--png', prompts, ...noModel],
      ['inspect', image, '--png', image],
      ['inspect', at('picture.png.part'), '--png', at('picture.png')],
      ['synthesize', at('model'), '--seed', '1', '--vocab', at('model/vocab.txt')],
      ['inspect', at('link.png'), '--png', at('same.png')],
    ]) {
      const { code, stderr } = await biovil(args)
      assert.equal(code, 2, `${args.join(' ')}: ${stderr}`)
      assert.match(stderr, /would be written over .*, which is read/)
    }
    const twice = await biovil([
      'ground',
      image,
      'w5',
      '--png',
      at('x.png'),
      '--svg',
      at('x.png'),
      ...noModel,
    ])
    assert.equal(twice.code, 2, twice.stderr)
    assert.deepEqual(new Map(readdirSync(folder).map((name) => [name, identityOf(at(name))])), before)
  })

  it('that are stdin, or a file of the model, are refused too', async () => {
    const texts = put('a.jsonl', '"w5"\n')
    const script = `
      const { openSync } = require('node:fs')
      const { spawnSync } = require('node:child_process')
      const [input, ...args] = process.argv.slice(1)
      const r = spawnSync(process.execPath, args, { stdio: [openSync(input), 'inherit', 'inherit'] })
      process.exit(r.status)`
    const main = join(root, 'dist/cli/main.js')
    const stdin = await runNode([
      '-e',
      script,
      texts,
      main,
      'embed',
      '-',
      '-o',
      texts,
      '--format',
      'jsonl',
      ...noModel,
    ])
    assert.equal(stdin.code, 2, stdin.stderr)
    assert.match(stdin.stderr, /stdin/)
    mkdirSync(at('model'))
    symlinkSync(put('model/vocab.txt', 'x'), at('out.jsonl'))
    const { code } = await biovil(['embed', texts, '-o', at('out.jsonl'), '-m', at('model')])
    assert.equal(code, 2)
    assert.equal(readFileSync(at('model/vocab.txt'), 'utf8'), 'x')
  })

  it('that are a directory, a device or below a file are refused before the model loads', async () => {
    const texts = put('a.txt', 'w5\n')
    const image = await picture('film.png')
    mkdirSync(at('dir.npy'))
    mkdirSync(at('dir.index.jsonl'))
    symlinkSync('/dev/null', at('null.npy'))
    for (const args of [
      ['embed', texts, '-o', at('dir.npy'), ...noModel],
      ['embed', '--image', image, '-o', at('dir.npy'), ...noModel],
      ['embed', texts, '-o', at('dir.index.jsonl'), ...noModel],
      ['embed', texts, '-o', at('null.npy'), ...noModel],
      ['embed', texts, '-o', join(texts, 'x/y.npy'), ...noModel],
      ['classify', image, '-o', at('dir.index.jsonl'), ...noModel],
      ['ground', image, 'w5', '--png', at('dir.npy'), ...noModel],
      ['inspect', image, '--png', at('dir.npy')],
    ]) {
      const { code, stderr } = await biovil(args)
      assert.equal(code, 1, args.join(' '))
      assert.match(stderr, /Cannot write .*\[ERR_OUTPUT\]/, `${args.join(' ')}: ${stderr}`)
    }
  })

  it('that may not be written are refused before the model loads', async function () {
    const texts = put('a.txt', 'w5\n')
    mkdirSync(at('closed'))
    put('kept.npy', 'mine')
    chmodSync(at('closed'), 0o555)
    chmodSync(at('kept.npy'), 0o444)
    chmodSync(folder, 0o777)
    chmodSync(directory(), 0o755)
    // Root may write everything, so the command runs as nobody.
    const script = `
      if (process.getuid() === 0) process.setuid(65534)
      process.argv.splice(1, 1, process.argv[1])
      import(process.argv[1])`
    const main = join(root, 'dist/cli/main.js')
    for (const output of ['closed/x.npy', 'closed/new/x.npy', 'kept.npy']) {
      const { code, stderr } = await runNode([
        '-e',
        script,
        main,
        'embed',
        texts,
        '-o',
        at(output),
        ...noModel,
      ])
      if (/EACCES.*dist/.test(stderr)) return this.skip()
      assert.equal(code, 1, stderr)
      assert.match(stderr, /Cannot write .*(EACCES|EPERM).*\[ERR_OUTPUT\]/)
    }
    assert.equal(readFileSync(at('kept.npy'), 'utf8'), 'mine')
  })

  it('go where a link leads, and an older file is replaced', async () => {
    const texts = put('a.txt', 'w5\nw6\n')
    mkdirSync(at('elsewhere'))
    put('elsewhere/real.npy', 'older')
    symlinkSync(at('elsewhere/real.npy'), at('link.npy'))
    symlinkSync('elsewhere/new.npy', at('dangling.npy'))
    for (const [name, target] of [
      ['link.npy', 'elsewhere/real.npy'],
      ['dangling.npy', 'elsewhere/new.npy'],
    ] as const) {
      const { code, stderr } = await biovil(['embed', texts, '-o', at(name), '-m', model])
      assert.equal(code, 0, stderr)
      assert.ok(lstatSync(at(name)).isSymbolicLink(), 'the link stays')
      assert.deepEqual(readNpy(at(target)).dims, [2, 16])
    }
    const image = await picture('film.png')
    const before = statSync(image).ino
    assert.equal((await biovil(['inspect', image, '--png', at('new/folder/film.png')])).code, 0)
    assert.ok(existsSync(at('new/folder/film.png')))
    assert.equal(statSync(image).ino, before)
    const piped = spawnSync(
      'bash',
      [
        '-c',
        '"$@" --png /dev/stdout --json | cat',
        'bash',
        process.execPath,
        join(root, 'dist/cli/main.js'),
        'inspect',
        image,
      ],
      { encoding: 'latin1' },
    )
    assert.match(piped.stdout, /PNG/, 'a pipe is written as it is')
  })

  it('belong to one run at a time: the second is told who has them, also with --resume', async () => {
    const output = at('out.npy')
    const first = spawn(
      process.execPath,
      [join(root, 'dist/cli/main.js'), 'embed', '-', '-o', output, '-m', model],
      { stdio: ['pipe', 'ignore', 'ignore'] },
    )
    const ended = once(first, 'exit')
    while (!existsSync(`${output}.part.lock`)) await new Promise((resolve) => setTimeout(resolve, 10))
    symlinkSync(output, at('other name.npy'))
    const texts = put('a.txt', 'w5\n')
    for (const args of [
      ['embed', texts, '-o', output, ...noModel],
      ['embed', texts, '-o', output, '--resume', ...noModel],
      ['embed', texts, '-o', at('other name.npy'), ...noModel],
      ['ground', await picture('film.png'), 'w5', '--npy', output, '-m', model],
    ]) {
      const { code, stderr } = await biovil(args)
      assert.equal(code, 1, stderr)
      assert.match(
        stderr,
        /being written by another run: biovil embed, process \d+ on .+, since \d{4}-.*\[ERR_OUTPUT_IN_USE\]/,
      )
      assert.ok(stderr.includes(`process ${first.pid} `), stderr)
    }
    first.kill('SIGKILL')
    await ended
    const { code, stderr } = await biovil(['embed', texts, '-o', output, '--resume', '-m', model])
    assert.equal(code, 0, stderr)
    assert.deepEqual(readdirSync(folder).sort(), ['a.txt', 'film.png', 'other name.npy', 'out.npy'])
  })

  it('name the real fault of a folder that cannot be made', async () => {
    // The system's word for the parent, which Node's recursive mkdir would replace by ENOENT.
    await assert.rejects(makeDirectory('/proc/no/such/folder'), (error: NodeJS.ErrnoException) => {
      assert.equal(error.syscall, 'mkdir')
      assert.match(error.message, /mkdir '\/proc\/no'/)
      return true
    })
    await makeDirectory(at('a/b/c'))
    await makeDirectory(at('a/b/c'))
    assert.ok(statSync(at('a/b/c')).isDirectory())
  })
})

function identityOf(path: string): string {
  const { ino, size, mtimeMs } = lstatSync(path)
  return `${ino} ${size} ${mtimeMs}`
}
