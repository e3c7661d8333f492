#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <vector>

#include "addon/contract.h"
#include "engine.h"

namespace biovil {

/// What a successful load leaves; never changes afterwards.
struct LoadedEngine {
  const Engine* table = nullptr;
  std::string libtorch;
  std::string directory;
  std::vector<DeviceInfo> devices;
};

/// Loads libtorch and the engine once a process. Any thread, but not the JavaScript thread: it takes up to
/// seconds.
class Loader {
 public:
  /// The first success is the result for ever; after a failure the caller may try again, with files of the
  /// same directory only, since what is mapped stays mapped. Throws CodedError.
  const LoadedEngine& load(const EngineOptions& options);
  /// Throws until a load has succeeded. Any thread; never waits.
  const LoadedEngine& require() const;

 private:
  LoadedEngine open(const EngineOptions& options);
  void check_directory(const EngineOptions& options);

  std::mutex mutex_;
  LoadedEngine result_;
  /// Apart from the lock, which is held for as long as a load takes.
  std::atomic<const LoadedEngine*> loaded_{nullptr};
  std::string mapped_directory_;
};

}  // namespace biovil
