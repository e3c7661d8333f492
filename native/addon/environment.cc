#include "addon/environment.h"

#include <utility>

#include "addon/addon_data.h"
#include "addon/runtime.h"
#include "addon/wait.h"

namespace biovil {

std::shared_ptr<Environment> Environment::create(Napi::Env env) {
  std::shared_ptr<Environment> self(new Environment(env));
  self->channel_ = Channel::New(env, "biovil", 0, 1, self.get());
  self->channel_.Unref(env);
  // After the channel: hooks run last first, and this one must still find the channel open. It owns a
  // reference, so that the environment outlives the channel's last call.
  auto owned = std::make_unique<std::shared_ptr<Environment>>(self);
  NAPI_THROW_IF_FAILED(env, napi_add_env_cleanup_hook(env, clean_up, owned.get()), nullptr);
  owned.release();
  return self;
}

std::shared_ptr<Environment> Environment::of(Napi::Env env) {
  return env.GetInstanceData<AddonData>()->environment;
}

void Environment::submit(Worker& worker, std::unique_ptr<Job> job) {
  bool settles = job->settles();
  if (!alive()) {
    if (settles) job->settle(env_);
    return;
  }
  worker.push(shared_from_this(), std::move(job));
  if (settles && pending_++ == 0) channel_.Ref(env_);
}

void Environment::begin() noexcept {
  std::lock_guard<std::mutex> lock(mutex_);
  running_++;
}

bool Environment::alive() noexcept {
  std::lock_guard<std::mutex> lock(mutex_);
  return alive_;
}

void Environment::finish(std::unique_ptr<Job> job) noexcept {
  if (!job->settles()) job.reset();
  std::lock_guard<std::mutex> lock(mutex_);
  if (job != nullptr && alive_) {
    if (channel_.NonBlockingCall(job.get()) == napi_ok) job.release();
  } else if (job != nullptr) {
    try {
      late_.push_back(std::move(job));
    } catch (...) {
      // Without memory the promise stays as it is; the process is going to end.
    }
  }
  job.reset();
  running_--;
  idle_.notify_all();
}

void Environment::call(Napi::Env env, Napi::Function, Environment* self, Job* owned) {
  std::unique_ptr<Job> job(owned);
  // Without an environment the channel is being closed: the promise can no longer be settled.
  if (env != nullptr) self->settle(std::move(job));
}

void Environment::settle(std::unique_ptr<Job> job) noexcept {
  try {
    if (--pending_ == 0) channel_.Unref(env_);
    job->settle(env_);
  } catch (...) {
    // Settling a promise fails only when the environment is terminating.
  }
}

void Environment::exit() {
  for (std::unique_ptr<Job>& job : stop()) {
    if (job->settles()) settle(std::move(job));
  }
}

void Environment::clean_up(void* owned) {
  std::unique_ptr<std::shared_ptr<Environment>> holder(static_cast<std::shared_ptr<Environment>*>(owned));
  (*holder)->stop();
}

std::vector<std::unique_ptr<Job>> Environment::stop() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    alive_ = false;
  }
  std::vector<std::unique_ptr<Job>> unsettled = Runtime::instance().take(this);
  std::unique_lock<std::mutex> lock(mutex_);
  wait_until(idle_, lock, [this] { return running_ == 0; });
  for (std::unique_ptr<Job>& job : late_) unsettled.push_back(std::move(job));
  late_.clear();
  return unsettled;
}

}  // namespace biovil
