#pragma once

#include <napi.h>

#include <initializer_list>

#include "addon/environment.h"
#include "addon/queued.h"

// How the generated code is called by JavaScript. No exception of C++ leaves these functions.

namespace biovil {

/// Runs what a function of JavaScript does; whatever it throws is thrown there.
template <typename Body>
napi_value returned(napi_env env, napi_callback_info raw, Body body) {
  return Napi::details::WrapCallback(env, [&]() -> napi_value {
    try {
      return body(Napi::CallbackInfo(env, raw));
    } catch (const Napi::Error&) {
      throw;
    } catch (...) {
      throw Napi::Error(env, error_value(env, std::current_exception()));
    }
  });
}

/// Queues the job that `body` makes and returns its promise; whatever it throws, the promise rejects with.
template <typename Body>
Napi::Value promised(const Napi::CallbackInfo& info, Body body) {
  Napi::Env env = info.Env();
  try {
    auto queued = body();
    Napi::Promise promise = queued.job->promise();
    Environment::of(env)->submit(queued.worker, std::move(queued.job));
    return promise;
  } catch (...) {
    auto deferred = Napi::Promise::Deferred::New(env);
    deferred.Reject(error_value(env, std::current_exception()));
    return deferred.Promise();
  }
}

Napi::Value make_function(Napi::Env env, const char* name, napi_callback callback);
napi_property_descriptor method(const char* name, napi_callback callback);
napi_property_descriptor class_method(const char* name, napi_callback callback);
void define_class(Napi::Env env, Napi::Object exports, const char* name, napi_callback constructor,
                  std::initializer_list<napi_property_descriptor> members);

}  // namespace biovil
