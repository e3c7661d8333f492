import assert from 'node:assert/strict'
import { existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { biovil, runNode } from '../support/cli.js'
import { killMidway } from '../support/kill.js'
import { loadTiny, numberedText, tinyModelDirectory } from '../support/models.js'
import { readNpy } from '../support/npy.js'
import { root } from '../support/root.js'
import { temporaryDirectory } from '../support/temp.js'

describe('biovil embed', () => {
  const directory = temporaryDirectory()
  let model: string
  before(async () => {
    model = await tinyModelDirectory()
  })
  const file = (name: string, content?: string) => {
    const path = join(directory(), name)
    if (content !== undefined) writeFileSync(path, content)
    return path
  }
  const embed = (...args: string[]) => biovil(['embed', ...args, '--model', model, '--device', 'cpu'])

  it('writes float32 [n, d] with row i = line i', async () => {
    const input = file('texts.txt', 'w5 w6\nw7\r\n\nw8 w9 w10')
    const output = file('lines.npy')
    const { code, stdout, stderr } = await embed(input, '--output', output)
    assert.equal(code, 0, stderr)
    assert.equal(stdout, '', 'nothing on stdout')
    assert.match(stderr, /UNTRAINED/)
    assert.match(stderr, /research only/i)
    const { data, dims } = readNpy(output)
    assert.deepEqual(dims, [4, 16])
    await using loaded = await loadTiny()
    const expected = await loaded.embedText(['w5 w6', 'w7', '', 'w8 w9 w10'])
    for (const [i, value] of data.entries()) assert.ok(Math.abs(value - (expected.data[i] as number)) < 1e-6)
    assert.ok(!existsSync(`${output}.part`) && !existsSync(`${output}.part.json`))
  })

  it('writes JSON Lines {index, text, embedding} that give back the same float32', async () => {
    const input = file('texts.jsonl', '{"text": "w5"}\n"w6 w7"\n')
    const output = file('rows.jsonl')
    assert.equal((await embed(input, '-o', output)).code, 0)
    const rows = readFileSync(output, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    assert.deepEqual(
      rows.map(({ index, text }) => [index, text]),
      [
        [0, 'w5'],
        [1, 'w6 w7'],
      ],
    )
    await using loaded = await loadTiny()
    const expected = await loaded.embedText(['w5', 'w6 w7'])
    for (const [i, { embedding }] of rows.entries())
      assert.deepEqual(Float32Array.from(embedding), expected.at(i))
  })

  it('reads columns of CSV with quotes and line breaks, TSV, and stdin', async () => {
    const csv = file('reports.csv', '\ufeffuid,findings\n1,"w5, w6\nw7"\n2,\n3,w8\n')
    assert.equal((await embed(csv, '--column', 'findings', '-o', file('csv.jsonl'))).code, 0)
    const texts = (name: string) =>
      readFileSync(join(directory(), name), 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).text)
    assert.deepEqual(texts('csv.jsonl'), ['w5, w6\nw7', '', 'w8'])
    assert.equal(
      (await embed(file('t.tsv', 'text\tn\nw5 "w6\t1\n'), '-o', file('tsv.jsonl'))).code,
      1,
      'a stray quote is an error',
    )
    assert.equal((await embed(file('t2.tsv', 'text\tn\nw5\t1\n'), '-o', file('tsv.jsonl'))).code, 0)
    assert.deepEqual(texts('tsv.jsonl'), ['w5'])
    const piped = await biovil(['embed', '-', '-m', model, '-o', file('piped.jsonl')], { input: 'w5\nw6\n' })
    assert.equal(piped.code, 0, piped.stderr)
    assert.deepEqual(texts('piped.jsonl'), ['w5', 'w6'])
  })

  it('costs only its own row when a text is bad, and exits with 1', async () => {
    const input = file(
      'bad.jsonl',
      `"w5"\n{broken\n"w6 [SEP]"\n${JSON.stringify(numberedText(new Array(600).fill(9)))}\n"w7"\n`,
    )
    const { code, stderr } = await embed(input, '-o', file('bad.npy'))
    assert.equal(code, 1)
    assert.match(stderr, /text 1: Line 2/)
    assert.match(stderr, /3 of them could not be embedded/)
    const { data, dims } = readNpy(file('bad.npy'))
    assert.deepEqual(dims, [5, 16])
    const blank = Array.from({ length: 5 }, (_, i) => Number.isNaN(data[i * 16]))
    assert.deepEqual(blank, [false, true, true, true, false])
    await embed(input, '-o', file('bad.rows.jsonl'))
    const rows = readFileSync(file('bad.rows.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    assert.deepEqual(
      rows.map(({ error }) => error?.code),
      [undefined, 'ERR_INPUT', 'ERR_SPECIAL_TOKEN', 'ERR_TEXT_TOO_LONG', undefined],
    )
  })

  it('honours --no-normalize and --keep-punctuation', async () => {
    const input = file('dots.txt', 'w5.\n')
    await embed(input, '-o', file('a.npy'))
    await embed(input, '-o', file('b.npy'), '--no-normalize')
    await embed(input, '-o', file('c.npy'), '--keep-punctuation')
    const [a, b, c] = ['a.npy', 'b.npy', 'c.npy'].map((name) => readNpy(file(name)).data) as [
      Float32Array,
      Float32Array,
      Float32Array,
    ]
    assert.ok(Math.abs(Math.hypot(...a) - 1) < 1e-6 && Math.abs(Math.hypot(...b) - 1) > 1e-3)
    assert.ok(a.some((value, i) => Math.abs(value - (c[i] as number)) > 1e-3))
  })

  it('resumes after a kill and gives the bytes of an uninterrupted run', async function () {
    this.timeout(120_000)
    const lines = Array.from({ length: 9000 }, (_, i) =>
      numberedText([5 + (i % 120), 5 + ((i * 7) % 120), 5 + ((i * 13) % 120)]),
    )
    const input = file('many.txt', `${lines.join('\n')}\n`)
    assert.equal((await embed(input, '-o', file('whole.npy'))).code, 0)
    const output = file('killed.npy')
    const rows = await killMidway(['embed', input, '-m', model, '-o', output], output)
    assert.ok(existsSync(`${output}.part`), 'it was killed in the middle')
    assert.ok(rows > 0 && rows < 9000)
    const { code, stderr } = await embed(input, '-o', output, '--resume')
    assert.equal(code, 0, stderr)
    assert.match(stderr, new RegExp(`${rows} of them before`))
    const [whole, resumed] = [readNpy(file('whole.npy')), readNpy(output)]
    assert.deepEqual(resumed.dims, whole.dims)
    for (const [i, value] of resumed.data.entries())
      assert.ok(Math.abs(value - (whole.data[i] as number)) < 1e-5)
    const again = await embed(input, '-o', output, '--resume')
    assert.equal(again.code, 0)
    assert.match(again.stderr, /complete already.*without --resume it is written anew/)
  })

  it('refuses to resume another run', async () => {
    const input = file('other.txt', 'w5\nw6\n')
    const output = file('other.npy')
    const part = { identity: { normalize: false }, rows: 1, failed: 0, bytes: [0], keys: '' }
    writeFileSync(`${output}.part`, '')
    writeFileSync(`${output}.part.json`, JSON.stringify(part))
    const { code, stderr } = await embed(input, '-o', output, '--resume')
    assert.equal(code, 1)
    assert.match(stderr, /ERR_OUTPUT/)
    assert.equal((await embed(input, '-o', output)).code, 0, 'without --resume it starts again')
  })

  it('says what is wrong: files, columns, names, flags', async () => {
    const csv = file('two.csv', 'a,b\n1,2\n')
    for (const [args, code, message] of [
      [[file('missing.txt'), '-o', file('x.npy')], 1, /ERR_INPUT/],
      [[directory(), '-o', file('x.npy')], 1, /ERR_INPUT/],
      [[csv, '-o', file('x.npy')], 2, /--column.*2 columns/],
      [[csv, '--column', 'c', '-o', file('x.npy')], 2, /No column 'c'.*2 columns/],
      [[csv, '--column', 'a', '-o', file('x.txt')], 2, /\.npy or \.jsonl/],
      [[csv], 2, /--output/],
      [[csv, '-o', file('x.npy'), '--normalise'], 2, /--normalise/],
      [[csv, '--column', 'a', '-o', join(csv, 'x.npy')], 1, /ERR_OUTPUT/],
      [[csv, '--column', 'a', '-o', file('x.npy'), '--dtype', 'float8'], 2, /ERR_INVALID_ARG_VALUE/],
    ] as const) {
      const result = await embed(...args)
      assert.equal(result.code, code, `${args.join(' ')}: ${result.stderr}`)
      assert.match(result.stderr, message)
      assert.doesNotMatch(result.stderr, /\n\s+at /, 'no stack trace')
    }
  })

  it('gives up a line or record without an end, in time and memory of its length', async function () {
    this.timeout(120_000)
    const long = file('long.txt', '')
    truncateSync(long, 2 ** 30)
    for (const [format, message] of [
      ['lines', /long\.txt, line 1: expected at most 16777216 characters/],
      ['jsonl', /long\.txt, line 1: expected at most 16777216 characters/],
      ['csv', /long\.txt, line 1: .*expected at most 16777216 characters/],
    ] as const) {
      const { code, stderr } = await embed(long, '--format', format, '-o', file('x.npy'))
      assert.equal(code, 1)
      assert.match(stderr, message)
      assert.match(stderr, /ERR_INPUT/)
    }
  })

  it('says ERR_DISK_FULL and keeps what is done', async () => {
    // The shell's limit on file size stands in for a full disk: the write fails with EFBIG instead of ENOSPC.
    const input = file(
      'big.txt',
      `${Array.from({ length: 5000 }, (_, i) => `w${5 + (i % 120)} w${5 + ((i >> 5) % 120)}`).join('\n')}\n`,
    )
    const script = `
      const { spawnSync } = require('node:child_process')
      const r = spawnSync('bash', ['-c', 'ulimit -f 200; trap "" XFSZ; exec "$@"', 'bash', process.execPath, ...process.argv.slice(1)], { encoding: 'utf8' })
      process.stderr.write(r.stderr); process.exit(r.status ?? 99)`
    const output = file('full.npy')
    const { code, stderr } = await runNode([
      '-e',
      script,
      join(root, 'dist/cli/main.js'),
      'embed',
      input,
      '-m',
      model,
      '-o',
      output,
    ])
    assert.equal(code, 1, stderr)
    assert.match(stderr, /ERR_DISK_FULL/)
    assert.match(stderr, /--resume/)
    assert.ok(existsSync(`${output}.part.json`))
    assert.equal((await embed(input, '-o', output, '--resume')).code, 0)
    assert.deepEqual(readNpy(output).dims, [5000, 16])
  })
})
