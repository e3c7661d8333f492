import assert from 'node:assert/strict'
import { chmod, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { findLibtorch, type Libtorch } from 'biovil'
import type { FindOptions } from '../../dist/libtorch/find.js'
import {
  fakePackage,
  fakePins,
  fakeZipRoot,
  rejection,
  temporaryDirectory,
  versionFile,
  write,
} from './fixtures.js'
import { search, setting } from './internals.js'

describe('findLibtorch', () => {
  const here = temporaryDirectory()
  const at = (path: string) => join(here.path, path)
  /** Nothing of the machine that runs the test is seen. */
  const clean = () => ({ HOME: at('home'), PATH: '' })

  async function find(options: FindOptions, system: readonly string[] = []): Promise<Libtorch> {
    const found = await search(options, { ...setting(fakePins()), system })
    if ('error' in found) throw found.error
    return found
  }

  const cacheTree = (flavor: string) => at(`home/.cache/biovil/libtorch/2.11.0/${flavor}`)

  describe('accepts', () => {
    it('a root, its lib/, a torch package, its site-packages and the folder of an unpacked zip', async () => {
      const root = await fakeZipRoot(at('unpacked/libtorch'), { headers: true })
      const torch = await fakePackage(at('venv/lib/python3.12/site-packages'))
      const cases = [
        [root, root],
        [join(root, 'lib'), root],
        [at('unpacked'), root],
        [torch, torch],
        [join(torch, 'lib'), torch],
        [at('venv/lib/python3.12/site-packages'), torch],
      ] as const
      for (const [libtorch, expected] of cases) {
        const found = await findLibtorch({ libtorch, env: clean() })
        assert.equal(found.root, expected)
        assert.equal(found.lib, join(expected, 'lib'))
        assert.equal(found.source, 'option libtorch')
        assert.equal(found.include, expected === root ? join(root, 'include') : undefined)
      }
    })

    it("a distribution's libraries, with the version from its headers", async () => {
      const lib = at('usr/lib/x86_64-linux-gnu')
      for (const name of ['libc10.so', 'libtorch_cpu.so']) await write(join(lib, name))
      const defines = ['MAJOR 2', 'MINOR 11', 'PATCH 0']
        .map((line) => `#define TORCH_VERSION_${line}\n`)
        .join('')
      await write(at('usr/include/torch/headeronly/version.h'), defines)
      const found = await find({ env: clean() }, [at('opt/libtorch'), at('usr')])
      assert.equal(found.root, at('usr'))
      assert.equal(found.lib, lib)
      assert.equal(found.version, '2.11.0')
      assert.equal(found.source, 'system')
    })

    it('names libtorch_cpu.so itself, for libtorch.so of a CUDA build needs libtorch_cuda.so', async () => {
      const torch = await fakePackage(at('packages'), { cuda: true })
      const found = await findLibtorch({ libtorch: torch, cuda: false, env: clean() })
      assert.deepEqual(found.libraries, [join(torch, 'lib/libc10.so'), join(torch, 'lib/libtorch_cpu.so')])
      assert.deepEqual(found.companions, [])
      assert.equal(found.cuda, true)
    })

    it("with CUDA, libtorch_cuda.so after NVIDIA's libraries in torch's order", async () => {
      const torch = await fakePackage(at('packages'), { cuda: true })
      const names = ['cu13/lib/libcublas.so.13', 'cu13/lib/libcublasLt.so.13', 'cudnn/lib/libcudnn.so.9']
      for (const name of [...names, 'cudnn/lib/libcudnn_ops.so.9', 'cu13/lib/libcudart.so.13']) {
        await write(at(`packages/nvidia/${name}`))
      }
      const found = await findLibtorch({ libtorch: torch, cuda: true, env: clean() })
      assert.deepEqual(
        found.libraries.map((path) => path.slice(torch.length)),
        ['/lib/libc10.so', '/lib/libtorch_cpu.so', '/lib/libc10_cuda.so', '/lib/libtorch_cuda.so'],
      )
      assert.deepEqual(
        found.companions.map((path) => path.slice(at('packages/nvidia/').length)),
        [
          'cu13/lib/libcublasLt.so.13',
          'cu13/lib/libcublas.so.13',
          'cudnn/lib/libcudnn.so.9',
          'cu13/lib/libcudart.so.13',
        ],
      )
    })
  })

  describe('looks in this order', () => {
    it('option, BIOVIL_LIBTORCH, LIBTORCH, VIRTUAL_ENV, CONDA_PREFIX, cache, system', async () => {
      const env: Record<string, string> = {
        ...clean(),
        BIOVIL_LIBTORCH: await fakeZipRoot(at('b')),
        LIBTORCH: await fakeZipRoot(at('l')),
        VIRTUAL_ENV: at('v'),
        CONDA_PREFIX: at('c'),
      }
      const venv = await fakePackage(at('v/lib/python3.11/site-packages'))
      const conda = await fakePackage(at('c/lib/python3.12/site-packages'))
      const cached = await fakePackage(cacheTree('cpu'))
      await rm(join(cached, 'version.py'))
      await write(join(cached, 'build-version'), '2.11.0')
      const system = await fakeZipRoot(at('system'))
      const option = await fakeZipRoot(at('o'))

      assert.equal((await find({ libtorch: option, env }, [system])).root, option)
      const steps = [
        ['BIOVIL_LIBTORCH', at('b')],
        ['LIBTORCH', at('l')],
        ['VIRTUAL_ENV', venv],
        ['CONDA_PREFIX', conda],
      ] as const
      for (const [name, root] of steps) {
        const found = await find({ env }, [system])
        assert.deepEqual([found.source, found.root], [name, root])
        delete env[name]
      }
      assert.equal((await find({ env }, [system])).source, 'cache cpu')
      await rm(at('home'), { recursive: true })
      assert.equal((await find({ env }, [system])).source, 'system')
    })

    it('an empty variable counts as unset', async () => {
      const root = await fakeZipRoot(at('l'))
      const found = await find({ env: { ...clean(), BIOVIL_LIBTORCH: '', LIBTORCH: root } })
      assert.equal(found.source, 'LIBTORCH')
    })

    it('XDG_CACHE_HOME and the cacheDir option move the cache', async () => {
      await fakeZipRoot(at('xdg/biovil/libtorch/2.11.0/cpu'))
      await fakeZipRoot(at('dir/2.11.0/cpu'))
      const env = { ...clean(), XDG_CACHE_HOME: at('xdg') }
      assert.equal((await find({ env })).root, at('xdg/biovil/libtorch/2.11.0/cpu'))
      assert.equal((await find({ env, cacheDir: at('dir') })).root, at('dir/2.11.0/cpu'))
    })

    it('the CUDA flavor of the cache first, unless CUDA is declined', async () => {
      await fakeZipRoot(cacheTree('cpu'))
      await fakeZipRoot(cacheTree('cu130'), { version: '2.11.0+cu130', cuda: true })
      assert.equal((await find({ env: clean() })).source, 'cache cu130')
      assert.equal((await find({ env: clean(), cuda: true })).source, 'cache cu130')
      assert.equal((await find({ env: clean(), cuda: false })).source, 'cache cpu')
    })
  })

  describe('LIBTORCH_USE_PYTORCH=1', () => {
    it('takes the torch of the Python on PATH', async () => {
      await write(at('python/bin/python3'))
      const torch = await fakePackage(at('python/lib/python3.10/site-packages'))
      const env = { ...clean(), PATH: `${at('nothing')}:${at('python/bin')}`, LIBTORCH_USE_PYTORCH: '1' }
      const found = await find({ env })
      assert.deepEqual([found.source, found.root], ['LIBTORCH_USE_PYTORCH', torch])
      assert.equal(
        (await rejection(find({ env: { ...env, LIBTORCH_USE_PYTORCH: '0' } }))).code,
        'ERR_LIBTORCH_NOT_FOUND',
      )
    })

    it('asks Python for its search path where the disk does not tell', async () => {
      const torch = await fakePackage(at('elsewhere'))
      await write(at('shims/python3'), `#!/bin/sh\necho ""\necho ${at('elsewhere')}\n`)
      await chmod(at('shims/python3'), 0o755)
      const found = await find({ env: { ...clean(), PATH: at('shims'), LIBTORCH_USE_PYTORCH: '1' } })
      assert.equal(found.root, torch)
    })

    it('fails when there is none, though the cache has one', async () => {
      await fakeZipRoot(cacheTree('cpu'))
      const error = await rejection(find({ env: { ...clean(), LIBTORCH_USE_PYTORCH: '1' } }))
      assert.equal(error.code, 'ERR_LIBTORCH_NOT_FOUND')
      assert.match(error.message, /LIBTORCH_USE_PYTORCH/)
    })
  })

  describe('rejects with', () => {
    it('ERR_LIBTORCH_NOT_FOUND and every place that was tried', async () => {
      await write(at('v/lib/python3.12/site-packages/torch/lib/readme'))
      await fakePackage(at('c/lib/python3.12/site-packages'), { version: '2.13.0+cpu' })
      const env = { ...clean(), VIRTUAL_ENV: at('v'), CONDA_PREFIX: at('c') }
      const error = await rejection(find({ env }, [at('opt')]))
      assert.equal(error.code, 'ERR_LIBTORCH_NOT_FOUND')
      for (const part of [
        'BIOVIL_LIBTORCH: not set',
        'LIBTORCH: not set',
        `VIRTUAL_ENV (${at('v/lib/python3.12/site-packages/torch')}): holds no lib/libtorch_cpu.so`,
        `CONDA_PREFIX (${at('c/lib/python3.12/site-packages/torch')}): version 2.13.0+cpu, expected 2.11`,
        `cache cpu (${cacheTree('cpu')}): does not exist`,
        `system (${at('opt')}): does not exist`,
        'Fix: npx biovil libtorch install',
      ]) {
        assert.ok(error.message.includes(part), `${part}\nis not in\n${error.message}`)
      }
    })

    it('ERR_LIBTORCH_NOT_FOUND for a wish that leads nowhere, whatever else is there', async () => {
      await fakeZipRoot(cacheTree('cpu'))
      await write(at('half/lib/libtorch_cpu.so'))
      const env = clean()
      for (const [options, rule] of [
        [{ libtorch: at('nowhere'), env }, 'option libtorch'],
        [{ env: { ...env, BIOVIL_LIBTORCH: at('nowhere') } }, 'BIOVIL_LIBTORCH'],
        [{ env: { ...env, LIBTORCH: at('home') } }, 'LIBTORCH'],
        [{ env: { ...env, LIBTORCH: at('half') } }, 'half/lib/libc10.so is missing'],
      ] as const) {
        const error = await rejection(find(options))
        assert.equal(error.code, 'ERR_LIBTORCH_NOT_FOUND')
        assert.ok(error.message.includes(rule), error.message)
      }
    })

    it('ERR_LIBTORCH_VERSION for a wish of another minor version or of none, unless bypassed', async () => {
      const other = await fakePackage(at('other'), { version: '2.13.0+cpu' })
      const none = await fakePackage(at('none'))
      await rm(join(none, 'version.py'))
      for (const [root, version] of [
        [other, '2.13.0+cpu'],
        [none, 'unknown'],
      ] as const) {
        const env = { ...clean(), LIBTORCH: root }
        const error = await rejection(find({ env }))
        assert.equal(error.code, 'ERR_LIBTORCH_VERSION')
        assert.match(error.message, /2\.11/)
        const found = await find({ env: { ...env, LIBTORCH_BYPASS_VERSION_CHECK: '1' } })
        assert.deepEqual([found.root, found.version], [root, version])
      }
    })

    it('nothing for another patch version', async () => {
      const root = await fakeZipRoot(at('patch'), { version: '2.11.1' })
      assert.equal((await find({ libtorch: root, env: clean() })).version, '2.11.1')
      assert.equal(
        (
          await rejection(
            find({ libtorch: await fakeZipRoot(at('two'), { version: '2.1.1' }), env: clean() }),
          )
        ).code,
        'ERR_LIBTORCH_VERSION',
      )
    })

    it('ERR_DEVICE_UNAVAILABLE when CUDA is asked of a CPU build', async () => {
      const root = await fakeZipRoot(at('cpu'))
      const error = await rejection(find({ libtorch: root, cuda: true, env: clean() }))
      assert.equal(error.code, 'ERR_DEVICE_UNAVAILABLE')
      assert.ok(error.message.includes(root))
    })

    it('ERR_LIBTORCH_NOT_FOUND when CUDA is asked for and the machine has CPU builds only', async () => {
      await fakeZipRoot(cacheTree('cpu'))
      const error = await rejection(find({ cuda: true, env: clean() }))
      assert.equal(error.code, 'ERR_LIBTORCH_NOT_FOUND')
      assert.match(error.message, /cache cpu .*: CPU only/)
      assert.match(error.message, /install --cuda/)
    })

    it('argument errors for unknown options and wrong types', async () => {
      const wrong = [
        [{ libtroch: '/x' }, 'ERR_UNKNOWN_OPTION'],
        [{ libtorch: 5 }, 'ERR_INVALID_ARG_TYPE'],
        [{ cuda: 'cuda:0' }, 'ERR_INVALID_ARG_VALUE'],
        [{ cuda: 1 }, 'ERR_INVALID_ARG_TYPE'],
        [{ env: null }, 'ERR_INVALID_ARG_TYPE'],
      ] as const
      for (const [options, code] of wrong) {
        assert.equal((await rejection(findLibtorch(options as FindOptions))).code, code)
      }
    })
  })

  describe('passes over', () => {
    it('an environment of another version; a bypass takes it only when no right one exists', async () => {
      const wrong = await fakePackage(at('v/lib/python3.12/site-packages'), { version: '2.9.1' })
      const env = { ...clean(), VIRTUAL_ENV: at('v'), LIBTORCH_BYPASS_VERSION_CHECK: '1' }
      assert.equal((await find({ env })).root, wrong)
      await fakeZipRoot(cacheTree('cpu'))
      assert.equal((await find({ env })).source, 'cache cpu')
    })

    it('a tree of the cache whose files are not those that were installed', async () => {
      const tree = await fakeZipRoot(cacheTree('cpu'))
      const files = [{ path: 'lib/libtorch_cpu.so', size: 15 }]
      await write(
        join(tree, '.ok'),
        JSON.stringify({ format: 1, version: '2.11.0', origin: '', files, headers: false }),
      )
      assert.equal((await find({ env: clean() })).root, tree)
      await write(join(tree, 'lib/libtorch_cpu.so'), 'truncated')
      const error = await rejection(find({ env: clean() }))
      assert.match(error.message, /libtorch_cpu\.so has 9 bytes, expected 15/)
    })

    it('a tree without a marker that is not the published wheel', async () => {
      const torch = await fakePackage(cacheTree('cpu'))
      await write(join(torch, 'version.py'), versionFile('2.11.0+cu130'))
      const error = await rejection(find({ env: clean() }))
      assert.equal(error.code, 'ERR_LIBTORCH_NOT_FOUND')
      assert.match(error.message, /is damaged/)
    })
  })
})
