// Writes native/addon/contract.{h,cc} from the contract: the structs, what reads and writes them, the signatures that
// native/addon implements, and the glue that hands arguments over. So the compiler holds C++ to binding.d.ts.

/** C++ enumerations of native/engine.h for the unions of literals. */
const enumerations = { ElementType: 'ElementType', Precision: 'StoredType', StoredType: 'StoredType' }

const napiArrays = {
  Int8Array: 'napi_int8_array',
  Uint8Array: 'napi_uint8_array',
  Uint8ClampedArray: 'napi_uint8_clamped_array',
  Int16Array: 'napi_int16_array',
  Uint16Array: 'napi_uint16_array',
  Int32Array: 'napi_int32_array',
  Uint32Array: 'napi_uint32_array',
  Float32Array: 'napi_float32_array',
  Float64Array: 'napi_float64_array',
}

const banner = `// Generated from binding.d.ts by \`npm run format\`; do not edit.
// clang-format off
`

export function generateHeader(contract) {
  const use = directions(contract)
  return `${banner}#pragma once

#include <napi.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

${contract.classes.map(({ name }) => `#include "addon/${snake(name)}_instance.h"`).join('\n')}
#include "addon/queued.h"
#include "engine.h"

namespace biovil {

${objects(contract)
  .map((type) => struct(type, use.get(type.name)))
  .join('\n')}
${contract.constants.map((constant) => struct(constantType(constant), new Set(['write']))).join('\n')}
/// Implemented by hand. What a call throws, a promise rejects with.
struct Exports {
${contract.constants.map(({ name }) => `  static ${constantType({ name }).name} ${snake(name)}();`).join('\n')}
${contract.functions.map((signature) => `  static ${declaration(signature)};`).join('\n')}
};
${contract.classes.map(classMethods).join('\n')}
${written(contract, use)
  .map(({ name }) => `Napi::Value write(Napi::Env env, const ${name}& from);`)
  .join('\n')}
${contract.classes.map(({ name }) => `Napi::Value write(Napi::Env env, std::unique_ptr<${name}Instance> from);`).join('\n')}

${contract.classes.map(classHooks).join('\n')}
/// Puts everything that binding.d.ts exports into \`exports\`.
void define_exports(Napi::Env env, Napi::Object exports);

}  // namespace biovil
`
}

export function generateSource(contract) {
  const use = directions(contract)
  return `${banner}#include "addon/contract.h"

#include "addon/call.h"
#include "addon/read.h"
#include "addon/write.h"

namespace biovil {
namespace {

${usedLiterals(contract).map(literalTable).join('\n')}
}  // namespace

${objects(contract)
  .filter(({ name }) => use.get(name)?.has('read'))
  .map(reader)
  .join('\n')}
namespace {

${contract.functions.map((signature) => glue(signature, 'Exports')).join('\n')}
${contract.classes.flatMap((type) => type.methods.map((method) => glue(method, `${type.name}Methods`, type))).join('\n')}
}  // namespace

${[...written(contract, use)].map(writer).join('\n')}
void define_exports(Napi::Env env, Napi::Object exports) {
${contract.constants.map(({ name }) => `  define(exports, "${name}", frozen(write(env, Exports::${snake(name)}())));`).join('\n')}
${contract.functions.map(({ name }) => `  define(exports, "${name}", make_function(env, "${name}", call_${snake(name)}));`).join('\n')}
${contract.classes.map(classDefinition).join('\n')}
}

}  // namespace biovil
`
}

const snake = (name) => name.replace(/[A-Z]/g, (letter, at) => (at === 0 ? '' : '_') + letter.toLowerCase())
const capital = (name) => name[0].toUpperCase() + name.slice(1)
const objects = ({ types }) => [...types.values()].filter(({ kind }) => kind === 'object')
const constantType = ({ name, fields }) => ({ kind: 'object', name: `${capital(name)}Constant`, fields })
const written = (contract, use) => [
  ...objects(contract).filter(({ name }) => use.get(name)?.has('write')),
  ...contract.constants.map(constantType),
]

/** Whether each object is read, written or both, by where its type is used. An object without any use is an error. */
function directions(contract) {
  const use = new Map()
  const visit = (type, direction) => {
    if (type.kind === 'promise') return visit(type.value, direction)
    if (type.kind === 'array') return visit(type.element, direction)
    if (type.kind !== 'object' && type.kind !== 'class') return
    if (!use.has(type.name)) use.set(type.name, new Set())
    if (type.kind === 'class' && direction === 'read') throw new SyntaxError(`${type.name} is no argument`)
    if (use.get(type.name).has(direction)) return
    use.get(type.name).add(direction)
    for (const field of type.fields ?? []) visit(field.type, direction)
  }
  for (const { parameters, result } of [
    ...contract.functions,
    ...contract.classes.flatMap(({ methods }) => methods),
  ]) {
    for (const parameter of parameters) visit(parameter.type, 'read')
    visit(result, 'write')
    if (result.kind === 'array' && result.readonly)
      throw new SyntaxError('An array that is returned is the caller’s')
  }
  for (const type of [...objects(contract), ...contract.classes]) {
    if (!use.has(type.name)) throw new SyntaxError(`binding.d.ts: nothing uses ${type.name}`)
  }
  return use
}

/** The C++ type of a value; what is owned by JavaScript must be readonly. */
function cpp(type, writes, owned = !writes) {
  switch (type.kind) {
    case 'string':
      return 'std::string'
    case 'boolean':
      return 'bool'
    case 'number':
      return writes ? 'double' : 'int64_t'
    case 'void':
      return 'void'
    case 'literals':
      return enumerations[type.name]
    case 'object':
      return type.name
    case 'class':
      return `std::unique_ptr<${type.name}Instance>`
    case 'typed':
      return 'Napi::TypedArray'
    case 'array':
      if (owned && !type.readonly)
        throw new SyntaxError('An array that is not readonly cannot be an argument or a field')
      // Dimensions are whole numbers both ways.
      return `std::vector<${cpp(type.element, type.element.kind === 'number' ? false : writes, true)}>`
    case 'promise':
      return `Queued<${cpp(type.value, writes, owned)}>`
    default:
      throw new SyntaxError(`No C++ type for ${type.kind}`)
  }
}

function struct({ name, fields }, use) {
  const writes = use.has('write')
  const lines = fields.map((field) => {
    if (use.size > 1 && field.type.kind === 'number')
      throw new SyntaxError(`${name}.${field.name} is read and written`)
    const type = cpp(field.type, writes, true)
    return `  ${field.optional ? `std::optional<${type}>` : type} ${snake(field.name)}${initial(field)};\n`
  })
  return `struct ${name} {\n${lines.join('')}};\n`
}

function initial({ optional, type }) {
  if (optional) return ''
  return { number: ' = 0', boolean: ' = false', literals: '{}' }[type.kind] ?? ''
}

function declaration({ name, parameters, result, onClass }, scope = '', self = '') {
  const list = ['Napi::Env env']
  if (self && !onClass) list.push(`${self}Instance& self`)
  for (const parameter of parameters) list.push(`${cpp(parameter.type, false)} ${snake(parameter.name)}`)
  return `${cpp(result, true, false)} ${scope}${snake(name)}(${list.join(', ')})`
}

/** Signatures that must be defined by hand, as `Scope::name(…)`. */
export function signatures(contract) {
  return [
    ...contract.constants.map(({ name }) => `${constantType({ name }).name} Exports::${snake(name)}()`),
    ...contract.functions.map((signature) => declaration(signature, 'Exports::')),
    ...contract.classes.flatMap(({ name, methods }) =>
      methods.map((method) => declaration(method, `${name}Methods::`, name)),
    ),
  ]
}

function classMethods({ name, methods }) {
  const lines = methods.map((method) => `  static ${declaration(method, '', name)};\n`)
  return `/// Methods of the class ${name}.\nstruct ${name}Methods {\n${lines.join('')}};\n`
}

function usedLiterals({ types }) {
  return [...types.values()].filter(({ kind }) => kind === 'literals')
}

function literalTable({ name, values }) {
  const type = enumerations[name]
  if (type === undefined) throw new SyntaxError(`No enumeration of native/engine.h for ${name}`)
  const rows = values.map((value) => `    {"${value}", ${type}::k${capital(value)}},\n`)
  return `constexpr Literal<${type}> k${name}Literals[] = {\n${rows.join('')}};\n`
}

/** The typed arrays that are let through, as a last argument. */
function arrays(type) {
  return type.kind === 'typed' ? `, {${type.arrays.map((array) => napiArrays[array]).join(', ')}}` : ''
}

/** The table of the texts of a union, as a last argument. */
function literals(type) {
  return type.kind === 'literals' ? `, k${type.name}Literals` : ''
}

/** Reads the value of an expression into a variable. */
function read(type, expression, what, to, optional = false) {
  return `  read${optional ? '_optional' : ''}(${expression}, "${what}", ${to}${arrays(type)}${literals(type)});\n`
}

function reader({ name, fields }) {
  const lines = fields.map((field) =>
    read(field.type, `own(from, "${field.name}")`, field.name, `to.${snake(field.name)}`, field.optional),
  )
  return `static void read(Napi::Value value, const char* what, ${name}& to) {
  Napi::Object from = as_object(value, what);
${lines.join('')}}
`
}

function writer({ name, fields }) {
  const lines = fields.map(({ name: field, optional, type }) => {
    const from = `from.${snake(field)}`
    const value = `write(env, ${optional ? '*' : ''}${from}${arrays(type)}${literals(type)})`
    return `  ${optional ? `if (${from}) ` : ''}define(to, "${field}", ${value});\n`
  })
  return `Napi::Value write(Napi::Env env, const ${name}& from) {
  Napi::Object to = Napi::Object::New(env);
${lines.join('')}  return to;
}
`
}

function glue({ name, parameters, result, onClass }, scope, type) {
  const self = type && !onClass ? `${type.name}Instance` : undefined
  const label = `${type ? `${snake(type.name)}_` : ''}${snake(name)}`
  const reads = parameters.map(
    (parameter, at) =>
      `  ${cpp(parameter.type, false)} ${snake(parameter.name)}{};\n` +
      read(parameter.type, `info[${at}]`, parameter.name, snake(parameter.name)),
  )
  const values = parameters.map((parameter) => `std::move(${snake(parameter.name)})`)
  const call = `${scope}::${snake(name)}(${['info.Env()', ...(self ? ['self'] : []), ...values].join(', ')})`
  const isPromise = result.kind === 'promise'
  const body = {
    promise: `  return ${call};\n`,
    void: `  ${call};\n  return info.Env().Undefined();\n`,
  }[result.kind]
  const invoke = `do_${label}(info${self ? ', self' : ''})`
  return `${isPromise ? cpp(result, true, false) : 'Napi::Value'} do_${label}(const Napi::CallbackInfo& info${self ? `, ${self}& self` : ''}) {
${reads.join('')}${body ?? `  return write(info.Env(), ${call});\n`}}
napi_value call_${label}(napi_env env, napi_callback_info raw) {
  return returned(env, raw, [](const Napi::CallbackInfo& info) {
${self ? `    ${self}& self = unwrap_${snake(type.name)}(info);\n` : ''}    return ${isPromise ? `promised(info, [&] { return ${invoke}; })` : invoke};
  });
}
`
}

function classHooks({ name }) {
  return `/// Behind \`new ${name}()\`.
Napi::Value construct_${snake(name)}(const Napi::CallbackInfo& info);
/// What \`this\` is. Throws a TypeError for everything else.
${name}Instance& unwrap_${snake(name)}(const Napi::CallbackInfo& info);
`
}

function classDefinition({ name, methods }) {
  const members = methods.map(
    (method) =>
      `    ${method.onClass ? 'class_method' : 'method'}("${method.name}", call_${snake(name)}_${snake(method.name)}),\n`,
  )
  return `  define_class(env, exports, "${name}", [](napi_env raw_env, napi_callback_info raw) {
    return returned(raw_env, raw, construct_${snake(name)});
  }, {
${members.join('')}  });`
}
