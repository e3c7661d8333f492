import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadTokenizer, openCheckpoint } from 'biovil'
import { runNode } from '../support/cli.js'
import { root } from '../support/root.js'
import { temporaryDirectory } from '../support/temp.js'
import { dict, pickle, rejectsWith, safetensors, tensor, text, torchZip, tuple } from './support.js'

/** Files that are small enough to be read, and whose reading would take minutes or gigabytes. */
describe('hostile files', function () {
  this.timeout(60_000)
  const directory = temporaryDirectory()
  const write = (name: string, bytes: Uint8Array | string) => {
    const path = join(directory(), name)
    writeFileSync(path, bytes)
    return path
  }

  /** What opening costs in a process of its own. */
  async function cost(path: string): Promise<{ code: string; seconds: number; megabytes: number }> {
    const source = `
      import { openCheckpoint } from 'biovil'
      const before = process.resourceUsage()
      const code = await openCheckpoint(process.argv[1]).then(() => 'opened', (error) => error.code)
      const after = process.resourceUsage()
      const seconds = (after.userCPUTime - before.userCPUTime) / 1e6
      console.log(JSON.stringify({ code, seconds, megabytes: (after.maxRSS - before.maxRSS) / 1000 }))`
    const run = await runNode(['--input-type=module', '-e', source, path], { cwd: root })
    assert.equal(run.code, 0, run.stderr)
    return JSON.parse(run.stdout)
  }

  const many = 14_000_000
  const repeat = (bytes: string | Buffer, times: number) =>
    Buffer.alloc(bytes.length * times, bytes, 'latin1')
  const pair = tuple(text('a'), 'N')
  const steps = /it takes more than 500000 steps/
  for (const [what, bytes, reason] of [
    ['14 MB of TUPLE1', pickle('N', Buffer.alloc(many, 0x85), '.'), steps],
    ['14 MB of dicts', pickle(Buffer.alloc(many, 0x7d), '.'), steps],
    ['14 MB of marks', pickle(Buffer.alloc(many, 0x28), '.'), steps],
    ['14 MB of puts', pickle('N', Buffer.alloc(many, 'q\0'), '.'), steps],
    // The same long tuple or list, recalled again and again.
    [
      'a shape of 100,000 sizes for each of 20,000 tensors',
      pickle(
        '(',
        repeat('K\x01', 100_000),
        'tq\x01ctorch._utils\n_rebuild_tensor_v2\nq\x02',
        repeat('h\x02(NK\0h\x01h\x01NNtR', 20_000),
        '.',
      ),
      /it takes more than 500000 steps|arguments that torch does not use/,
    ],
    [
      'a list of 50,000 pairs for each of 20,000 dicts',
      pickle(
        ']q\x01(',
        repeat(pair, 50_000),
        'eccollections\nOrderedDict\nq\x02',
        repeat('h\x02h\x01\x85R', 20_000),
        '.',
      ),
      steps,
    ],
  ] as const) {
    it(`refuses a pickle with ${what}`, async () => {
      const path = write('pickle.bin', torchZip(bytes))
      await rejectsWith(openCheckpoint(path), 'ERR_CHECKPOINT_CORRUPT', reason)
      const { seconds, megabytes } = await cost(path)
      assert.ok(seconds < 2 && megabytes < 250, `${seconds} s, ${megabytes} MB`)
    })
  }

  it('reads a state dict of 4,000 tensors', async () => {
    const names = Array.from({ length: 4000 }, (_, i) => `layer.${i}.weight`)
    const pickled = dict(Object.fromEntries(names.map((name) => [name, tensor()])))
    const { tensors } = await openCheckpoint(write('large.bin', torchZip(pickled, [Buffer.alloc(16)])))
    assert.equal(tensors.size, 4000)
  })

  for (const [what, header, reason] of [
    ['10 MB of brackets', `{"a":${'['.repeat(1e7)}`, /nested more than 3 deep/],
    ['closed brackets', `{"a":${'['.repeat(5e6)}${']'.repeat(5e6)}}`, /nested more than 3 deep/],
    ['10 MB of objects', `{"a":[${'{},'.repeat(3e6)}{}]}`, /more than 500000 parts/],
    ['10 MB of numbers', `{"a":[${'1,'.repeat(5e6)}1]}`, /more than 500000 parts/],
    ['10 MB of quotes', `{${'"'.repeat(1e7)}`, /more than 500000 parts/],
    ['a text without end', `{"${'a'.repeat(1e7)}`, /is not JSON/],
  ] as const) {
    it(`refuses a safetensors header with ${what}`, async () => {
      const path = write('header.safetensors', safetensors(header))
      await rejectsWith(openCheckpoint(path), 'ERR_CHECKPOINT_CORRUPT', reason)
      const { seconds, megabytes } = await cost(path)
      assert.ok(seconds < 2 && megabytes < 150, `${seconds} s, ${megabytes} MB`)
    })
  }

  it('refuses configurations and shard indexes that are nested without end', async () => {
    const path = join(directory(), 'nested')
    mkdirSync(path)
    const nested = `{"a":${'['.repeat(1e6)}${']'.repeat(1e6)}}`
    writeFileSync(join(path, 'tokenizer_config.json'), nested)
    writeFileSync(join(path, 'vocab.txt'), '[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n')
    await rejectsWith(loadTokenizer(path), 'ERR_MODEL_CONFIG', /nested more than 32 deep/)
    writeFileSync(join(path, 'model.safetensors.index.json'), nested)
    await rejectsWith(openCheckpoint(path), 'ERR_CHECKPOINT_CORRUPT', /it is not JSON/)
  })

  it('refuses a vocabulary with a piece of megabytes, or of more bytes than any', async () => {
    const special = '[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n'
    await rejectsWith(
      loadTokenizer(write('piece.txt', `${special}${'a'.repeat(3_000_000)}\n`)),
      'ERR_VOCABULARY',
      /line 6 has 3000000 characters, more than 1000/,
    )
    const lines = Array.from({ length: 700_000 }, (_, i) => `w${i}`).join('\n')
    await rejectsWith(
      loadTokenizer(write('large.txt', special + lines)),
      'ERR_VOCABULARY',
      /bytes, more than/,
    )
  })

  it('reads a vocabulary of 100,000 pairs of rare characters in linear time', async () => {
    // Each first character has many and scattered second ones, which fit badly into what is left by the others.
    let state = 1
    const character = () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      return String.fromCodePoint(0x4e00 + ((state >>> 8) % 8000))
    }
    const pieces = new Set(['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'])
    while (pieces.size < 100_000) pieces.add(character() + character())
    const path = write('wide.txt', [...pieces].join('\n'))
    const before = process.cpuUsage().user
    const tokenizer = await loadTokenizer(path, { tokenizeChineseChars: false })
    assert.ok(process.cpuUsage().user - before < 8e6)
    for (const [id, piece] of [...pieces].entries()) {
      if (id % 1000 === 5) assert.deepEqual([...tokenizer.encode(piece).ids].slice(1, -1), [id])
    }
  })
})
