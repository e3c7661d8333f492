import assert from 'node:assert/strict'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { canTrace, type Traced, traceNode } from '../support/strace.js'
import { temporaryDirectory } from '../support/temp.js'
import { smallRun } from './small-run.js'

const child = fileURLToPath(new URL('small-run.js', import.meta.url))

/** Calls that change a file or bring a change to the disk. */
const changing = [
  'mkdir',
  'openat',
  'write',
  'pwrite64',
  'ftruncate',
  'fdatasync',
  'fsync',
  'rename',
  'unlink',
]
const suffixes = ['', '.part', '.part.json', '.part.json.new', '.keys.part', '.part.lock', '.part.lock.guard']

describe('a run that writes files', function () {
  this.timeout(240_000)
  const root = temporaryDirectory()
  let whole: Readonly<Record<string, Buffer>>
  before(async function () {
    if (!canTrace()) this.skip()
    for (const name of ['f.npy', 'f.jsonl']) await smallRun(join(root(), 'whole', name), false)
    whole = contentOf(join(root(), 'whole'))
  })

  const paths = (output: string) =>
    [output, output.replace('.npy', '.index.jsonl')]
      .flatMap((file) => suffixes.map((suffix) => `${file}${suffix}`))
      .concat(dirname(output))
  const trace = (output: string, resume: boolean, inject?: string, only = paths(output)) =>
    traceNode([child, output, resume ? 'resume' : ''], changing, only, inject)

  /** Every call of a run as strace counts them, in each thread: `rename` 1, `rename` 2, … */
  const callsOf = ({ calls }: Traced) => {
    const counts = new Map<string, number>()
    const found = calls.map((line) => {
      const name = /(\w+)\(/.exec(line)?.[1] ?? ''
      const thread = `${/^(\d+) /.exec(line)?.[1]} ${name}`
      counts.set(thread, (counts.get(thread) ?? 0) + 1)
      return `${name} ${counts.get(thread)}`
    })
    return [...new Set(found)].map((call) => call.split(' ') as [name: string, when: string])
  }

  /** Does to a run, at each of its calls, what `inject` says; then resumes and compares with a run that was left alone. */
  async function everywhere(
    output: string,
    options: {
      resume: boolean
      prepare: (output: string) => void
      inject: string
      /** Of the files that are looked at, these only. */
      only?: (path: string) => boolean
    },
    check: (traced: Traced, at: string) => void,
  ) {
    const place = (name: string) => join(root(), name, output)
    const prepare = (path: string) => {
      rmSync(dirname(path), { recursive: true, force: true })
      options.prepare(path)
    }
    prepare(place('all'))
    const only = (path: string) => paths(path).filter(options.only ?? (() => true))
    const all = await trace(place('all'), options.resume, undefined, only(place('all')))
    assert.equal(all.code, 0, all.stdout)
    const calls = callsOf(all)
    assert.ok(calls.length >= (options.only ? 4 : 30), `${calls.length} calls`)
    const expected = Object.entries(whole).filter(([name]) =>
      name.startsWith(output === 'f.npy' ? 'f.' : output),
    )
    await Promise.all(
      ['one', 'two'].map(async (worker, first) => {
        for (let i = first; i < calls.length; i += 2) {
          const [name, when] = calls[i] as [string, string]
          const at = `${name} ${when}`
          prepare(place(worker))
          const inject = `${name}:${options.inject}:when=${when}`
          check(await trace(place(worker), options.resume, inject, only(place(worker))), at)
          age(dirname(place(worker)))
          await smallRun(place(worker), true)
          const names = output === 'f.npy' ? ['f.index.jsonl', 'f.npy'] : [output]
          assert.deepEqual(readdirSync(dirname(place(worker))).sort(), names, `nothing is left after ${at}`)
          for (const [file, content] of expected)
            if (names.includes(file))
              assert.ok(
                readFileSync(join(dirname(place(worker)), file)).equals(content),
                `${file} after ${at}`,
              )
        }
      }),
    )
  }

  const killed = ({ code }: Traced, at: string) => assert.equal(code, 137, `was killed at ${at}`)

  it('can be killed at every call, and is resumed to the same bytes: .npy and index in a new folder', () =>
    everywhere('f.npy', { resume: false, prepare: () => {}, inject: 'signal=SIGKILL' }, killed))

  it('the same for .jsonl where an older output and an older run are in the way', () => {
    const prepare = (output: string) => {
      mkdirSync(dirname(output), { recursive: true })
      writeFileSync(output, 'an older one\n')
      writeFileSync(`${output}.part`, 'x'.repeat(1000))
    }
    return everywhere('f.jsonl', { resume: false, prepare, inject: 'signal=SIGKILL' }, killed)
  })

  it('the same for a run that was resumed', async () => {
    // Killed as it tells of its second unit, with the first and some of the second written.
    const halfway = join(root(), 'halfway/f.npy')
    await trace(halfway, false, 'rename:signal=SIGKILL:when=2')
    assert.ok(existsSync(`${halfway}.part.json`))
    const prepare = (output: string) => cpSync(dirname(halfway), dirname(output), { recursive: true })
    await everywhere('f.npy', { resume: true, prepare, inject: 'signal=SIGKILL' }, killed)
    // The main thread's calls, which take the lock of the killed one over.
    const only = (path: string) => /lock/.test(path)
    await everywhere('f.npy', { resume: true, prepare, inject: 'signal=SIGKILL', only }, killed)
  })

  for (const [error, code] of [
    ['ENOSPC', 'ERR_DISK_FULL'],
    ['EIO', 'ERR_OUTPUT'],
  ] as const) {
    it(`says ${code} when any call fails with ${error}, and is resumed to the same bytes`, async () => {
      let failed = 0
      await everywhere(
        'f.npy',
        { resume: false, prepare: () => {}, inject: `error=${error}` },
        (traced, at) => {
          // Only a lock that cannot be removed, and a folder that is there already, are no reason to fail.
          if (traced.code === 0) return assert.match(at, /^(unlink|openat|mkdir)/)
          assert.equal(traced.stdout, code, at)
          failed++
        },
      )
      assert.ok(failed > 40, `${failed} failed`)
    })
  }

  it('brings bytes to the disk before the name that they get, and the name after it', async () => {
    for (const name of ['f.npy', 'f.jsonl']) {
      const { calls } = await trace(join(root(), 'synced', name), false)
      const folder = `<${join(root(), 'synced')}>`
      const renames = calls.flatMap((line, i) => {
        const [, from, to] = /rename\("([^"]+)", "([^"]+)"\)/.exec(line) ?? []
        return from && to ? [{ i, from, to }] : []
      })
      assert.deepEqual(
        [...new Set(renames.map(({ to }) => to.slice(join(root(), 'synced/').length)))].sort(),
        name === 'f.npy' ? ['f.index.jsonl', 'f.npy', 'f.npy.part.json'] : ['f.jsonl', 'f.jsonl.part.json'],
      )
      for (const { i, from } of renames) {
        const last = (test: (line: string) => boolean) => calls.slice(0, i).findLastIndex(test)
        const written = last((line) => /write/.test(line) && line.includes(`<${from}>`))
        const synced = last((line) => /f(data)?sync\(/.test(line) && line.includes(`<${from}>`))
        assert.ok(written >= 0 && synced > written, `${from} was synced after its last write`)
        const next = calls.slice(i).findIndex((line) => /fsync\(/.test(line) && line.includes(folder))
        const removed = calls.slice(i).findIndex((line) => /unlink\(/.test(line))
        assert.ok(
          next > 0 && (removed < 0 || next < removed),
          `the folder was synced after ${from} got its name`,
        )
      }
    }
  })
})

/** Half-made locks and guards count as left over when they are some seconds old. */
function age(folder: string): void {
  for (const name of existsSync(folder) ? readdirSync(folder) : [])
    if (/lock/.test(name)) utimesSync(join(folder, name), new Date(0), new Date(0))
}

function contentOf(folder: string): Record<string, Buffer> {
  return Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]))
}
