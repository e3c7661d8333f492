// Reads binding.d.ts. It understands the few forms that the file is written in and refuses every other text, so that no
// part of a signature can go unread.

/** Typed arrays, by TypeScript's name. */
export const typedArrays = new Set([
  'Int8Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'Int16Array',
  'Uint16Array',
  'Int32Array',
  'Uint32Array',
  'Float32Array',
  'Float64Array',
])

/**
 * The contract as data. A type is `{kind, …}`: `string`, `boolean`, `number`, `void`; `array` of `element`; `typed` with
 * `arrays`; `literals`, `object` and `class` with `name`; `promise` of `value`.
 * @returns {{codes: string[], types: Map, constants: object[], functions: object[], classes: object[]}}
 */
export function parseContract(text) {
  const header = /^\/\*\*[\s\S]*?\*\//.exec(text)?.[0] ?? ''
  const contract = {
    codes: [...new Set(header.match(/\bERR_\w+/g) ?? [])],
    types: new Map(),
    constants: [],
    functions: [],
    classes: [],
  }
  new Parser(text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, ' '), contract).file()
  return contract
}

class Parser {
  #rest
  #contract

  constructor(text, contract) {
    this.#rest = text.match(/[A-Za-z_]\w*|'[^'\n]*'|\S/g) ?? []
    this.#contract = contract
  }

  file() {
    while (this.#rest.length > 0) {
      this.#expect('export')
      const kind = this.#next()
      if (kind === 'type') this.#alias()
      else if (kind === 'interface') this.#declare({ kind: 'object', ...this.#named(() => this.#fields()) })
      else if (kind === 'const') this.#constant()
      else if (kind === 'function') this.#contract.functions.push(this.#signature())
      else if (kind === 'class') this.#class()
      else this.#refuse(kind)
    }
  }

  #named(parse) {
    return { name: this.#name(), fields: parse() }
  }

  #alias() {
    const name = this.#name()
    this.#expect('=')
    const first = this.#rest[this.#rest[0] === '|' ? 1 : 0] ?? ''
    if (!first.startsWith("'") && !this.#isLiterals(first)) {
      return this.#declare({ ...this.#type(), name })
    }
    const values = this.#union(() => {
      const part = this.#next()
      if (part.startsWith("'")) return [part.slice(1, -1)]
      return this.#isLiterals(part) ? this.#contract.types.get(part).values : this.#refuse(part)
    }).flat()
    this.#declare({ kind: 'literals', name, values })
  }

  #isLiterals(name) {
    return this.#contract.types.get(name)?.kind === 'literals'
  }

  #union(part) {
    this.#skip('|')
    const parts = [part()]
    while (this.#skip('|')) parts.push(part())
    return parts
  }

  #constant() {
    const name = this.#name()
    this.#expect(':')
    this.#contract.constants.push({ name, fields: this.#fields() })
  }

  #fields() {
    const fields = []
    this.#expect('{')
    while (!this.#skip('}')) {
      this.#expect('readonly')
      const name = this.#name()
      const optional = this.#skip('?')
      this.#expect(':')
      fields.push({ name, optional, type: this.#type() })
      this.#skip(';')
    }
    return fields
  }

  #class() {
    const name = this.#name()
    const type = { kind: 'class', name, methods: [] }
    this.#declare(type)
    this.#contract.classes.push(type)
    this.#expect('{')
    while (!this.#skip('}')) {
      const onClass = this.#skip('static')
      type.methods.push({ onClass, ...this.#signature() })
    }
  }

  #signature() {
    const name = this.#name()
    const parameters = []
    this.#expect('(')
    while (!this.#skip(')')) {
      if (parameters.length > 0) this.#expect(',')
      const parameter = this.#name()
      this.#expect(':')
      parameters.push({ name: parameter, type: this.#type() })
    }
    this.#expect(':')
    return { name, parameters, result: this.#type() }
  }

  #type() {
    const readonly = this.#skip('readonly')
    const parts = this.#union(() => this.#next())
    let type
    if (parts.length > 1 || typedArrays.has(parts[0])) {
      for (const part of parts) if (!typedArrays.has(part)) this.#refuse(part)
      type = { kind: 'typed', arrays: parts }
    } else if (['string', 'boolean', 'number', 'void'].includes(parts[0])) type = { kind: parts[0] }
    else if (parts[0] === 'Promise') {
      this.#expect('<')
      type = { kind: 'promise', value: this.#type() }
      this.#expect('>')
    } else type = this.#contract.types.get(parts[0]) ?? this.#refuse(parts[0])
    if (!this.#skip('[')) return readonly ? this.#refuse('readonly') : type
    this.#expect(']')
    return { kind: 'array', element: type, readonly }
  }

  #declare(type) {
    if (this.#contract.types.has(type.name)) this.#refuse(type.name)
    this.#contract.types.set(type.name, type)
  }

  #name() {
    const name = this.#next()
    return /^[A-Za-z]\w*$/.test(name) ? name : this.#refuse(name)
  }

  #next() {
    return this.#rest.shift() ?? this.#refuse('the end')
  }

  #skip(token) {
    if (this.#rest[0] !== token) return false
    this.#rest.shift()
    return true
  }

  #expect(token) {
    const found = this.#next()
    if (found !== token) this.#refuse(found)
  }

  #refuse(token) {
    throw new SyntaxError(
      `binding.d.ts: ${token} before "${this.#rest.slice(0, 6).join(' ')}" is not understood`,
    )
  }
}
