// Holds native/ to binding.d.ts: the files that are generated from it, the definitions behind them, the codes of errors.
import { generateHeader, generateSource, signatures } from './contract/generate.mjs'
import { parseContract } from './contract/parse.mjs'

/** Files that are generated, by path in native/. */
export function generated(declaration) {
  const contract = parseContract(declaration)
  return new Map([
    ['addon/contract.h', generateHeader(contract)],
    ['addon/contract.cc', generateSource(contract)],
  ])
}

/**
 * Problems in words, none when both sides agree.
 * @param {string} declaration Text of binding.d.ts.
 * @param {readonly {path: string, text: string}[]} sources All C++ files; paths are relative to native/.
 * @param {readonly string[]} known The codes of lib/errors.ts.
 */
export function compareContract(declaration, sources, known) {
  let contract
  let files
  try {
    contract = parseContract(declaration)
    files = generated(declaration)
  } catch (error) {
    return [error.message]
  }
  const problems = []
  for (const [path, text] of files) {
    if (sources.find((source) => source.path === path)?.text !== text) {
      problems.push(`native/${path} is not what binding.d.ts generates: run npm run format`)
    }
  }
  const written = sources.filter(({ path }) => !files.has(path))
  problems.push(...compareDefinitions(contract, written), ...compareCodes(contract, written, known))
  return problems
}

/** The compiler says the same, later. */
function compareDefinitions(contract, sources) {
  // A parameter without a name is one that is not used.
  const plain = (text) => text.replace(/\s+/g, ' ').replace(/\bNapi::Env env\b/g, 'Napi::Env')
  const definitions = sources.map(({ text }) => plain(text)).join(' ')
  return signatures(contract)
    .filter((signature) => !definitions.includes(` ${plain(signature)} {`))
    .map((signature) => `nothing in native/addon defines ${signature}`)
}

function compareCodes(contract, sources, known) {
  const thrown = new Set()
  const problems = []
  for (const { path, text } of sources) {
    for (const [, code] of text.matchAll(/"(ERR_\w*)"/g)) {
      thrown.add(code)
      if (!contract.codes.includes(code))
        problems.push(`native/${path} throws ${code}, which binding.d.ts does not list`)
    }
  }
  for (const code of contract.codes) {
    if (!thrown.has(code)) problems.push(`binding.d.ts lists ${code}, which nothing in native/ throws`)
    if (!known.includes(code)) problems.push(`binding.d.ts lists ${code}, which lib/errors.ts does not have`)
  }
  return problems
}

/** The codes that the text of lib/errors.ts declares. */
export function knownCodes(text) {
  return [...text.matchAll(/^ {2}(ERR_\w+):/gm)].map(([, code]) => code)
}
