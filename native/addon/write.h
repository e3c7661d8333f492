#pragma once

#include <napi.h>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "addon/read.h"

// Typed making of results, for the generated code. JavaScript thread; may throw Napi::Error.

namespace biovil {

/// Sets an own property, whatever setters a prototype may have.
void define(Napi::Object to, const char* name, Napi::Value value);
Napi::Value frozen(Napi::Value value);

Napi::Value write(Napi::Env env, const std::string& from);
Napi::Value write(Napi::Env env, bool from);
Napi::Value write(Napi::Env env, double from);
Napi::Value write(Napi::Env env, int64_t from);
Napi::Value write(Napi::Env env, const Napi::TypedArray& from,
                  std::initializer_list<napi_typedarray_type> types);

template <typename T, size_t N>
Napi::Value write(Napi::Env env, T from, const Literal<T> (&literals)[N]) {
  for (const Literal<T>& literal : literals) {
    if (from == literal.value) return write(env, std::string(literal.text));
  }
  throw std::logic_error("A value has no name in binding.d.ts");
}

template <typename T>
Napi::Value write(Napi::Env env, const std::vector<T>& from) {
  Napi::Array array = Napi::Array::New(env, from.size());
  for (size_t i = 0; i < from.size(); i++) array.Set(static_cast<uint32_t>(i), write(env, from[i]));
  return array;
}

}  // namespace biovil
