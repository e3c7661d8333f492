import assert from 'node:assert/strict'
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { runNode } from '../support/cli.js'
import { root } from '../support/root.js'
import { temporaryDirectory } from '../support/temp.js'
import { loadBinding } from './tiny.js'

describe('the native addon', function () {
  this.timeout(30_000)
  const directory = temporaryDirectory()

  /** Loads the addon in another process and returns the error's code and message. */
  async function failure(flags: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
    const source = `
      import { loadBinding } from ${JSON.stringify(pathToFileURL(join(root, 'dist/native/binding.js')).href)}
      try { loadBinding(); console.log('loaded') } catch (error) { console.log(error.name, error.code, error.message) }`
    const { code, stdout, stderr } = await runNode([...flags, '--input-type=module', '-e', source], { env })
    assert.equal(code, 0, stderr)
    return stdout
  }

  /** A directory as node-gyp-build looks into, with this addon. */
  function place(name: string, fill: (release: string) => void): { BIOVIL_PREBUILD: string } {
    const path = join(directory(), name)
    const release = join(path, 'build', 'Release')
    mkdirSync(release, { recursive: true })
    fill(release)
    return { BIOVIL_PREBUILD: path }
  }

  it('loads without libtorch', async () => {
    const copies = (release: string) => {
      copyFileSync(loadBinding().path, join(release, 'biovil.node'))
      writeFileSync(join(release, 'libbiovil_engine.so'), '')
    }
    assert.equal(await failure([], { ...place('alone', copies), LIBTORCH: '/nonexistent' }), 'loaded\n')
    assert.equal(
      loadBinding().binding.addon.version,
      JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version,
    )
  })

  it('is missed with the command that builds it', async () => {
    assert.match(
      await failure(
        [],
        place('empty', () => {}),
      ),
      /^BiovilError ERR_BINDING .*npm run compile:native/,
    )
    assert.match(await failure([], { ...place('musl', () => {}), LIBC: 'musl' }), /^BiovilError ERR_BINDING/)
  })

  it('names the file that does not load', async () => {
    const broken = place('broken', (release) => writeFileSync(join(release, 'biovil.node'), 'no addon'))
    assert.match(
      await failure([], broken),
      /^BiovilError ERR_BINDING Cannot load .*biovil\.node: .*compile:native/,
    )
  })

  it('is missed when its engine is not beside it', async () => {
    const half = place('half', (release) => copyFileSync(loadBinding().path, join(release, 'biovil.node')))
    assert.match(await failure([], half), /^BiovilError ERR_BINDING .*libbiovil_engine\.so/)
  })

  it('says so when addons are switched off', async () => {
    assert.match(await failure(['--no-addons']), /^BiovilError ERR_BINDING .*--no-addons/)
  })
})
