import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { findLibtorch } from 'biovil'
import { root } from '../support/root.js'
import { temporaryDirectory } from '../support/temp.js'

/**
 * Every code block of README.md and docs/*.md runs, as it stands there, in a project that has the package. Two things may
 * differ, and both are listed here: names of what cannot be had without a network, and lines that cannot run at all.
 */
const substitutes: readonly (readonly [what: RegExp, by: string, why: string])[] = [
  [/(loadModel\()'biovil'/g, "$1'biovil-demo'", 'the published weights are a download of 542 MB'],
  [/(--model|verify|info|pull) biovil\b(?!-)/g, '$1 biovil-demo', 'the same'],
  [/(--seed 1)\b/g, '$1 --layers 1 --hidden 8 --heads 1 --intermediate 8', 'full size is 877 MB'],
]

const notRun: Readonly<Record<string, string>> = {
  'npm install biovil': 'asks a registry; test/package installs the tarball',
  'npx biovil libtorch install': 'downloads 545 MB; test/libtorch installs small stand-ins',
  'npx biovil pull biovil': 'downloads 542 MB; test/hub pulls from a server of its own',
  'npm start': 'sets up a clone and builds it; test/demo runs the example that it ends with',
  'npm test': 'runs this',
}

interface Block {
  readonly place: string
  readonly language: string
  readonly text: string
}

const pages = [
  'README.md',
  ...readdirSync(join(root, 'docs'))
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`),
]
const blocks: readonly Block[] = pages.flatMap((page) => {
  const text = readFileSync(join(root, page), 'utf8')
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map((match) => ({
    place: `${page}:${text.slice(0, match.index).split('\n').length}`,
    language: match[1] as string,
    text: match[2] as string,
  }))
})
const run = promisify(execFile)

describe('code in the documentation', function () {
  this.timeout(300_000)
  const directory = temporaryDirectory()
  let cwd: string
  let env: NodeJS.ProcessEnv
  const skipped = new Set<string>()

  /** A block as it is run. */
  const prepared = (text: string) =>
    substitutes.reduce((result, [what, by]) => result.replace(what, by), text)

  before(async () => {
    cwd = join(directory(), 'project')
    const modules = join(cwd, 'node_modules')
    mkdirSync(join(modules, '.bin'), { recursive: true })
    symlinkSync(root, join(modules, 'biovil'))
    const command = '#!/bin/sh\nexec node "$(dirname "$0")/../biovil/dist/cli/main.js" "$@"\n'
    writeFileSync(join(modules, '.bin/biovil'), command, { mode: 0o755 })
    writeFileSync(join(cwd, 'package.json'), '{ "private": true, "type": "module" }')
    env = {
      ...process.env,
      PATH: `${join(modules, '.bin')}:${process.env['PATH']}`,
      BIOVIL_LIBTORCH: (await findLibtorch()).root,
      HF_HUB_OFFLINE: '1',
      HF_HOME: join(directory(), 'cache'),
    }
    // What the blocks name.
    mkdirSync(join(cwd, 'films'))
    const films = join(root, 'examples/films')
    for (const film of readdirSync(films)
      .filter((file) => file.endsWith('.png'))
      .slice(0, 2))
      cpSync(join(films, film), join(cwd, 'films', film))
    cpSync(join(root, 'test/fixtures/dicom/big-u12.dcm'), join(cwd, 'film.dcm'))
    writeFileSync(join(cwd, 'broken.png'), 'not an image')
    writeFileSync(
      join(cwd, 'reports.csv'),
      'findings,impression\nClear lungs.,No effusion.\n"Small effusion, left.",\n',
    )
    writeFileSync(join(cwd, 'reports.txt'), 'Clear lungs.\nSmall left pleural effusion.\n')
    cpSync(join(root, 'models/biovil-demo/vocab.txt'), join(cwd, 'vocab.txt'))
  })

  it('has blocks of known languages', () => {
    assert.ok(blocks.length >= 4)
    for (const { place, language } of blocks) assert.match(language, /^(js|ts|sh|)$/, place)
  })

  for (const [i, { place, language, text }] of blocks.entries()) {
    // A block without a language is no code.
    if (language === 'js') {
      it(`runs on Node ${process.versions.node}: ${place}`, async () => {
        const file = join(cwd, `block-${i}.mjs`)
        writeFileSync(file, prepared(text))
        await run(process.execPath, [file], { cwd, env })
      })
    }
    if (language === 'js' || language === 'ts') {
      it(`is accepted by TypeScript: ${place}`, async () => {
        const file = `block-${i}.ts`
        writeFileSync(join(cwd, file), text)
        const types = join(root, 'node_modules/@types')
        const compilerOptions = {
          module: 'nodenext',
          target: 'es2023',
          strict: language === 'ts',
          noEmit: true,
          types: ['node'],
          typeRoots: [types],
        }
        writeFileSync(join(cwd, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [file] }))
        await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', cwd]).catch(
          ({ stdout }: { stdout: string }) => assert.fail(stdout),
        )
      })
    }
    if (language === 'sh') {
      for (const line of text.trimEnd().split('\n')) {
        const command = line.replace(/\s+#.*$/, '')
        const reason = notRun[command]
        if (reason !== undefined) {
          skipped.add(command)
          continue
        }
        it(`runs: ${command}`, async () => {
          await run('sh', ['-c', prepared(line)], { cwd, env })
        })
      }
    }
  }

  it('needs every exception that is listed here', () => {
    assert.deepEqual([...skipped].sort(), Object.keys(notRun).sort())
    assert.deepEqual(
      substitutes.filter(([what]) => !blocks.some(({ text }) => text.search(what) >= 0)),
      [],
    )
  })

  it('says the figures that the evaluation measured', async () => {
    await run(process.execPath, [join(root, 'scripts/demo-figures.mjs'), '--check'])
  })
})
