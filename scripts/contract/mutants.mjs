// Ways in which binding.d.ts and the C++ side can drift apart: each mutant is one change of one file. Used by the test
// of the check, which must notice them.

const types = [
  'string',
  'number',
  'boolean',
  'readonly string[]',
  'readonly number[]',
  'Uint8Array',
  'Precision',
]

/** Places of a pattern in `text`: [index, length, match]. */
function places(text, pattern) {
  return [...text.matchAll(pattern)].map((match) => [match.index, match[0].length, match])
}

function change(list, kind, text, pattern, replace) {
  const code = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, (comment) => comment.replace(/[^\n]/g, ' '))
  for (const [at, length, match] of places(code, pattern)) {
    for (const by of [replace(...match)].flat()) {
      if (by === undefined || by === match[0]) continue
      const what = `${kind}: ${match[0].trim()} -> ${by.trim()}`
      list.push({ kind, what, text: text.slice(0, at) + by + text.slice(at + length) })
    }
  }
}

/** @returns {{kind: string, what: string, text: string}[]} Mutants of binding.d.ts. */
export function declarationMutants(text) {
  const list = []
  const add = (kind, pattern, replace) => change(list, kind, text, pattern, replace)
  add('optional', /readonly (\w+)(\??):/g, (_, name, mark) => `readonly ${name}${mark ? '' : '?'}:`)
  add('field type', /(readonly \w+\??: )([^;\n}]+?)(?= *[;\n}])/g, (_, start, type) =>
    types.filter((other) => other !== type).map((other) => start + other),
  )
  add('field renamed', /readonly (\w+)(?=\??:)/g, (_, name) => `readonly ${name}s`)
  add('field dropped', /^ {2}readonly \w+\??: .*\n/gm, () => '')
  add('field added', /^export interface \w+ \{\n/gm, (start) => `${start}  readonly extra: number\n`)
  add('readonly dropped', /readonly (?=[\w]+\[\]|\w+\??:)/g, () => '')
  add('array', /(?<=: )(readonly \w+)\[\]/g, (_, element) => element.replace('readonly ', ''))
  add('parameters swapped', /\((\w+: [^,)]+), (\w+: [^)]+)\)/g, (_, a, b) => `(${b}, ${a})`)
  add('parameter dropped', /\((\w+: [^,)]+), (\w+: [^)]+)\)/g, (_, a, b) => [`(${a})`, `(${b})`])
  add('parameter dropped', /\((\w+): (\w+)\)/g, () => '()')
  add('parameter type', /(?<=[(,] ?\w+: )([^,)]+)/g, (type) => types.filter((other) => other !== type))
  add('parameter added', /\(\)(?=: )/g, () => '(force: boolean)')
  add('result', /Promise<([^>]+)>/g, (_, value) => [value, 'Promise<void>', `Promise<${value}[]>`])
  add('result', /\): (?!Promise)([^\n]+)/g, (_, type) => [`): Promise<${type}>`, '): string'])
  add('static', /^ {2}(static )?(?=\w+\()/gm, (_, fixed) => (fixed ? '  ' : '  static '))
  add('method renamed', /(?<=^ {2}(?:static )?)(\w+)(?=\()/gm, (name) => `${name}All`)
  add('method dropped', /^ {2}(?:static )?\w+\(.*\n/gm, () => '')
  add('literal', /'\w+'/g, (literal) => [literal.replace(/'$/, "s'"), `${literal} | 'extra'`])
  add('literal dropped', / \| '\w+'/g, () => '')
  add('union', /(?<=\| )(\w+Array)\b/g, (name) => [`BigInt64Array`, `${name} | BigInt64Array`])
  add('union', /( \| |\n {2}\| )\w+Array\b/g, () => '')
  add('export', /(?<=^export (?:const|function|class|interface|type) )(\w+)/gm, (name) => `${name}s`)
  add('export', /^export (?=const|function|class)/gm, () => '')
  for (const [at, length, [code]] of places(/^\/\*\*[\s\S]*?\*\//.exec(text)[0], /\bERR_\w+/g)) {
    for (const by of [`${code}S`, `${code}, ERR_IMAGINED`, 'nothing']) {
      const what = `code: ${code} -> ${by}`
      list.push({ kind: 'code', what, text: text.slice(0, at) + by + text.slice(at + length) })
    }
  }
  return list
}

/** Mutants of a C++ file that has a part in the contract. */
export function sourceMutants(text) {
  const list = []
  const add = (kind, pattern, replace) => change(list, kind, text, pattern, replace)
  add('code', /"ERR_(\w+)"/g, (_, name) => [`"ERR_${name.replaceAll('_', '')}X"`, `"ERR_${name}_"`])
  const definition = /(?<=^\S.*)\b(Exports|ProgramMethods)::(\w+)\(([^)]*)\)(?= \{)/gm
  add('definition renamed', definition, (_, scope, name, list) => `${scope}::${name}_all(${list})`)
  add('definition', definition, (_, scope, name, list) => [
    `${scope}::${name}(${list.split(', ').toReversed().join(', ')})`,
    `${scope}::${name}(${list}, bool force)`,
    `${scope}::${name}(${list.replace('std::string', 'int64_t').replace('Options', 'Settings')})`,
  ])
  add('result', /^(Queued<[^()\n]+>|std::vector<\w+>|void) (?=(?:Exports|ProgramMethods)::)/gm, (_, type) => [
    type === 'void' ? 'bool ' : 'void ',
    `Queued<${type}> `,
  ])
  // What follows is local to a file everywhere but in the generated ones.
  if (!text.startsWith('// Generated')) return list
  add('reader', /\bread\((?=own)/g, () => 'read_optional(')
  add('reader', /\bread_optional\((?=own)/g, () => 'read(')
  add('reader dropped', /^ {2}read.*\n/gm, () => '')
  add('property', /(?<=own\(from, )"(\w+)"/g, (_, name) => `"${name}s"`)
  add('property', /(?<=define\(\w+, )"(\w+)"/g, (_, name) => `"${name}s"`)
  add('member', /^ {2}(std::\S+|int64_t|double|bool) (?=\w+( = \w+)?;)/gm, (_, type) => [
    `  ${type === 'bool' ? 'int64_t' : 'bool'} `,
    `  std::optional<${type}> `,
  ])
  add('method', /\b(class_)?method(?=\(")/g, (_, fixed) => (fixed ? 'method' : 'class_method'))
  add('literal', /\{"(\w+)", /g, (_, name) => `{"${name}s", `)
  add('argument', /info\[(\d)\]/g, (_, at) => `info[${1 - Number(at)}]`)
  return list
}
