import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Worker } from 'node:worker_threads'
import type { EngineOptions } from '../../binding.d.ts'
import { runNode } from '../support/cli.js'
import { root } from '../support/root.js'
import { temporaryDirectory } from '../support/temp.js'
import { engineOptions, loadBinding } from './tiny.js'

interface Outcome {
  readonly tf32?: boolean
  readonly code?: string
  readonly message: string
  readonly libtorch?: string
  readonly directory?: string
}

const version = (major: number, minor: number) =>
  `extern "C" unsigned long aoti_torch_abi_version() { return ${major}ul << 56 | ${minor}ul << 48; }`

const engineTable = (abi: number = loadBinding().binding.addon.abi) => `
#include "engine.h"
static bool configure(biovil::Failure*) { return true; }
static bool tf32() { return false; }
static size_t devices(biovil::DeviceInfo*, size_t, biovil::Failure*) { return 1; }
static biovil::Engine table = {${abi}, "2.11.0", configure, tf32, devices};
extern "C" __attribute__((visibility("default"))) const biovil::Engine* biovil_engine() { return &table; }`

describe('loading libtorch and the engine', function () {
  this.timeout(60_000)
  const directory = temporaryDirectory()
  const attempts = fileURLToPath(new URL('attempts.js', import.meta.url))

  async function attempt(list: readonly EngineOptions[], env: NodeJS.ProcessEnv = {}) {
    const clean = { GOMP_SPINCOUNT: undefined, OMP_WAIT_POLICY: undefined, ...env }
    const { code, stdout, stderr } = await runNode([attempts, JSON.stringify(list)], { env: clean })
    assert.equal(code, 0, stderr)
    return JSON.parse(stdout) as { outcomes: Outcome[]; spin: string | null }
  }

  /** A shared library made of C++ source; a native build needs the compiler anyway. */
  async function library(name: string, source: string): Promise<string> {
    const path = join(directory(), name)
    writeFileSync(`${path}.cc`, source)
    const options = [
      '-std=c++17',
      '-shared',
      '-fPIC',
      '-w',
      '-I',
      join(root, 'native'),
      `-Wl,-soname,${name}`,
    ]
    await promisify(execFile)(process.env['CXX'] ?? 'c++', [...options, '-o', path, `${path}.cc`])
    return path
  }

  const missing = join('/nonexistent', 'libtorch_cpu.so')

  it('tells which file is not there', async () => {
    const options = { ...(await engineOptions()), libraries: [missing] }
    const { outcomes } = await attempt([options])
    assert.equal(outcomes[0]?.code, 'ERR_LIBTORCH_LOAD')
    assert.match(outcomes[0]?.message ?? '', /\/nonexistent\/libtorch_cpu\.so/)
  })

  it('names the shared library that is missing and the one that needs it', async () => {
    const options = await engineOptions()
    const whole = options.libraries.find((path) => path.endsWith('/libtorch_cpu.so')) as string
    // Alone in a directory, it finds none of its companions.
    const alone = join(directory(), 'libtorch_cpu.so')
    symlinkSync(whole, alone)
    const { outcomes } = await attempt([{ ...options, libraries: [alone] }, options])
    assert.equal(outcomes[0]?.code, 'ERR_LIBTORCH_LOAD')
    assert.match(outcomes[0]?.message ?? '', /\/libtorch_cpu\.so needs lib(c10|cupti|cudart|gomp)\S*\.so/)
    assert.equal(outcomes[1]?.libtorch, '2.11.0', 'a complete one can be loaded afterwards')
  })

  it('refuses another version of libtorch unless told otherwise', async () => {
    const libraries = [await library('libstub213.so', version(2, 13))]
    const engine = await library('libengine_ok.so', engineTable())
    const options = { libraries, companions: [], engine, anyVersion: false }
    const { outcomes } = await attempt([options, { ...options, anyVersion: true }, options])
    assert.equal(outcomes[0]?.code, 'ERR_LIBTORCH_VERSION')
    assert.match(outcomes[0]?.message ?? '', /2\.11\.0.*2\.13\.0/)
    assert.equal(outcomes[1]?.libtorch, '2.13.0')
    assert.deepEqual(outcomes[2], outcomes[1], 'the first success stays')
  })

  it('takes symbols that libtorch lacks for another version', async () => {
    const libraries = [await library('libc10.so', ''), await library('libtorch_cpu.so.stub', version(2, 8))]
    const stub = await library('libtorch_cpu.so.1', version(2, 8))
    await promisify(execFile)('c++', ['-shared', '-o', stub, `${stub}.cc`, '-Wl,-soname,libtorch_cpu.so'])
    const { outcomes } = await attempt([
      {
        libraries: [libraries[0] as string, stub],
        companions: [],
        engine: loadBinding().engine,
        anyVersion: false,
      },
    ])
    assert.equal(outcomes[0]?.code, 'ERR_LIBTORCH_VERSION')
    assert.match(outcomes[0]?.message ?? '', /2\.8\.0.*undefined symbol/)
  })

  it('refuses what does not tell its version', async () => {
    const none = await library('libnone.so', '')
    const { outcomes } = await attempt([{ ...(await engineOptions()), libraries: [none] }])
    assert.equal(outcomes[0]?.code, 'ERR_LIBTORCH_VERSION')
  })

  it('refuses an engine of another build', async () => {
    const libraries = [await library('libstub211.so', version(2, 11))]
    const other = await library('libengine_99.so', engineTable(99))
    const none = await library('libengine_none.so', '')
    const options = { libraries, companions: [], anyVersion: false }
    const { outcomes } = await attempt([
      { ...options, engine: other },
      { ...options, engine: none },
    ])
    for (const outcome of outcomes) assert.equal(outcome.code, 'ERR_ENGINE_ABI')
    assert.match(outcomes[0]?.message ?? '', /99/)
  })

  it('does not mix two libtorches in a process', async () => {
    const stub = await library('libstub_other.so', version(2, 13))
    const engine = await library('libengine_other.so', engineTable())
    const real = await engineOptions()
    const { outcomes } = await attempt([
      { libraries: [stub], companions: [], engine, anyVersion: false },
      real,
    ])
    assert.equal(outcomes[1]?.code, 'ERR_LIBTORCH_LOAD')
    assert.match(outcomes[1]?.message ?? '', /new process/)
  })

  it('skips companions that are not there or do not load', async () => {
    const options = await engineOptions()
    const broken = join(directory(), 'libbroken.so')
    writeFileSync(broken, 'no library')
    const { outcomes } = await attempt([{ ...options, companions: ['/nonexistent/libcublas.so', broken] }])
    assert.equal(outcomes[0]?.libtorch, '2.11.0')
  })

  it('tells libgomp not to spin long, unless the user has a wish', async () => {
    const options = [{ ...(await engineOptions()), libraries: [missing] }]
    assert.equal((await attempt(options)).spin, '1000')
    assert.equal((await attempt(options, { GOMP_SPINCOUNT: '5' })).spin, '5')
    assert.equal((await attempt(options, { OMP_WAIT_POLICY: 'active' })).spin, null)
  })

  it('keeps CUDA from computing float32 in TF32, whatever libtorch is told', async () => {
    const { outcomes } = await attempt([await engineOptions()], { TORCH_ALLOW_TF32_CUBLAS_OVERRIDE: '1' })
    assert.equal(outcomes[0]?.tf32, false)
  })

  it('loads once for all threads of a process', async () => {
    const { binding } = loadBinding()
    const options = await engineOptions()
    const source = `
      const { parentPort, workerData } = require('node:worker_threads')
      require(workerData.addon).loadEngine(workerData.options).then((info) => parentPort.postMessage(info))`
    const workers = Array.from({ length: 4 }, () => {
      const worker = new Worker(source, { eval: true, workerData: { addon: loadBinding().path, options } })
      return new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
    })
    const infos = await Promise.all([binding.loadEngine(options), binding.loadEngine(options), ...workers])
    for (const info of infos) assert.deepEqual(info, infos[0])
    assert.equal(binding.devices()[0]?.id, 'cpu')
  })
})
