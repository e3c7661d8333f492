#pragma once

#include <napi.h>

#include <exception>
#include <stdexcept>
#include <string>

#include "engine.h"

namespace biovil {

/// An error that JavaScript sees as `Error` with `code`; may be made and thrown on any thread.
class CodedError : public std::runtime_error {
 public:
  CodedError(const char* code, const std::string& message) : std::runtime_error(message), code_(code) {}
  explicit CodedError(const Failure& failure) : std::runtime_error(failure.message), code_(failure.code) {}

  const std::string& code() const { return code_; }

 private:
  std::string code_;
};

/// The Error for whatever was thrown, on whatever thread. JavaScript thread.
Napi::Value error_value(Napi::Env env, std::exception_ptr thrown);

}  // namespace biovil
