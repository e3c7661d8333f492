#include "addon/environment.h"

#include <utility>

#include "addon/runtime.h"
#include "addon/wait.h"

namespace biovil {

std::shared_ptr<Environment> Environment::create(Napi::Env env) {
  std::shared_ptr<Environment> self(new Environment(env));
  self->channel_ = Channel::New(env, "biovil", 0, 1, self.get());
  self->channel_.Unref(env);
  // After the channel: hooks run last first, and this one must still find the channel open. It owns a
  // reference, so that the environment outlives the channel's last call.
  napi_add_env_cleanup_hook(env, clean_up, new std::shared_ptr<Environment>(self));
  return self;
}

void Environment::submit(Worker& worker, std::unique_ptr<Job> job) {
  if (!alive()) return;
  bool settles = job->settles();
  worker.push(shared_from_this(), std::move(job));
  if (settles && pending_++ == 0) channel_.Ref(env_);
}

void Environment::begin() {
  std::lock_guard<std::mutex> lock(mutex_);
  running_++;
}

bool Environment::alive() {
  std::lock_guard<std::mutex> lock(mutex_);
  return alive_;
}

void Environment::finish(std::unique_ptr<Job> job) {
  if (!job->settles()) job.reset();
  std::lock_guard<std::mutex> lock(mutex_);
  if (alive_ && job != nullptr && channel_.NonBlockingCall(job.get()) == napi_ok) job.release();
  job.reset();
  running_--;
  idle_.notify_all();
}

void Environment::call(Napi::Env env, Napi::Function, Environment* self, Job* owned) {
  std::unique_ptr<Job> job(owned);
  // Without an environment the channel is being closed: the promise can no longer be settled.
  if (env == nullptr) return;
  self->settled();
  try {
    job->settle(env);
  } catch (const Napi::Error&) {
    // Settling a promise fails only when the environment is terminating.
  }
}

void Environment::settled() {
  if (--pending_ == 0) channel_.Unref(env_);
}

void Environment::clean_up(void* owned) {
  std::unique_ptr<std::shared_ptr<Environment>> holder(static_cast<std::shared_ptr<Environment>*>(owned));
  (*holder)->shut_down();
}

void Environment::shut_down() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    alive_ = false;
  }
  Runtime::instance().drop(this);
  std::unique_lock<std::mutex> lock(mutex_);
  wait_until(idle_, lock, [this] { return running_ == 0; });
}

}  // namespace biovil
