#pragma once

#include <napi.h>

#include <optional>

#include "addon/coded_error.h"

namespace biovil {

/// Work for another thread. Made on the JavaScript thread, executed on a worker, settled on the JavaScript
/// thread; destroyed on either, so it may own no handle of Node-API but a deferred, which needs no release.
class Job {
 public:
  virtual ~Job() = default;
  /// Worker thread. Throws nothing.
  virtual void execute() noexcept = 0;
  /// Whether `settle` is to be called; without it the job keeps no process alive.
  virtual bool settles() const { return false; }
  /// JavaScript thread.
  virtual void settle(Napi::Env) {}
};

/// A job with a promise.
class PromiseJob : public Job {
 public:
  explicit PromiseJob(Napi::Env env) : deferred_(Napi::Promise::Deferred::New(env)) {}

  Napi::Promise promise() const { return deferred_.Promise(); }

  void execute() noexcept final {
    try {
      work();
    } catch (const CodedError& error) {
      error_ = error;
    } catch (const std::bad_alloc&) {
      error_ = CodedError("ERR_OUT_OF_MEMORY", "The machine has not enough memory");
    } catch (const std::exception& error) {
      error_ = CodedError("ERR_NATIVE", error.what());
    }
  }

  bool settles() const final { return true; }

  void settle(Napi::Env env) final {
    release(env);
    if (error_) {
      deferred_.Reject(error_->to_js(env));
      return;
    }
    try {
      deferred_.Resolve(result(env));
    } catch (const Napi::Error& error) {
      deferred_.Reject(error.Value());
    }
  }

 protected:
  /// Worker thread; may throw.
  virtual void work() = 0;
  /// JavaScript thread: lets go of what only `work` needed, whether it succeeded or not.
  virtual void release(Napi::Env) {}
  /// JavaScript thread; may throw Napi::Error.
  virtual Napi::Value result(Napi::Env env) = 0;

 private:
  const Napi::Promise::Deferred deferred_;
  std::optional<CodedError> error_;
};

}  // namespace biovil
