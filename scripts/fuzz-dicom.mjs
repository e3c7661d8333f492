// Damages every DICOM fixture many times and decodes what comes out, one process a fixture. What is done is kept in a
// log, so that a run that was stopped goes on; fixtures that failed are run again. Needs `npm run compile:test`.
//
//   node scripts/fuzz-dicom.mjs [NAME…] [--count 20000] [--jobs 1] [--log output/fuzz-dicom.jsonl]
import { spawn } from 'node:child_process'
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { parseArgs } from 'node:util'

const root = new URL('../', import.meta.url).pathname
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: 'string', default: '20000' },
    jobs: { type: 'string', default: '1' },
    log: { type: 'string', default: join(root, 'output/fuzz-dicom.jsonl') },
  },
})
const count = Number(values.count)
const limits = { milliseconds: 5000, megabytes: 1500 }
/** A process that reports nothing for so long hangs: 500 copies take less than a second. */
const silence = 300_000

/** Fixtures, and films that break rules: `../faults/dicom/NAME`. */
const folders = ['', '../faults/dicom/']
const every = folders.flatMap((folder) =>
  readdirSync(join(root, 'test/fixtures/dicom', folder))
    .filter((file) => file.endsWith('.dcm'))
    .map((file) => `${folder}${file.slice(0, -4)}`),
)
const names = positionals.length > 0 ? positionals : every
mkdirSync(dirname(values.log), { recursive: true })
const rows = existsSync(values.log) ? readFileSync(values.log, 'utf8').trim().split('\n').filter(Boolean) : []
const done = new Map(rows.map((row) => JSON.parse(row)).map((row) => [row.name, row]))
const passed = (name) => done.get(name)?.count >= count && done.get(name).failures.length === 0

const queue = names.filter((name) => !passed(name))
await Promise.all(Array.from({ length: Number(values.jobs) }, work))
const failed = names.filter((name) => !passed(name))
for (const name of failed) for (const failure of done.get(name).failures) console.log(`${name}: ${failure}`)
const copies = names.reduce((sum, name) => sum + done.get(name).count, 0)
const slowest = Math.max(...names.map((name) => done.get(name).slowest?.milliseconds ?? 0))
const megabytes = Math.max(...names.map((name) => done.get(name).megabytes ?? 0))
console.log(
  `${names.length} fixtures, ${copies} damaged copies, ${failed.length} fixtures with failures, ` +
    `slowest ${slowest.toFixed(0)} ms, at most ${megabytes.toFixed(0)} MB`,
)
process.exitCode = failed.length > 0 ? 1 : 0

async function work() {
  for (let name = queue.shift(); name; name = queue.shift()) {
    const row = { name, count, ...(await fuzz(name)) }
    done.set(name, row)
    appendFileSync(values.log, `${JSON.stringify(row)}\n`)
    process.stderr.write(`${name}: ${row.failures.length || 'no'} failures, ${queue.length} fixtures left\n`)
  }
}

async function fuzz(name) {
  const seed = every.indexOf(name) + 1
  const started = performance.now()
  const child = spawn(
    process.execPath,
    [join(root, 'build/test/dicom/fuzz-child.js'), `${seed}`, `${count}`, name],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let last = ''
  const hang = setTimeout(() => child.kill('SIGKILL'), silence)
  child.stderr.on('data', (line) => {
    last = `${line}`.trim()
    hang.refresh()
  })
  const closed = new Promise((resolve) => child.once('close', (code, signal) => resolve(signal ?? code)))
  const out = await text(child.stdout)
  const end = await closed
  clearTimeout(hang)
  const seconds = Math.round((performance.now() - started) / 1000)
  if (end !== 0) return { seed, seconds, failures: [`ended with ${end} after: ${last}`] }
  const { unexpected, ...summary } = JSON.parse(out)
  const failures = [...unexpected]
  if (summary.slowest.milliseconds > limits.milliseconds) failures.push(`slow: ${summary.slowest.what}`)
  if (summary.megabytes > limits.megabytes) failures.push(`${summary.megabytes} MB`)
  return { seed, seconds, ...summary, failures }
}
