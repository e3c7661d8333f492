#pragma once

#include <napi.h>

#include <memory>

#include "addon/job.h"
#include "addon/write.h"

namespace biovil {

class Worker;

/// A job whose promise is fulfilled with a `Result`, which is written as binding.d.ts says.
template <typename Result>
class ResultJob : public PromiseJob {
 public:
  using PromiseJob::PromiseJob;

 protected:
  /// JavaScript thread; may throw.
  virtual Result value(Napi::Env env) = 0;

 private:
  Napi::Value result(Napi::Env env) final { return write(env, value(env)); }
};

/// A job and where it runs: what a function returns that promises a `Result`.
template <typename Result>
struct Queued {
  Worker& worker;
  std::unique_ptr<ResultJob<Result>> job;
};

}  // namespace biovil
