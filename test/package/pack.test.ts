import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findLibtorch } from 'biovil'
import { runNode } from '../support/cli.js'
import { cleanEnvironment } from '../support/environment.js'
import { tinyModelDirectory } from '../support/models.js'
import { root } from '../support/root.js'
import { temporaryDirectory } from '../support/temp.js'

/** `npm run prebuild` and `npm pack` give what a user installs; nothing of this checkout may be needed to use it. */
describe('the package', function () {
  this.timeout(600_000)
  const directory = temporaryDirectory()
  let project: string
  let files: string[]
  let packedBytes: number

  before(() => {
    const run = (command: string, args: string[], cwd: string) =>
      execFileSync(command, args, {
        cwd,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...process.env, npm_config_loglevel: 'error' },
      })
    run('npm', ['run', 'prebuild'], root)
    const packed = JSON.parse(
      run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', directory()], root),
    ) as {
      filename: string
      size: number
      files: { path: string }[]
    }[]
    files = packed[0]?.files.map(({ path }) => path) ?? []
    packedBytes = packed[0]?.size ?? 0
    project = join(directory(), 'project')
    mkdirSync(project)
    writeFileSync(join(project, 'package.json'), '{ "name": "user", "private": true }')
    run(
      'npm',
      [
        'install',
        '--ignore-scripts',
        '--omit=dev',
        '--no-audit',
        '--no-fund',
        '--prefer-offline',
        join(directory(), packed[0]?.filename ?? ''),
      ],
      project,
    )
  })

  it('holds both binaries, the graphs, types and licences, and no sources of tests', () => {
    for (const path of [
      'prebuilds/linux-x64/libbiovil_engine.so',
      'dist/index.js',
      'dist/index.d.ts',
      'dist/cli/main.js',
      'binding.d.ts',
      'models/graphs/bert-L12-A12.pt',
      'models/cxr-bert-specialized/manifest.json',
      'models/biovil-demo/README.md',
      'models/biovil-demo/prompts.json',
      'models/biovil-demo/biovil_image_resnet50_proj_size_128.pt',
      'examples/films/studies.jsonl',
      'LICENSE',
      'NOTICE',
      'README.md',
    ]) {
      assert.ok(files.includes(path), path)
    }
    assert.ok(files.some((path) => /^prebuilds\/linux-x64\/.*\.node$/.test(path)))
    assert.deepEqual(
      files.filter((path) => /^(test|build|lib|node_modules|output)\//.test(path)),
      [],
    )
  })

  it('is small enough to install without a thought, the demonstration model included', () => {
    assert.ok(packedBytes > 1e6 && packedBytes < 20e6, `${packedBytes} bytes`)
  })

  it('leaks no path of the machine that built it', () => {
    const binaries = files.filter((path) => /\.(node|so)$/.test(path))
    assert.ok(binaries.length >= 2)
    for (const path of binaries) {
      const bytes = readFileSync(join(project, 'node_modules/biovil', path)).toString('latin1')
      assert.ok(!bytes.includes(root.replace(/\/$/, '')), `${path} names ${root}`)
    }
  })

  it('brings no install script, and neither do its dependencies, on which pnpm would stop', () => {
    const modules = join(project, 'node_modules')
    const manifests = readdirSync(modules, { recursive: true, encoding: 'utf8' })
      .filter((path) => /(^|\/node_modules\/)(@[^/]+\/)?[^/]+\/package\.json$/.test(path))
      .map((path) => JSON.parse(readFileSync(join(modules, path), 'utf8')))
    const scripts = ['preinstall', 'install', 'postinstall']
    assert.ok(manifests.length > 15)
    assert.deepEqual(
      manifests.filter((manifest) => scripts.some((script) => manifest.scripts?.[script])),
      [],
    )
  })

  it('names the package that films of 12-bit JPEG need, which is not installed', async () => {
    writeFileSync(
      join(project, 'film.mjs'),
      `import { inspectImage } from 'biovil'
      console.log(await inspectImage(process.argv[2]).catch(({ code, message }) => code + ' ' + message))`,
    )
    const film = join(root, 'test/fixtures/dicom/lossy-jpeg12-u12.dcm')
    const { stdout } = await runNode(['film.mjs', film], { cwd: project })
    assert.match(stdout, /^ERR_DICOM_SYNTAX .*`npm install dcmjs-codecs`/)
  })

  it('loads through node-gyp-build from its prebuilds, finds libtorch and embeds', async () => {
    const model = join(directory(), 'model')
    cpSync(await tinyModelDirectory(), model, { recursive: true })
    writeFileSync(
      join(project, 'use.cjs'),
      `const { loadModel } = require('biovil')
      loadModel(process.argv[2], { device: 'cpu' }).then(async (model) => {
        const rows = await model.embedText(['w5 w6', 'w7'])
        const maps = require('node:fs').readFileSync('/proc/self/maps', 'utf8')
        console.log(JSON.stringify({ dims: rows.dims, finite: rows.data.every(Number.isFinite), addon: /\\S+biovil[^/]*\\.node/.exec(maps)[0], engine: /\\S+libbiovil_engine\\.so/.exec(maps)[0] }))
        await model.close()
      })`,
    )
    const { code, stdout, stderr } = await runNode(['use.cjs', model], {
      cwd: project,
      env: { PREBUILDS_ONLY: '1' },
    })
    assert.equal(code, 0, stderr)
    const { dims, finite, addon, engine } = JSON.parse(stdout)
    assert.deepEqual([dims, finite], [[2, 16], true])
    for (const path of [addon, engine])
      assert.ok(path.startsWith(join(project, 'node_modules/biovil/prebuilds/')), path)
  })

  it('has the demonstration model, which loads without network, home and cache', async () => {
    const home = join(directory(), 'home')
    mkdirSync(home)
    writeFileSync(
      join(project, 'demo.mjs'),
      `import { loadModel } from 'biovil'
      const model = await loadModel('biovil-demo', { device: 'cpu' })
      const film = { pixels: Uint8Array.from({ length: 90000 }, (_, i) => i % 251), width: 300, height: 300 }
      for await (const { scores, demonstration } of model.classify(film))
        console.log(JSON.stringify({ labels: scores.length, demonstration }))`,
    )
    const env = cleanEnvironment({
      HOME: home,
      HF_ENDPOINT: 'http://127.0.0.1:9',
      BIOVIL_LIBTORCH: (await findLibtorch()).root,
      PREBUILDS_ONLY: '1',
    })
    const { code, stdout, stderr } = await runNode(['demo.mjs'], { cwd: project, env })
    assert.equal(code, 0, stderr)
    assert.deepEqual(JSON.parse(stdout), { labels: 9, demonstration: true })
    assert.deepEqual(readdirSync(home), [])
  })

  it('gives the command biovil', async () => {
    const model = join(directory(), 'model')
    const { code, stdout, stderr } = await runNode(
      [join(project, 'node_modules/.bin/biovil'), 'info', '--model', model, '--json'],
      { cwd: project },
    )
    assert.equal(code, 0, stderr)
    assert.equal(JSON.parse(stdout).untrained, true)
  })

  it('has types that a strict TypeScript project accepts', () => {
    writeFileSync(
      join(project, 'use.ts'),
      `import { loadModel, type Embeddings, BiovilError } from 'biovil'
      export async function f(): Promise<Embeddings> {
        await using model = await loadModel('cxr-bert-general', { device: 'cpu' })
        // @ts-expect-error: misspelt
        await model.embedText('a', { normalise: true })
        return model.embedText(['a', ['b', 'c']], { normalize: false })
      }
      export const code = (e: BiovilError) => e.code === 'ERR_CLOSED'`,
    )
    const config = {
      compilerOptions: {
        module: 'nodenext',
        target: 'es2022',
        lib: ['es2023', 'esnext.disposable'],
        strict: true,
        noEmit: true,
        types: ['node'],
        typeRoots: [join(root, 'node_modules/@types')],
      },
      files: ['use.ts'],
    }
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify(config))
    execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', project], {
      encoding: 'utf8',
    })
  })
})
