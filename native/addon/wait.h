#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace biovil {

/// condition_variable::wait, but inline: the library's own asks for the libstdc++ of GCC 12, which Enterprise
/// Linux 9 and Amazon Linux 2023 do not have.
template <typename Predicate>
void wait_until(std::condition_variable& condition, std::unique_lock<std::mutex>& lock, Predicate predicate) {
  while (!condition.wait_for(lock, std::chrono::hours(1), predicate)) continue;
}

}  // namespace biovil
