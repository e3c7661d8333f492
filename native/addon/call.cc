#include "addon/call.h"

namespace biovil {

Napi::Value make_function(Napi::Env env, const char* name, napi_callback callback) {
  napi_value function = nullptr;
  NAPI_THROW_IF_FAILED(env, napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, nullptr, &function),
                       Napi::Value());
  return Napi::Value(env, function);
}

napi_property_descriptor method(const char* name, napi_callback callback) {
  return {name, nullptr, callback, nullptr, nullptr, nullptr, napi_default_method, nullptr};
}

napi_property_descriptor class_method(const char* name, napi_callback callback) {
  napi_property_descriptor descriptor = method(name, callback);
  descriptor.attributes = static_cast<napi_property_attributes>(napi_default_method | napi_static);
  return descriptor;
}

void define_class(Napi::Env env, Napi::Object exports, const char* name, napi_callback constructor,
                  std::initializer_list<napi_property_descriptor> members) {
  napi_value made = nullptr;
  NAPI_THROW_IF_FAILED_VOID(env, napi_define_class(env, name, NAPI_AUTO_LENGTH, constructor, nullptr,
                                                   members.size(), members.begin(), &made));
  define(exports, name, Napi::Value(env, made));
}

}  // namespace biovil
