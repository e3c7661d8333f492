#pragma once

#include <memory>
#include <thread>

namespace biovil {

/// What the sanitizers must find, in the builds of scripts/sanitize.mjs that ask for it; else nothing.
inline void plant_fault() {
#if defined(BIOVIL_PLANT_OVERFLOW)
  volatile size_t length = 16;
  const std::unique_ptr<char[]> bytes(new char[length]);
  bytes.get()[length] = 1;
#elif defined(BIOVIL_PLANT_RACE)
  int shared = 0;
  std::thread other([&shared] { shared++; });
  shared++;
  other.join();
#endif
}

}  // namespace biovil
