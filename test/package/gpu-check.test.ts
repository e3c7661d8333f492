import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findLibtorch } from 'biovil'
import type { Report } from '../gpu/report.js'
import { cleanEnvironment } from '../support/environment.js'
import { root } from '../support/root.js'
import { temporaryDirectory } from '../support/temp.js'

/** The check for a GPU, rehearsed on the CPU: what travels is small and whole, and it reports whatever happens. */
describe('gpu-check', function () {
  this.timeout(600_000)
  const directory = temporaryDirectory()
  const bundle = () => join(directory(), 'bundle')
  let env: NodeJS.ProcessEnv

  before(async () => {
    execFileSync(join(root, 'scripts/gpu-bundle.sh'), [bundle()], { stdio: ['ignore', 'ignore', 'pipe'] })
    // A machine with little on it: no Node.js, no Python, no compiler.
    const bin = join(directory(), 'bin')
    mkdirSync(bin)
    for (const tool of ['bash', 'cat', 'dirname', 'mktemp', 'rm', 'tar', 'xz']) {
      symlinkSync(execFileSync('which', [tool], { encoding: 'utf8' }).trim(), join(bin, tool))
    }
    const home = join(directory(), 'home')
    mkdirSync(home)
    env = cleanEnvironment({
      HOME: home,
      PATH: bin,
      LIBTORCH: (await findLibtorch()).root,
      TMPDIR: directory(),
    })
  })

  /** Runs a script in an empty folder; the report, and the page. */
  function check(
    name: string,
    script: string,
    ...options: string[]
  ): { code: number; report: Report; page: string } {
    const cwd = join(directory(), name)
    mkdirSync(cwd)
    const { status, stderr } = spawnSync('/bin/bash', [script, 'out', '--device', 'cpu', ...options], {
      cwd,
      env,
      encoding: 'utf8',
    })
    const read = (file: string) => readFileSync(join(cwd, 'out', file), 'utf8')
    assert.ok(status !== null, stderr)
    return { code: status, report: JSON.parse(read('gpu-check.json')) as Report, page: read('gpu-check.md') }
  }

  const statuses = ({ stages }: Report) => stages.map(({ name, status }) => `${name} ${status}`)

  it('has a bundle of at most 45 MiB', () => {
    assert.ok(statSync(join(bundle(), 'gpu-bundle.tar.xz')).size <= 45 * 2 ** 20)
  })

  it('runs the packed binaries with nothing but the bundle and a libtorch', () => {
    const { code, report, page } = check(
      'packed',
      join(bundle(), 'gpu-check.sh'),
      '--stages',
      'machine,load,demo,exit',
    )
    assert.deepEqual(statuses(report), ['machine passed', 'load passed', 'demo passed', 'exit passed'])
    assert.deepEqual([code, report.passed, report.rehearsal, report.binaries], [0, true, true, 'packed'])
    assert.match(page, /REHEARSAL/)
  })

  describe('unpacked', () => {
    const top = () => join(directory(), 'top')
    const script = () => join(top(), 'scripts/gpu-check.sh')
    before(() => {
      mkdirSync(top())
      execFileSync('tar', ['-xJf', join(bundle(), 'gpu-bundle.tar.xz'), '-C', top()])
    })

    it('stops what takes too long, and says what was not reached', () => {
      const { code, report } = check('late', script(), '--limit', '0.25', '--stages', 'load,demo')
      assert.deepEqual(statuses(report), ['load timed out', 'build skipped', 'demo skipped'])
      assert.deepEqual([code, report.passed], [1, false])
    })

    it('builds where the packed engine does not load, and says why it cannot', () => {
      writeFileSync(
        join(top(), 'node_modules/biovil/prebuilds/linux-x64/libbiovil_engine.so'),
        'not a library',
      )
      const { code, report, page } = check('broken', script(), '--stages', 'load,demo')
      assert.deepEqual(statuses(report), ['load failed', 'build failed', 'demo skipped'])
      assert.match(report.stages[1]?.findings.error ?? '', /cmake cannot be run/)
      assert.equal(code, 1)
      assert.match(page, /needs load/)
    })
  })
})
