// Reads things that are no files, in a process that must stay small, responsive and able to end. argv = directory
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { inspectModel, loadModel, loadTokenizer, openCheckpoint, prepareFilm, verifyModel } from 'biovil'
import { drawPng } from '../support/images.js'
import { tinyImageDirectory, tinyModelDirectory } from '../support/models.js'

const [, , directory = ''] = process.argv
const results: Record<string, string> = {}
let slowest = 0

async function attempt(name: string, work: () => Promise<unknown>): Promise<void> {
  const began = performance.now()
  results[name] = await work().then(
    () => 'resolved',
    (error: Error & { code?: string }) => `${error.code}: ${error.message}`,
  )
  slowest = Math.max(slowest, performance.now() - began)
}

const fifo = join(directory, 'fifo')
execFileSync('mkfifo', [fifo])
const socket = join(directory, 'socket')
const server = createServer().listen(socket)
await new Promise((resolve) => server.once('listening', resolve))

for (const path of [
  fifo,
  socket,
  directory,
  '/dev/zero',
  '/dev/full',
  '/dev/urandom',
  '/dev/null',
  '/dev/stdin',
]) {
  await attempt(`film ${path.replace(directory, '')}`, () => prepareFilm(path))
  await attempt(`checkpoint ${path.replace(directory, '')}`, () => openCheckpoint(path))
}
for (const path of ['/proc/self/environ', '/proc/cpuinfo', '/proc/self/mem', '/proc/kcore']) {
  await attempt(`film ${path}`, () => prepareFilm(path))
}
// Were they opened, four of these would take all of libuv's threads.
await Promise.all(
  [1, 2, 3, 4, 5, 6].map((i) =>
    attempt(`fifo ${i}`, () => prepareFilm(fifo, { signal: AbortSignal.timeout(500) })),
  ),
)
writeFileSync(
  join(directory, 'film.png'),
  drawPng({ width: 90, height: 80, colour: 'grey', bits: 8, low: 0, high: 255, seed: 1 }),
)
await attempt('a film afterwards', () => prepareFilm(join(directory, 'film.png')))

await attempt('tokenizer', () => loadTokenizer(fifo))
for (const [kind, source] of [
  ['text', await tinyModelDirectory()],
  ['image', await tinyImageDirectory('image')],
] as const) {
  for (const name of readdirSync(source)) {
    const model = join(directory, 'model')
    mkdirSync(model)
    cpSync(source, model, { recursive: true })
    rmSync(join(model, name))
    execFileSync('mkfifo', [join(model, name)])
    const weights = name.endsWith('.bin') ? { weights: 'pytorch' as const } : {}
    await attempt(`${kind} load ${name}`, async () =>
      (await loadModel(model, { device: 'cpu', ...weights })).close(),
    )
    await attempt(`${kind} inspect ${name}`, () => inspectModel(model))
    await attempt(`${kind} verify ${name}`, () => verifyModel(model))
    rmSync(model, { recursive: true })
  }
}
const shards = join(directory, 'shards')
mkdirSync(shards)
execFileSync('mkfifo', [join(shards, 'pytorch_model-00001-of-00001.bin')])
const index = { weight_map: { weight: 'pytorch_model-00001-of-00001.bin' } }
writeFileSync(join(shards, 'pytorch_model.bin.index.json'), JSON.stringify(index))
await attempt('shard', () => openCheckpoint(shards))
execFileSync('mkfifo', [join(directory, 'model.safetensors.index.json')])
await attempt('index', () => openCheckpoint(join(directory, 'model.safetensors.index.json')))

server.close()
const megabytes = process.resourceUsage().maxRSS / 1024
process.stdout.write(JSON.stringify({ results, slowest, megabytes }), () => process.exit(0))
