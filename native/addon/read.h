#pragma once

#include <napi.h>

#include <cstdint>
#include <string>
#include <vector>

#include "engine.h"

// Typed reading of properties; each throws Napi::TypeError that names the property.

namespace biovil {

/// The error with Node's code for it.
template <typename Error>
Error coded(Error error, const char* code) {
  error.Set("code", code);
  return error;
}

Napi::Object as_object(Napi::Value value, const char* what);
Napi::Array as_array(Napi::Value value, const char* what);

std::string read_string(Napi::Object from, const char* name);
bool read_boolean(Napi::Object from, const char* name);
/// A whole number from 0 to 2^53 - 1.
int64_t read_integer(Napi::Object from, const char* name);
std::vector<std::string> read_strings(Napi::Object from, const char* name);
std::vector<int64_t> read_integers(Napi::Object from, const char* name);
Napi::Array read_array(Napi::Object from, const char* name);
ElementType read_element_type(Napi::Object from, const char* name);
StoredType read_precision(Napi::Object from, const char* name);
StoredType read_stored_type(Napi::Object from, const char* name);
Napi::TypedArray read_typed_array(Napi::Object from, const char* name);

}  // namespace biovil
