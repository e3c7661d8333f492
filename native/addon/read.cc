#include "addon/read.h"

#include <algorithm>

namespace biovil {

void wrong_type(Napi::Env env, const char* what, const char* expected) {
  throw coded(Napi::TypeError::New(env, std::string("Expected ") + expected + " for " + what),
              "ERR_INVALID_ARG_TYPE");
}

Napi::Object as_object(Napi::Value value, const char* what) {
  if (!value.IsObject()) wrong_type(value.Env(), what, "an object");
  return value.As<Napi::Object>();
}

Napi::Array as_array(Napi::Value value, const char* what) {
  if (!value.IsArray()) wrong_type(value.Env(), what, "an array");
  return value.As<Napi::Array>();
}

Napi::Value own(Napi::Object from, const char* name) {
  return from.HasOwnProperty(name) ? from.Get(name) : from.Env().Undefined();
}

void read(Napi::Value value, const char* what, std::string& to) {
  if (!value.IsString()) wrong_type(value.Env(), what, "a string");
  to = value.As<Napi::String>().Utf8Value();
}

void read(Napi::Value value, const char* what, bool& to) {
  if (!value.IsBoolean()) wrong_type(value.Env(), what, "a boolean");
  to = value.As<Napi::Boolean>();
}

void read(Napi::Value value, const char* what, int64_t& to) {
  double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : -1;
  if (!(number >= 0 && number <= 9007199254740991.0) ||
      number != static_cast<double>(static_cast<int64_t>(number))) {
    wrong_type(value.Env(), what, "a whole number");
  }
  to = static_cast<int64_t>(number);
}

void read(Napi::Value value, const char* what, Napi::TypedArray& to,
          std::initializer_list<napi_typedarray_type> types) {
  if (!value.IsTypedArray()) wrong_type(value.Env(), what, "a typed array");
  auto array = value.As<Napi::TypedArray>();
  if (std::find(types.begin(), types.end(), array.TypedArrayType()) == types.end()) {
    wrong_type(value.Env(), what, "a typed array of another element type");
  }
  to = array;
}

}  // namespace biovil
