#include "addon/write.h"

#include <algorithm>
#include <stdexcept>

namespace biovil {

void define(Napi::Object to, const char* name, Napi::Value value) {
  to.DefineProperty(Napi::PropertyDescriptor::Value(name, value, napi_default_jsproperty));
}

Napi::Value frozen(Napi::Value value) {
  value.As<Napi::Object>().Freeze();
  return value;
}

Napi::Value write(Napi::Env env, const std::string& from) { return Napi::String::New(env, from); }
Napi::Value write(Napi::Env env, bool from) { return Napi::Boolean::New(env, from); }
Napi::Value write(Napi::Env env, double from) { return Napi::Number::New(env, from); }
Napi::Value write(Napi::Env env, int64_t from) { return write(env, static_cast<double>(from)); }

Napi::Value write(Napi::Env, const Napi::TypedArray& from,
                  std::initializer_list<napi_typedarray_type> types) {
  if (std::find(types.begin(), types.end(), from.TypedArrayType()) == types.end()) {
    throw std::logic_error("A result has an element type that binding.d.ts does not name");
  }
  return from;
}

}  // namespace biovil
