#pragma once

#include <napi.h>

#include <stdexcept>
#include <string>

#include "engine.h"

namespace biovil {

/// An error that JavaScript sees as `Error` with `code`; may be made and thrown on any thread.
class CodedError : public std::runtime_error {
 public:
  CodedError(const char* code, const std::string& message) : std::runtime_error(message), code_(code) {}
  explicit CodedError(const Failure& failure) : std::runtime_error(failure.message), code_(failure.code) {}

  /// JavaScript thread.
  Napi::Value to_js(Napi::Env env) const {
    Napi::Object error = Napi::Error::New(env, what()).Value();
    error.Set("code", code_);
    return error;
  }

 private:
  std::string code_;
};

}  // namespace biovil
