import assert from 'node:assert/strict'
import { readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { installLibtorch, type Libtorch, type Progress } from 'biovil'

import type { InstallOptions } from '../../dist/libtorch/install.js'
import type { Pins } from '../../dist/libtorch/pins.js'
import { makeZip, writeZip } from '../support/zip.js'
import {
  cpuPaths,
  fakePackage,
  fakePins,
  fakePip,
  fakeWheels,
  fakeZipRoot,
  listFiles,
  noise,
  pinnedTo,
  rejection,
  temporaryDirectory,
  torchFiles,
  torchWheel,
  write,
  zipBytes,
} from './fixtures.js'
import { install, search, setting } from './internals.js'
import { serve } from './zip-server.js'

describe('installLibtorch', () => {
  const here = temporaryDirectory()
  const at = (path: string) => join(here.path, path)
  const tree = (flavor = 'cpu') => at(`home/.cache/biovil/libtorch/2.11.0/${flavor}`)
  const env = (more: Record<string, string> = {}) => ({ HOME: at('home'), PATH: at('bin'), ...more })
  const run = (options: InstallOptions = {}, pins: Pins = fakePins()) =>
    install({ env: env(), ...options }, setting(pins))
  const pipCalls = async () =>
    (await readFile(at('bin/calls.log'), 'utf8').catch(() => '')).split('\n').filter((line) => line !== '')

  async function found(): Promise<Libtorch> {
    const libtorch = await search({ env: env() }, setting(fakePins()))
    if ('error' in libtorch) throw libtorch.error
    return libtorch
  }

  beforeEach(async () => {
    await fakeWheels(at('wheels'))
    await fakePip(at('bin'), at('wheels'))
  })

  describe('from a torch wheel', () => {
    it('unpacks what a CPU needs, and findLibtorch finds it', async () => {
      const result = await run({ from: join(at('wheels'), torchWheel) })
      assert.equal(result.installed, true)
      assert.deepEqual(result.notes, [])
      assert.deepEqual(await listFiles(tree()), cpuPaths)
      assert.deepEqual(await readFile(join(tree(), 'torch/lib/libtorch_cpu.so')), noise(3_000_000))
      assert.deepEqual(await found(), result.libtorch)
      assert.equal(result.libtorch.version, '2.11.0+cu130')
      assert.deepEqual(await pipCalls(), [])
    })

    it('takes a folder of wheels, and CUDA with all its companions', async () => {
      const result = await run({ from: at('wheels'), flavor: 'cuda' })
      assert.deepEqual(await listFiles(tree('cu130')), [
        '.ok',
        'nvidia/cu13/lib/libcublas.so.13',
        'nvidia/cu13/lib/libcublasLt.so.13',
        'nvidia/cu13/lib/libcudart.so.13',
        'nvidia/cu13/lib/libcupti.so.13',
        'torch/lib/libc10.so',
        'torch/lib/libc10_cuda.so',
        'torch/lib/libgomp.so.1',
        'torch/lib/libtorch_cpu.so',
        'torch/lib/libtorch_cuda.so',
        'torch/version.py',
      ])
      assert.equal(result.libtorch.cuda, true)
    })

    it('fetches companions that do not lie beside it', async () => {
      await write(at(`alone/${torchWheel}`), await readFile(join(at('wheels'), torchWheel)))
      await run({ from: at(`alone/${torchWheel}`) })
      assert.deepEqual(await listFiles(tree()), cpuPaths)
      assert.ok((await pipCalls()).length > 0)
    })

    it('rejects one of other bytes or that is truncated with ERR_CHECKSUM and keeps what was there', async () => {
      await run({ from: at('wheels') })
      const whole = await readFile(join(at('wheels'), torchWheel))
      const flipped = Buffer.from(whole)
      flipped[1000] = (flipped[1000] ?? 0) ^ 1
      for (const bytes of [flipped, whole.subarray(0, whole.length - 1)]) {
        await write(join(at('wheels'), torchWheel), bytes)
        const error = await rejection(run({ from: at('wheels') }))
        assert.equal(error.code, 'ERR_CHECKSUM')
        assert.ok(error.message.includes(torchWheel), error.message)
      }
      assert.equal((await found()).root, join(tree(), 'torch'))
    })

    it('takes another build of the version and says that its bytes are not pinned', async () => {
      const other = at('other/torch-2.11.0+cpu-cp311-cp311-linux_x86_64.whl')
      await write(other)
      const files = torchFiles.filter(({ name }) => !name.includes('cuda'))
      await writeZip(other, files)
      const result = await run({ from: at('other') })
      assert.match(result.notes.join(), /no pinned checksum/)
    })
  })

  describe('from other things', () => {
    it('an official zip, whose layout is kept', async () => {
      await write(at('libtorch-shared-with-deps-2.11.0+cpu.zip'), zipBytes)
      const { libtorch } = await run({ from: at('libtorch-shared-with-deps-2.11.0+cpu.zip'), headers: true })
      assert.equal(libtorch.root, tree())
      assert.equal(libtorch.include, join(tree(), 'include'))
      assert.deepEqual(await listFiles(tree()), [
        '.ok',
        'build-version',
        'include/ATen/ATen.h',
        'lib/libc10.so',
        'lib/libgomp-98b21ff3.so.1',
        'lib/libtorch_cpu.so',
      ])
    })

    it('a site-packages directory, and an unpacked zip', async () => {
      await fakePackage(at('site-packages'), { headers: true, cuda: true })
      await write(at('site-packages/nvidia/cu13/lib/libcudart.so.13'))
      await write(at('site-packages/nvidia/cu13/lib/libcublas.so.13'))
      await run({ from: at('site-packages'), headers: true })
      assert.deepEqual(await listFiles(tree()), [
        '.ok',
        'nvidia/cu13/lib/libcudart.so.13',
        'torch/include/ATen/ATen.h',
        'torch/lib/libc10.so',
        'torch/lib/libtorch_cpu.so',
        'torch/version.py',
      ])
      const root = await fakeZipRoot(at('root'))
      const { libtorch } = await run({ from: root })
      assert.deepEqual(await listFiles(tree()), [
        '.ok',
        'build-version',
        'lib/libc10.so',
        'lib/libtorch_cpu.so',
      ])
      assert.equal(libtorch.root, tree())
    })

    it('rejects another version with ERR_LIBTORCH_VERSION', async () => {
      const root = await fakeZipRoot(at('root'), { version: '2.13.0+cpu' })
      const error = await rejection(run({ from: root }))
      assert.equal(error.code, 'ERR_LIBTORCH_VERSION')
      assert.match(error.message, /2\.13\.0/)
      assert.deepEqual(await listFiles(join(tree(), '..')), [])
    })

    it('rejects what is missing, no zip, damaged, without libtorch, without CUDA or without headers', async () => {
      await write(at('text.zip'), 'no zip')
      await writeZip(at('damaged.zip'), [
        { name: 'libtorch/build-version', content: '2.11.0' },
        { name: 'libtorch/lib/libc10.so', content: 'c10' },
        { name: 'libtorch/lib/libtorch_cpu.so', content: noise(2_000_000), crc: 1 },
      ])
      await write(at('cut.zip'), zipBytes.subarray(0, 1_000_000))
      await writeZip(at('other.zip'), [{ name: 'readme', content: '' }])
      await write(at('empty/readme'))
      const root = await fakeZipRoot(at('root'))
      const cases: [InstallOptions, RegExp][] = [
        [{ from: at('nowhere') }, /nowhere does not exist/],
        [{ from: at('text.zip') }, /not a whole zip archive/],
        [{ from: at('cut.zip') }, /not a whole zip archive/],
        [{ from: at('damaged.zip') }, /libtorch_cpu\.so is damaged: its CRC-32/],
        [{ from: at('other.zip') }, /holds no libtorch/],
        [{ from: at('empty') }, /holds no lib\/libtorch_cpu\.so, and neither/],
        [{ from: root, flavor: 'cuda' }, /without CUDA/],
        [{ from: root, headers: true }, /no C\+\+ headers/],
      ]
      for (const [options, message] of cases) {
        const error = await rejection(run(options))
        assert.equal(error.code, 'ERR_LIBTORCH_INSTALL', error.message)
        assert.match(error.message, message)
      }
      assert.deepEqual(await listFiles(at('home')), [])
    })
  })

  describe('when one is there', () => {
    it('in the cache, changes nothing', async () => {
      await run({ from: at('wheels') })
      const before = await stat(tree())
      const result = await run()
      assert.equal(result.installed, false)
      assert.equal((await stat(tree())).ino, before.ino)
      assert.deepEqual(await pipCalls(), [])
    })

    it('elsewhere, uses it, unless forced; then says which one will be used', async () => {
      const torch = await fakePackage(at('v/lib/python3.12/site-packages'))
      const options = { env: env({ VIRTUAL_ENV: at('v') }) }
      const used = await run(options)
      assert.deepEqual([used.installed, used.origin, used.libtorch.root], [false, 'VIRTUAL_ENV', torch])
      const forced = await run({ ...options, force: true })
      assert.deepEqual([forced.installed, forced.libtorch.root], [true, join(tree(), 'torch')])
      assert.match(forced.notes.join(), /\(VIRTUAL_ENV\) will be used before/)
    })

    it('installs beside a LIBTORCH that leads nowhere, and says that it will not be used', async () => {
      const result = await run({ env: env({ LIBTORCH: at('nowhere') }) })
      assert.equal(result.installed, true)
      assert.match(result.notes.join(), /will not be used: .*LIBTORCH=/)
    })

    it('damaged, replaces it', async () => {
      await run({ from: at('wheels') })
      await write(join(tree(), 'torch/lib/libc10.so'), 'damaged')
      assert.equal((await run()).installed, true)
      assert.equal(await readFile(join(tree(), 'torch/lib/libc10.so'), 'utf8'), 'c10')
      assert.deepEqual(
        await listFiles(join(tree(), '..')),
        cpuPaths.map((path) => `cpu/${path}`),
      )
    })

    it('without headers, adds them and leaves the libraries alone', async () => {
      await run({ from: at('wheels') })
      const before = await stat(join(tree(), 'torch/lib/libtorch_cpu.so'))
      const result = await run({ headers: true })
      assert.equal(result.installed, true)
      assert.equal(result.libtorch.include, join(tree(), 'torch/include'))
      assert.equal((await stat(join(tree(), 'torch/lib/libtorch_cpu.so'))).ino, before.ino)
      const wheels = (await pipCalls()).flatMap((line) => JSON.parse(line) as string[])
      assert.deepEqual(
        wheels.filter((arg) => arg.includes('==')),
        ['torch==2.11.0'],
      )
      assert.equal((await run({ headers: true })).installed, false)
    })

    it('unpacked by hand, adopts it when its bytes are the published ones', async () => {
      await run({ from: at('wheels') })
      await rm(join(tree(), '.ok'))
      assert.equal((await run()).installed, false)
      const marker = JSON.parse(await readFile(join(tree(), '.ok'), 'utf8')) as { origin: string }
      assert.equal(marker.origin, 'unpacked by hand')
      await rm(join(tree(), '.ok'))
      await write(join(tree(), 'torch/lib/libc10.so'), 'C10')
      await run()
      assert.deepEqual(await listFiles(tree()), cpuPaths.slice(1))
    })
  })

  describe('from the official zip', () => {
    it('takes the verified zip with progress, and does not ask pip', async () => {
      await using server = await serve(zipBytes)
      const steps: Progress[] = []
      const pins = fakePins(server.url, pinnedTo(zipBytes))
      const result = await run({ onProgress: (step) => steps.push(step) }, pins)
      assert.equal(result.origin, server.url)
      assert.equal(result.libtorch.version, '2.11.0+cpu')
      assert.deepEqual(await pipCalls(), [])
      const last = (stage: string) => steps.filter((step) => step.stage === stage).at(-1)
      assert.equal(last('download')?.done, zipBytes.length)
      assert.equal(last('download')?.total, zipBytes.length)
      assert.equal(last('extract')?.done, last('extract')?.total)
      assert.deepEqual(await listFiles(join(tree(), '..', '.downloads')).catch(() => []), [])
    })

    it('without a checksum only when told so', async () => {
      await using server = await serve(zipBytes)
      const pins = fakePins(server.url)
      const result = await run({ allowUnverified: true, force: true }, pins)
      assert.equal(result.origin, server.url)
      assert.match(result.notes.join(), /no pinned checksum/)
      server.requests.length = 0
      assert.match((await run({ force: true }, pins)).origin, /through pip/)
      assert.deepEqual(server.requests, [])
    })

    it('passes on to pip when the bytes are wrong, damaged, refused or out of reach', async () => {
      const damaged = makeZip([
        { name: 'libtorch/build-version', content: '2.11.0' },
        { name: 'libtorch/lib/libc10.so', content: 'c10' },
        { name: 'libtorch/lib/libtorch_cpu.so', content: 'x', crc: 7 },
      ])
      await using wrong = await serve(Buffer.from('<html>blocked</html>'))
      await using broken = await serve(damaged)
      await using refused = await serve(zipBytes, { status: 403 })
      for (const pins of [
        fakePins(wrong.url, pinnedTo(zipBytes)),
        fakePins(broken.url, pinnedTo(damaged)),
        fakePins(refused.url, pinnedTo(zipBytes)),
        fakePins('http://127.0.0.1:9/libtorch.zip', pinnedTo(zipBytes)),
        fakePins('http://host.invalid/libtorch.zip', pinnedTo(zipBytes)),
      ]) {
        const started = Date.now()
        const result = await run({ force: true }, pins)
        assert.match(result.origin, /through pip/)
        assert.deepEqual(await listFiles(tree()), cpuPaths)
        assert.ok(Date.now() - started < 8000, `it took ${Date.now() - started} ms`)
      }
    }).timeout(30_000)
  })

  describe("through the machine's pip", () => {
    it('asks for the one Linux build by every tag that pip compares, of no index in particular', async () => {
      const steps: Progress[] = []
      const result = await run({ onProgress: (step) => steps.push(step) })
      assert.equal(result.installed, true)
      assert.deepEqual(await listFiles(tree()), cpuPaths)
      const calls = (await pipCalls()).map((line) => JSON.parse(line) as string[])
      for (const call of calls) {
        for (const arg of [
          '--no-deps',
          '--only-binary=:all:',
          'manylinux_2_28_x86_64',
          'manylinux_2_25_x86_64',
        ]) {
          assert.ok(call.includes(arg), arg)
        }
        assert.ok(!call.some((arg) => arg.includes('index') || arg.includes('://')))
      }
      assert.deepEqual(
        calls.map((call) => call.filter((arg) => arg.includes('==')).length),
        [1, 2],
      )
      assert.ok(calls[1]?.includes('torch==2.11.0'), 'a small wheel first')
      const downloads = steps.filter((step) => step.stage === 'download')
      assert.equal(downloads.at(-1)?.done, downloads.at(-1)?.total)
    })

    it('rejects with ERR_LIBTORCH_INSTALL and the reason of every source', async () => {
      const pins = fakePins('http://127.0.0.1:9/libtorch-2.11.0.zip', pinnedTo(zipBytes))
      const error = await rejection(run({ env: env({ FAKE_PIP: 'fail' }) }, pins))
      assert.equal(error.code, 'ERR_LIBTORCH_INSTALL')
      for (const part of [
        'official zip http://127.0.0.1:9/libtorch-2.11.0.zip: ',
        'ECONNREFUSED',
        'wheels torch==2.11.0, nvidia-cuda-runtime==13.0.96',
        'ERROR: No matching distribution found for torch==2.11.0',
        'pip download --no-deps',
        'npx biovil libtorch install --from wheels',
      ]) {
        assert.ok(error.message.includes(part), `${part}\nis not in\n${error.message}`)
      }
      const skipped = await rejection(run({ env: env({ FAKE_PIP: 'fail' }), flavor: 'cuda' }))
      assert.match(skipped.message, /skipped, it has no published checksum; --allow-unverified/)
      assert.match(skipped.message, /install --cuda --from wheels/)
    })

    it('says so when the machine has no pip', async () => {
      const error = await rejection(run({ env: { HOME: at('home'), PATH: at('nothing') } }))
      assert.equal(error.code, 'ERR_LIBTORCH_INSTALL')
      assert.match(error.message, /none of python3 -m pip, pip3, pip, python -m pip works/)
    })

    it('rejects a truncated wheel, one of other bytes and another build, and does not keep them', async () => {
      const truncated = await rejection(run({ env: env({ FAKE_PIP: 'truncate' }) }))
      assert.equal(truncated.code, 'ERR_LIBTORCH_INSTALL')
      assert.match(truncated.message, /torch-2\.11\.0-.* is not the published file: expected size/)
      const pins = fakePins()
      const other = { ...pins.wheels.torch, sha256: '0'.repeat(64) }
      const wrong = await rejection(run({}, { ...pins, wheels: { ...pins.wheels, torch: other } }))
      assert.match(wrong.message, /expected sha256 0000/)
      const build = { ...pins.wheels.torch, file: 'torch-2.11.0-cp313-any.whl' }
      const missing = await rejection(run({}, { ...pins, wheels: { ...pins.wheels, torch: build } }))
      assert.match(missing.message, /did not deliver torch-2\.11\.0-cp313-any\.whl/)
      assert.equal((await run()).installed, true)
    })
  })

  describe('rejects with', () => {
    it("the signal's reason; pip is ended and nothing is left but whole wheels", async () => {
      const controller = new AbortController()
      const reason = new Error('enough')
      const started = Date.now()
      const running = run({
        env: env({ FAKE_PIP: 'hang' }),
        signal: controller.signal,
        onProgress: ({ stage, done, total = 0 }) => {
          if (stage === 'download' && done > total / 3) controller.abort(reason)
        },
      })
      assert.equal(await rejection(running), reason)
      assert.ok(Date.now() - started < 5000)
      const left = await listFiles(join(tree(), '..'))
      assert.ok(
        left.length > 0 && left.every((path) => /^\.downloads\/nvidia.*\.whl$/.test(path)),
        left.join(),
      )
      assert.equal(await rejection(run({ signal: AbortSignal.abort(reason) })), reason)
      assert.equal((await run()).installed, true)
    }).timeout(10_000)

    it('ERR_CACHE_UNWRITABLE when a file is in the way of the cache', async () => {
      await write(at('file'))
      for (const cacheDir of [at('file'), at('file/below')]) {
        const error = await rejection(run({ cacheDir, from: at('wheels') }))
        assert.equal(error.code, 'ERR_CACHE_UNWRITABLE', error.message)
        assert.ok(error.message.includes(at('file')))
      }
    })

    it('ERR_DISK_FULL before a download that cannot fit, and when pip runs out of space', async () => {
      const pins = fakePins()
      const cpuFiles = [{ path: 'huge', size: 1e18, sha256: '' }]
      const early = await rejection(run({}, { ...pins, cpuFiles }))
      assert.equal(early.code, 'ERR_DISK_FULL')
      assert.deepEqual(await pipCalls(), [])
      const late = await rejection(run({ env: env({ FAKE_PIP: 'full' }) }))
      assert.equal(late.code, 'ERR_DISK_FULL')
    })

    it('argument errors for unknown options and wrong types', async () => {
      const wrong = [
        [{ flavour: 'cpu' }, 'ERR_UNKNOWN_OPTION'],
        [{ flavor: 'rocm' }, 'ERR_INVALID_ARG_VALUE'],
        [{ headers: 1 }, 'ERR_INVALID_ARG_TYPE'],
        [{ signal: {} }, 'ERR_INVALID_ARG_TYPE'],
        [{ onProgress: 'yes' }, 'ERR_INVALID_ARG_TYPE'],
      ] as const
      for (const [options, code] of wrong) {
        assert.equal((await rejection(installLibtorch(options as InstallOptions).then(() => {}))).code, code)
      }
    })
  })
})
