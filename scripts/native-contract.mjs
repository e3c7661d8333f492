// Compares binding.d.ts with the C++ side. In C++ a comment `// binding.d.ts: NAME` marks the function or table that
// reads or writes the interface, literal type or class NAME; every property is one call `read_KIND(from, "name")` or
// `to.Set("name", …)`. So the two sides can be compared as text, in both directions, types included.

/** Readers of native/addon/read.h, by the TypeScript type that each accepts. */
const readers = {
  string: ['string'],
  boolean: ['boolean'],
  number: ['integer'],
  ElementType: ['element_type'],
  Precision: ['precision'],
  StoredType: ['stored_type'],
  'readonly string[]': ['strings'],
  'readonly number[]': ['integers'],
  'readonly ParameterRow[]': ['array'],
  'Float32Array | Int32Array | Uint8Array': ['typed_array'],
}

/** What `to.Set` is given, by TypeScript type. */
const writers = {
  string: /^Napi::String::New/,
  number: /^Napi::Number::New/,
  boolean: /^Napi::Boolean::New/,
  ElementType: /^Napi::String::New/,
  'readonly number[]': /^dims$/,
  'Float32Array | Int32Array | Uint8Array': /^data$/,
  Uint8Array: /^bytes$/,
}

/** Problems in words, none when the two sides agree. `sources`: [{path, text}] of native/addon. */
export function compareContract(declaration, sources) {
  const problems = []
  const declared = parseDeclaration(declaration)
  const marked = sources.flatMap(parseMarks)
  for (const { name, path } of marked) {
    if (!declared.has(name)) problems.push(`${path} marks ${name}, which binding.d.ts does not declare`)
  }
  for (const [name, what] of declared) {
    const places = marked.filter((mark) => mark.name === name)
    if (places.length === 0)
      problems.push(`binding.d.ts declares ${name}, but nothing in native/addon is marked with it`)
    for (const place of places) problems.push(...compareOne(name, what, place))
  }
  problems.push(...compareExports(declaration, sources))
  return problems
}

function compareOne(name, what, place) {
  const found =
    what.kind === 'literals'
      ? literals(place.body)
      : what.kind === 'class'
        ? methods(place.body)
        : properties(place.body)
  return [
    ...difference(what.members.keys(), found.keys()).map(
      (member) => `${place.path}: ${name}.${member} of binding.d.ts is missing`,
    ),
    ...difference(found.keys(), what.members.keys()).map(
      (member) => `${place.path}: ${name}.${member} is not in binding.d.ts`,
    ),
    ...[...found].flatMap(([member, use]) => {
      const type = what.members.get(member)
      if (type === undefined || what.kind === 'literals') return []
      return fits(type, use)
        ? []
        : [`${place.path}: ${name}.${member} is ${type} in binding.d.ts, but here ${use}`]
    }),
  ]
}

function fits(type, use) {
  if (use === 'static' || use === 'instance') return type === use
  const [verb, what] = use.split(/ (.*)/s)
  return verb === 'read' ? readers[type]?.includes(what) === true : writers[type]?.test(what) === true
}

function compareExports(declaration, sources) {
  const declared = [...declaration.matchAll(/^export (?:const|function|class) (\w+)/gm)].map(
    (match) => match[1],
  )
  const exported = sources.flatMap(({ text }) =>
    [...text.matchAll(/\bexports\.Set\("(\w+)"/g)].map((match) => match[1]),
  )
  return [
    ...difference(declared, exported).map((name) => `binding.d.ts exports ${name}, the addon does not`),
    ...difference(exported, declared).map((name) => `the addon exports ${name}, binding.d.ts does not`),
  ]
}

/** Name → {kind, members: Map(member → type)} of all interfaces, unions of literals, classes and objects. */
function parseDeclaration(source) {
  const text = source.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
  const declared = new Map()
  for (const [, name, body] of text.matchAll(/^export type (\w+) = (.+)$/gm)) {
    const members = body.split('|').map((part) => part.trim())
    const all = members.flatMap((part) =>
      part.startsWith("'") ? [part.slice(1, -1)] : [...declared.get(part).members.keys()],
    )
    declared.set(name, { kind: 'literals', members: new Map(all.map((member) => [member, 'literal'])) })
  }
  for (const [, name, body] of text.matchAll(
    /^export (?:interface (?=\w+ \{)|const (?=\w+: \{))(\w+):? \{([^}]*)\}/gm,
  )) {
    const fields = [...body.matchAll(/readonly (\w+)\??: ([^;\n]+?)\s*(?:;|\n|$)/g)]
    declared.set(name, { kind: 'object', members: new Map(fields.map(([, field, type]) => [field, type])) })
  }
  for (const [, name, body] of text.matchAll(/^export class (\w+) \{([\s\S]*?)^\}/gm)) {
    const found = [...body.matchAll(/^ {2}(static )?(\w+)\(/gm)]
    declared.set(name, {
      kind: 'class',
      members: new Map(found.map(([, fixed, member]) => [member, fixed ? 'static' : 'instance'])),
    })
  }
  return declared
}

/** The definition under each mark, up to the closing brace in the first column. */
function parseMarks({ path, text }) {
  return [...text.matchAll(/^\/\/ binding\.d\.ts: (\w+)\n([\s\S]*?^\};?)$/gm)].map(([, name, body]) => ({
    path,
    name,
    body,
  }))
}

function properties(body) {
  const found = new Map()
  for (const [, reader, name] of body.matchAll(/\bread_(\w+)\(from, "(\w+)"\)/g))
    found.set(name, `read ${reader}`)
  for (const [, name, value] of body.matchAll(/\bto\.Set\("(\w+)", ([\w:]+)/g))
    found.set(name, `write ${value}`)
  return found
}

function literals(body) {
  return new Map([...body.matchAll(/\{"(\w+)", /g)].map((match) => [match[1], 'literal']))
}

function methods(body) {
  const found = [...body.matchAll(/\bmethod\("(\w+)", entry<\w+>, on_(class|instance)\)/g)]
  return new Map(found.map(([, name, place]) => [name, place === 'class' ? 'static' : 'instance']))
}

function difference(a, b) {
  const known = new Set(b)
  return [...new Set(a)].filter((element) => !known.has(element))
}
