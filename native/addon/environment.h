#pragma once

#include <napi.h>

#include <condition_variable>
#include <memory>
#include <mutex>

#include "addon/job.h"
#include "addon/worker.h"

namespace biovil {

/// One JavaScript environment (the main thread or a worker_thread) as the native threads see it. Once its
/// cleanup hook has returned, none of its jobs exists any more and no thread touches it; that is what makes
/// terminate() and process.exit() safe at any moment.
class Environment : public std::enable_shared_from_this<Environment> {
 public:
  /// JavaScript thread, once per environment.
  static std::shared_ptr<Environment> create(Napi::Env env);

  /// Queues a job, or destroys it here when the environment is going down. JavaScript thread.
  void submit(Worker& worker, std::unique_ptr<Job> job);

  /// Drops the queued jobs and waits for the running one; afterwards no thread touches this environment or
  /// libtorch on its behalf. JavaScript thread; may be called twice.
  void shut_down();

  // Worker thread, around each job.
  void begin();
  bool alive();
  void finish(std::unique_ptr<Job> job);

 private:
  static void call(Napi::Env env, Napi::Function, Environment* self, Job* job);
  static void clean_up(void* owned);

  using Channel = Napi::TypedThreadSafeFunction<Environment, Job, call>;

  explicit Environment(Napi::Env env) : env_(env) {}
  void settled();

  const napi_env env_;
  Channel channel_;
  /// Promises under way; the event loop is held while there are any. JavaScript thread only.
  size_t pending_ = 0;

  std::mutex mutex_;
  std::condition_variable idle_;
  bool alive_ = true;
  size_t running_ = 0;
};

}  // namespace biovil
