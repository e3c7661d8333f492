#pragma once

#include <napi.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

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
  static std::shared_ptr<Environment> of(Napi::Env env);

  /// Queues a job. When the environment is going down, settles it here instead. JavaScript thread.
  void submit(Worker& worker, std::unique_ptr<Job> job);

  /// For `process.on('exit')`, after which a process may still go on: drops the queued jobs, waits for the
  /// running one and settles all their promises. JavaScript thread; may be called twice.
  void exit();

  // Worker thread, around each job.
  void begin() noexcept;
  bool alive() noexcept;
  void finish(std::unique_ptr<Job> job) noexcept;

 private:
  static void call(Napi::Env env, Napi::Function, Environment* self, Job* job);
  static void clean_up(void* owned);

  using Channel = Napi::TypedThreadSafeFunction<Environment, Job, call>;

  explicit Environment(Napi::Env env) : env_(env) {}
  /// Afterwards no thread touches this environment or libtorch on its behalf. Returns the jobs whose promises
  /// are not settled, executed or not.
  std::vector<std::unique_ptr<Job>> stop();
  void settle(std::unique_ptr<Job> job) noexcept;

  const napi_env env_;
  Channel channel_;
  /// Promises under way; the event loop is held while there are any. JavaScript thread only.
  size_t pending_ = 0;

  std::mutex mutex_;
  std::condition_variable idle_;
  bool alive_ = true;
  size_t running_ = 0;
  /// Jobs that ended after `alive_` did.
  std::vector<std::unique_ptr<Job>> late_;
};

}  // namespace biovil
