#pragma once

#include <napi.h>

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

// Typed reading of arguments, for the generated code. `what` is the name in messages. A wrong type throws
// Napi::TypeError with Node's code for it. JavaScript thread; reading a property may run JavaScript.

namespace biovil {

template <typename T>
struct Literal {
  const char* text;
  T value;
};

/// The error with Node's code for it.
template <typename Error>
Error coded(Error error, const char* code) {
  error.Set("code", code);
  return error;
}

[[noreturn]] void wrong_type(Napi::Env env, const char* what, const char* expected);

Napi::Object as_object(Napi::Value value, const char* what);
Napi::Array as_array(Napi::Value value, const char* what);

/// An own property, or undefined: what a prototype says is no option.
Napi::Value own(Napi::Object from, const char* name);

void read(Napi::Value value, const char* what, std::string& to);
void read(Napi::Value value, const char* what, bool& to);
/// A whole number from 0 to 2^53 - 1.
void read(Napi::Value value, const char* what, int64_t& to);
void read(Napi::Value value, const char* what, Napi::TypedArray& to,
          std::initializer_list<napi_typedarray_type> types);

template <typename T, size_t N>
void read(Napi::Value value, const char* what, T& to, const Literal<T> (&literals)[N]) {
  std::string text;
  read(value, what, text);
  for (const Literal<T>& literal : literals) {
    if (text != literal.text) continue;
    to = literal.value;
    return;
  }
  wrong_type(value.Env(), what, "one of the type names of binding.d.ts");
}

template <typename T>
void read(Napi::Value value, const char* what, std::vector<T>& to) {
  Napi::Array array = as_array(value, what);
  for (uint32_t i = 0; i < array.Length(); i++) {
    T element{};
    read(array.Get(i), what, element);
    to.push_back(std::move(element));
  }
}

template <typename T, typename... Rest>
void read_optional(Napi::Value value, const char* what, std::optional<T>& to, const Rest&... rest) {
  if (!value.IsUndefined()) read(value, what, to.emplace(), rest...);
}

}  // namespace biovil
