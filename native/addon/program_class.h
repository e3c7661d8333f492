#pragma once

#include <napi.h>

#include <memory>

#include "addon/environment.h"
#include "addon/program_jobs.h"

namespace biovil {

struct ProgramInstance;

/// What belongs to one environment; its instance data.
struct AddonData {
  std::shared_ptr<Environment> environment;
  Napi::FunctionReference program_class;
  /// Set while `Program.load` calls the constructor; the constructor refuses every other caller.
  std::unique_ptr<ProgramInstance>* under_construction = nullptr;
};

/// The class `Program` of binding.d.ts. Not an ObjectWrap: that would take any wrapped object for its own,
/// also one of another addon. Here every instance carries a type tag, and a borrowed method throws a
/// TypeError.
void define_program(Napi::Env env, Napi::Object exports, AddonData& data);

/// Returns a promise from a function that may throw before there is a job to reject it.
template <typename Body>
Napi::Value promised(Napi::Env env, Body body) {
  try {
    return body();
  } catch (const Napi::Error& error) {
    auto deferred = Napi::Promise::Deferred::New(env);
    deferred.Reject(error.Value());
    return deferred.Promise();
  } catch (const CodedError& error) {
    auto deferred = Napi::Promise::Deferred::New(env);
    deferred.Reject(error.to_js(env));
    return deferred.Promise();
  }
}

}  // namespace biovil
