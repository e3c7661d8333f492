#include "addon/worker.h"

#include <algorithm>
#include <iterator>
#include <system_error>
#include <thread>
#include <utility>

#include "addon/environment.h"
#include "addon/wait.h"

namespace biovil {

Worker::Worker(std::function<void()> on_start, size_t most_threads)
    : on_start_(std::move(on_start)), most_threads_(most_threads) {}

void Worker::push(std::shared_ptr<Environment> owner, std::unique_ptr<Job> job) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    // First, because it may fail: a queued job without a thread would never end.
    if (tasks_.size() >= idle_ && threads_ < most_threads_) start_thread();
    tasks_.push_back({std::move(owner), std::move(job)});
  }
  wake_.notify_one();
}

void Worker::start_thread() {
  try {
    std::thread([this] {
      on_start_();
      loop();
    }).detach();
    threads_++;
  } catch (const std::system_error&) {
    if (threads_ == 0) throw CodedError("ERR_NATIVE", "The system starts no more threads");
  }
}

void Worker::take(const Environment* owner, std::vector<std::unique_ptr<Job>>& taken) {
  std::lock_guard<std::mutex> lock(mutex_);
  auto others = std::stable_partition(tasks_.begin(), tasks_.end(),
                                      [owner](const Task& task) { return task.owner.get() != owner; });
  for (auto task = others; task != tasks_.end(); task++) taken.push_back(std::move(task->job));
  tasks_.erase(others, tasks_.end());
}

Worker::Task Worker::next() {
  std::unique_lock<std::mutex> lock(mutex_);
  idle_++;
  wait_until(wake_, lock, [this] { return !tasks_.empty(); });
  idle_--;
  Task task = std::move(tasks_.front());
  tasks_.pop_front();
  // Under the queue's lock: whoever takes an environment's jobs must find each one either queued or begun.
  task.owner->begin();
  return task;
}

void Worker::loop() noexcept {
  for (;;) {
    Task task = next();
    if (task.owner->alive()) task.job->execute();
    task.owner->finish(std::move(task.job));
  }
}

}  // namespace biovil
