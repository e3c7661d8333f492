import assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import { runNode } from '../support/cli.js'
import { temporaryDirectory } from '../support/temp.js'

const child = fileURLToPath(new URL('special-child.js', import.meta.url))

describe('paths of what is no file', function () {
  this.timeout(180_000)
  const directory = temporaryDirectory()
  let found: { results: Record<string, string>; slowest: number; megabytes: number }

  before(async () => {
    const { code, signal, stdout, stderr } = await runNode([child, directory()])
    // It ends by itself: a thread that waits for a FIFO would keep even process.exit() from it.
    assert.deepEqual([code, signal], [0, null], stderr)
    found = JSON.parse(stdout)
  })

  it('are refused with a code that says what they are, films and weights alike', () => {
    for (const [path, what] of [
      ['/fifo', /a FIFO/],
      ['/socket', /a socket/],
      ['/dev/zero', /a device/],
      ['/dev/full', /a device/],
      ['/dev/urandom', /a device/],
      ['/dev/null', /a device/],
    ] as const) {
      for (const kind of ['film', 'checkpoint']) {
        const result = found.results[`${kind} ${path}`] ?? ''
        assert.match(result, /^ERR_INPUT: /, `${kind} ${path}`)
        assert.match(result, what)
      }
    }
    assert.match(found.results['film '] ?? '', /^ERR_INPUT: .*a directory/)
    for (let i = 1; i <= 6; i++) assert.match(found.results[`fifo ${i}`] ?? '', /^ERR_INPUT: .*a FIFO/)
    assert.equal(found.results['a film afterwards'], 'resolved')
  })

  it('of /proc are read for what is in them, not for the size that they claim', () => {
    assert.match(found.results['film /proc/self/environ'] ?? '', /^ERR_IMAGE_FORMAT/)
    assert.match(found.results['film /proc/cpuinfo'] ?? '', /^ERR_IMAGE_FORMAT/)
    assert.match(found.results['film /proc/self/mem'] ?? '', /^ERR_INPUT/)
    assert.match(found.results['film /proc/kcore'] ?? '', /^ERR_(INPUT|IMAGE_TOO_LARGE)/)
  })

  it('in a model directory cost no more than an error', () => {
    const models = Object.entries(found.results).filter(([name]) =>
      /^(text|image) (load|inspect) /.test(name),
    )
    assert.ok(models.length > 10)
    for (const [name, result] of models) {
      // Files that are not needed may be anything.
      if (result !== 'resolved')
        assert.match(result, /^ERR_(INPUT|MODEL_\w+|VOCABULARY|CHECKPOINT_\w+)/, name)
    }
    for (const name of ['vocab.txt', 'config.json', 'model.safetensors', 'pytorch_model.bin']) {
      assert.match(found.results[`text load ${name}`] ?? '', /^ERR_.*a FIFO/s, name)
    }
    assert.match(
      found.results['image load biovil_image_resnet50_proj_size_128.pt'] ?? '',
      /^ERR_INPUT.*a FIFO/,
    )
    for (const name of ['tokenizer', 'shard', 'index'])
      assert.match(found.results[name] ?? '', /a FIFO/, name)
  })

  it('are refused at once, in little memory', () => {
    assert.ok(found.slowest < 5000, `${found.slowest} ms`)
    assert.ok(found.megabytes < 700, `${found.megabytes} MB`)
  })
})
