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

/// A thread with a queue, first in first out. Workers are never destroyed: at the end of the process their
/// threads are idle, because every environment has waited for its jobs by then.
class Worker {
 public:
  /// `on_start` runs first on the new thread.
  explicit Worker(std::function<void()> on_start);

  /// Any thread.
  void push(std::shared_ptr<Environment> owner, std::unique_ptr<Job> job);
  /// Takes an environment's jobs out of the queue; does not wait for a running one. Any thread.
  std::vector<std::unique_ptr<Job>> take(const Environment* owner);

 private:
  struct Task {
    std::shared_ptr<Environment> owner;
    std::unique_ptr<Job> job;
  };

  void loop();
  Task next();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Task> tasks_;
};

}  // namespace biovil
