import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { randomNumbers } from '../checkpoint/support.js'
import { root } from '../support/root.js'
import { loadBinding } from './tiny.js'

interface Source {
  readonly path: string
  readonly text: string
}

interface Mutant {
  readonly kind: string
  readonly what: string
  readonly text: string
}

type Compare = (declaration: string, sources: readonly Source[], known: readonly string[]) => string[]

const scripts = pathToFileURL(join(root, 'scripts/')).href

describe('binding.d.ts', () => {
  const declaration = readFileSync(join(root, 'binding.d.ts'), 'utf8')
  const native = join(root, 'native')
  const sources: Source[] = readdirSync(native, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.(cc|h)$/.test(path))
    .map((path) => ({ path, text: readFileSync(join(native, path), 'utf8') }))
  let known: readonly string[]
  let compare: Compare
  let declarationMutants: (text: string) => Mutant[]
  let sourceMutants: (text: string) => Mutant[]
  before(async () => {
    const contract = await import(new URL('native-contract.mjs', scripts).href)
    compare = contract.compareContract
    known = contract.knownCodes(readFileSync(join(root, 'lib/errors.ts'), 'utf8'))
    ;({ declarationMutants, sourceMutants } = await import(new URL('contract/mutants.mjs', scripts).href))
  })

  const drifts = (changed: string) => compare(changed, sources, known).length > 0
  const sourceDrifts = (path: string, text: string) =>
    compare(
      declaration,
      sources.map((source) => (source.path === path ? { path, text } : source)),
      known,
    ).length > 0

  it('says what the C++ side says', () => {
    assert.deepEqual(compare(declaration, sources, known), [])
  })

  it('lists every export of the addon and no other', () => {
    const { binding } = loadBinding()
    const declared = [...declaration.matchAll(/^export (?:const|function|class) (\w+)/gm)].map(
      ([, name]) => name,
    )
    assert.deepEqual(Object.keys(binding).sort(), declared.sort())
  })

  for (const [what, replaced, by] of [
    ['an option that becomes required', 'readonly strides?:', 'readonly strides:'],
    ['a result that becomes certain', 'readonly film?:', 'readonly film:'],
    ['an option of another type', 'readonly threads: number', 'readonly threads: string'],
    [
      'swapped parameters',
      '(samples: Samples, options: FilmOptions)',
      '(options: FilmOptions, samples: Samples)',
    ],
    ['a promise of nothing', 'Promise<EngineInfo>', 'Promise<void>'],
    ['a promise that was none', 'devices(): Device[]', 'devices(): Promise<Device[]>'],
    ['a parameter less', '(method: string, inputs: readonly Tensor[])', '(method: string)'],
    ['a method that becomes async', 'close(): void', 'close(): Promise<void>'],
    ['a typed array more', '| Float64Array', '| Float64Array | BigInt64Array'],
    ['an invented code', ' ERR_CLOSED,', ' ERR_CLOSED, ERR_IMAGINED,'],
    ['a literal less', "'float64' | 'int64'", "'float64'"],
    ['an export less', 'export function devices(): Device[]', ''],
  ] as const) {
    it(`drifts from the C++ side with ${what}`, () => {
      assert.ok(declaration.includes(replaced))
      assert.ok(drifts(declaration.replace(replaced, by)))
    })
  }

  it('drifts when the C++ side throws a code that is not listed', () => {
    const read = sources.find(({ path }) => path === 'addon/read.cc') as Source
    assert.ok(sourceDrifts(read.path, read.text.replace('ERR_INVALID_ARG_TYPE', 'ERR_INVALIDARGTYPE')))
  })

  it('drifts with at least 95 of 100 random changes of either side', () => {
    const random = randomNumbers(10)
    const files = sources.filter(({ path }) => path.startsWith('addon/'))
    const all = [
      ...declarationMutants(declaration).map((mutant) => ({ ...mutant, path: 'binding.d.ts' })),
      ...files.flatMap(({ path, text }) => sourceMutants(text).map((mutant) => ({ ...mutant, path }))),
    ]
    const kinds = new Map<string, typeof all>()
    for (const mutant of all) {
      const kind = `${mutant.path === 'binding.d.ts'} ${mutant.kind}`
      kinds.set(kind, [...(kinds.get(kind) ?? []), mutant])
    }
    assert.ok(all.length > 800 && kinds.size > 25, `${all.length} mutants of ${kinds.size} kinds`)
    const missed: string[] = []
    for (let i = 0; i < 100; i++) {
      // Kinds in turn: some have hundreds of mutants.
      const kind = [...kinds.values()][i % kinds.size] ?? []
      const { path, what, text } = kind[random(kind.length)] as (typeof all)[number]
      const noticed = path === 'binding.d.ts' ? drifts(text) : sourceDrifts(path, text)
      if (!noticed) missed.push(`${path}: ${what}`)
    }
    assert.ok(missed.length <= 5, `not noticed: ${missed.join('; ')}`)
  })
})
