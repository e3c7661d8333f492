import assert from 'node:assert/strict'
import { biovil } from '../support/cli.js'
import { tinyModelDirectory } from '../support/models.js'
import { allCommands } from './internals.js'

describe('biovil', () => {
  let model: string
  before(async () => {
    model = await tinyModelDirectory()
  })

  it('lists its commands and explains each', async () => {
    const { code, stdout } = await biovil(['--help'])
    assert.equal(code, 0)
    const names = [...(await allCommands()).keys()]
    assert.ok(names.length >= 13)
    for (const name of names) {
      assert.match(stdout, new RegExp(`^  ${name} `, 'm'))
      const help = await biovil([name, '--help'])
      assert.equal(help.code, 0)
      assert.match(help.stdout, new RegExp(`Usage: biovil ${name}`))
    }
    assert.match((await biovil(['--version'])).stdout, /^\d+\.\d+\.\d+\n$/)
  })

  it('exits with 2 for wrong usage', async () => {
    for (const args of [
      [],
      ['embbed'],
      ['similarity', '--text', 'a'],
      ['fill-mask', '-m', model],
      ['constructor'],
    ]) {
      const { code, stdout } = await biovil(args)
      assert.equal(code, 2, args.join(' '))
      assert.equal(stdout, '')
    }
  })

  it('similarity gives {rows, columns, scores}', async () => {
    const { code, stdout } = await biovil([
      'similarity',
      '-m',
      model,
      '--text',
      'w5 w6',
      '--text',
      'w7',
      '--json',
    ])
    assert.equal(code, 0)
    const { rows, columns, scores, untrained } = JSON.parse(stdout)
    assert.deepEqual([rows, columns, untrained], [['w5 w6', 'w7'], ['w5 w6', 'w7'], true])
    assert.ok(Math.abs(scores[0][0] - 1) < 1e-6 && scores[0][1] === scores[1][0] && scores[0][1] < 0.9999)
    assert.match(
      (await biovil(['similarity', '-m', model, '--text', 'w5', '--text', 'w7'])).stdout,
      /^ {2}1 +1\.0000 .*w5\n/,
    )
  })

  it('fill-mask gives {text, masks: [{position, predictions: [{id, token, probability}]}]}', async () => {
    const { code, stdout } = await biovil(['fill-mask', 'w5 [MASK]', '-m', model, '--top-k', '2', '--json'])
    assert.equal(code, 0)
    const { text, masks } = JSON.parse(stdout)
    assert.equal(text, 'w5 [MASK]')
    assert.equal(masks[0].position, 2)
    assert.deepEqual(Object.keys(masks[0].predictions[1]), ['id', 'token', 'probability'])
    assert.equal((await biovil(['fill-mask', 'w5', '-m', model])).code, 1)
  })

  it('info gives parts, sizes, keys, and whether it is trained', async () => {
    const { code, stdout } = await biovil(['info', '--model', model, '--json'])
    assert.equal(code, 0)
    const info = JSON.parse(stdout)
    assert.equal(info.untrained, true)
    assert.equal(info.seed, 3)
    assert.deepEqual(info.parts.text.methods.sort(), ['cls_hidden', 'embed', 'hidden', 'mlm'])
    assert.deepEqual(info.parts.text.keys.missing, [])
    assert.ok(info.parts.text.files[0].size > 1000)
    assert.match((await biovil(['info', '-m', model])).stdout, /^trained +NO/m)
  })

  it('shows nothing but results with --quiet', async () => {
    const { stderr } = await biovil(['similarity', '-q', '-m', model, '--text', 'w5', '--text', 'w7'])
    assert.equal(stderr, '')
  })

  it('names an unknown model, the known ones, and a missing directory', async () => {
    const { code, stderr } = await biovil(['info', '-m', 'cxr-bert-specialised'])
    assert.equal(code, 1)
    assert.match(stderr, /ERR_MODEL_UNKNOWN/)
    assert.match(stderr, /cxr-bert-specialized/)
  })
})
