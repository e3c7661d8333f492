import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from '../support/root.js'
import { buildHere } from './build.js'
import { type Findings, noFindings } from './findings.js'
import { page } from './page.js'
import { build, type Stage, stages, totalLimit } from './plan.js'
import { runProgram } from './program.js'
import type { Report, StageReport } from './report.js'

/**
 * Runs the stages, each in a process of its own with a time limit, and writes gpu-check.json and gpu-check.md after each.
 * Exit code 0 when no stage failed.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    device: { type: 'string' },
    stages: { type: 'string' },
    limit: { type: 'string', default: String(totalLimit) },
  },
})
const out = resolve(positionals[0] ?? 'output/gpu-check')
const python = process.env['PYTHON'] || undefined
const until = performance.now() + Number(values.limit) * 1000
const gpu = ['/dev/nvidiactl', '/dev/nvidia0', '/dev/dxg'].some((path) => existsSync(path))
const device = values.device ?? (gpu ? 'cuda:0' : 'cpu')
const chosen = values.stages?.split(',')

const work = mkdtempSync(join(tmpdir(), 'gpu-check-'))
const { version } = JSON.parse(readFileSync(join(root, 'node_modules/biovil/package.json'), 'utf8')) as {
  version: string
}
const report: Report = {
  rehearsal: device === 'cpu',
  device,
  version,
  binaries: 'packed',
  started: new Date().toISOString(),
  seconds: 0,
  passed: false,
  stages: [],
}

try {
  mkdirSync(out, { recursive: true })
  for (const stage of stages) {
    if (chosen !== undefined && !chosen.includes(stage.name)) continue
    add(await attempt(stage))
    if (stage.name === 'load' && last().status !== 'passed') await replaceBinaries(stage)
  }
} finally {
  rmSync(work, { recursive: true, force: true })
}
process.stderr.write(`gpu-check: ${report.passed ? 'passed' : 'FAILED'}: ${join(out, 'gpu-check.md')}\n`)
process.exitCode = report.passed ? 0 : 1

/** The packed binaries did not load: builds them here and tries these. */
async function replaceBinaries(load: Stage): Promise<void> {
  const findings = noFindings()
  const began = performance.now()
  const limit = secondsFor(build)
  if (limit < 0.1)
    return add({
      ...describe(build, began, limit),
      status: 'skipped',
      findings: { ...findings, left: ['no time left'] },
    })
  const ended = await buildHere(findings, limit * 1000)
  add({ ...describe(build, began, limit), ...ended, findings })
  if (ended.status !== 'passed') return
  report.binaries = 'built here, since the packed ones did not load'
  add(await attempt({ ...load, title: `${load.title}: those built here` }))
}

async function attempt(stage: Stage): Promise<StageReport> {
  const began = performance.now()
  const limit = secondsFor(stage)
  const lacking = stage.needs?.filter((name) => ran(name) && latest(name)?.status !== 'passed') ?? []
  const why = lacking.length > 0 ? `needs ${lacking.join(', ')}` : limit < 0.1 ? 'no time left' : undefined
  if (why !== undefined) {
    return { ...describe(stage, began, limit), status: 'skipped', findings: { ...noFindings(), left: [why] } }
  }
  const file = join(work, `${stage.name}.findings.json`)
  const ended = await runProgram(
    process.execPath,
    [join(root, 'build/test/gpu/stage.js'), stage.name, file],
    limit * 1000,
    {
      ...process.env,
      ...(report.binaries === 'packed' ? { PREBUILDS_ONLY: '1' } : {}),
      ...stage.env,
      GPU_CHECK_DEVICE: device,
      GPU_CHECK_WORK: work,
      GPU_CHECK_PYTHON: python ?? '',
      GPU_CHECK_SECONDS: String(limit),
    },
  )
  const findings = readFindings(file)
  const sound = findings.error === undefined && findings.checks.every(({ passed }) => passed)
  const { timedOut, exit, output } = ended
  const nothing = findings.checks.length === 0 && Object.keys(findings.figures).length === 0
  const status = timedOut
    ? 'timed out'
    : exit !== '0' || !sound
      ? 'failed'
      : nothing && findings.left.length > 0
        ? 'left out'
        : 'passed'
  const said = status === 'passed' || output === '' ? {} : { output }
  return { ...describe(stage, began, limit), status, exit, ...said, findings }
}

function readFindings(file: string): Findings {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Findings
  } catch {
    return { ...noFindings(), error: 'the stage ended before it wrote anything, or while it did' }
  }
}

/** What the stage may take, of what is left of the whole. */
function secondsFor({ limit }: Stage): number {
  return Math.min(limit, (until - performance.now()) / 1000)
}

function describe({ name, title }: Stage, began: number, limit: number) {
  const seconds = round((performance.now() - began) / 1000)
  return { name, title, seconds, limit: Math.max(0, round(limit)) }
}

function add(stage: StageReport): void {
  report.stages.push(stage)
  report.seconds = round(report.stages.reduce((sum, { seconds }) => sum + seconds, 0))
  report.passed = report.stages.every((one) => replaced(one) || ['passed', 'left out'].includes(one.status))
  process.stderr.write(`gpu-check: ${stage.title}: ${stage.status} (${stage.seconds} s)\n`)
  writeFileSync(join(out, 'gpu-check.json'), `${JSON.stringify(report, null, 2)}\n`)
  writeFileSync(join(out, 'gpu-check.md'), page(report))
}

/** A stage that was run again with other binaries counts as that. */
function replaced(stage: StageReport): boolean {
  return latest(stage.name) !== stage
}

function latest(name: string): StageReport | undefined {
  return report.stages.findLast((stage) => stage.name === name)
}

function ran(name: string): boolean {
  return latest(name) !== undefined
}

function last(): StageReport {
  return report.stages.at(-1) as StageReport
}

function round(seconds: number): number {
  return Math.round(seconds * 10) / 10
}
