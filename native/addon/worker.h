#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "addon/job.h"

namespace biovil {

class Environment;

/// Threads with one queue, first in first out; made as jobs come, up to a number. Workers are never
/// destroyed: at the end of the process their threads are idle, because every environment has waited for its
/// jobs by then.
class Worker {
 public:
  /// `on_start` runs first on each new thread; it may throw nothing.
  explicit Worker(std::function<void()> on_start, size_t most_threads = 1);

  /// Any thread.
  void push(std::shared_ptr<Environment> owner, std::unique_ptr<Job> job);
  /// Moves an environment's jobs out of the queue to the end of `taken`; does not wait for a running one. Any
  /// thread.
  void take(const Environment* owner, std::vector<std::unique_ptr<Job>>& taken);

 private:
  struct Task {
    std::shared_ptr<Environment> owner;
    std::unique_ptr<Job> job;
  };

  void start_thread();
  void loop() noexcept;
  Task next();

  const std::function<void()> on_start_;
  const size_t most_threads_;
  std::mutex mutex_;
  size_t threads_ = 0;
  /// Threads that wait for a task.
  size_t idle_ = 0;
  std::condition_variable wake_;
  std::deque<Task> tasks_;
};

}  // namespace biovil
