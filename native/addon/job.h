#pragma once

#include <napi.h>

#include <exception>

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
  /// JavaScript thread; also for a job that was never executed.
  virtual void settle(Napi::Env) {}
};

/// A job with a promise.
class PromiseJob : public Job {
 public:
  explicit PromiseJob(Napi::Env env) : deferred_(Napi::Promise::Deferred::New(env)) {}

  Napi::Promise promise() const { return deferred_.Promise(); }

  void execute() noexcept final {
    executed_ = true;
    try {
      work();
    } catch (...) {
      // Says nothing yet: naming it could fail as well.
      error_ = std::current_exception();
    }
  }

  bool settles() const final { return true; }

  void settle(Napi::Env env) final {
    try {
      release(env);
      if (!executed_) throw CodedError("ERR_CLOSED", "The process or its worker thread is exiting");
      if (error_ != nullptr) std::rethrow_exception(error_);
      deferred_.Resolve(result(env));
    } catch (...) {
      deferred_.Reject(error_value(env, std::current_exception()));
    }
  }

 protected:
  /// Worker thread; may throw.
  virtual void work() = 0;
  /// JavaScript thread: lets go of what only `work` needed, whether it succeeded or not.
  virtual void release(Napi::Env) {}
  /// JavaScript thread; may throw.
  virtual Napi::Value result(Napi::Env env) = 0;

 private:
  const Napi::Promise::Deferred deferred_;
  bool executed_ = false;
  std::exception_ptr error_;
};

}  // namespace biovil
