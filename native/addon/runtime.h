#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "addon/loader.h"
#include "addon/worker.h"

namespace biovil {

/// What all environments of the process share: the loaded engine and the worker threads.
class Runtime {
 public:
  /// The only static of the addon. Made at first use and leaked, because threads use it until the process is
  /// gone.
  static Runtime& instance();

  Loader& loader() { return loader_; }
  /// Thread on which libtorch is loaded; made at first use.
  Worker& loading_thread();
  /// Thread of a device that the engine lists; made at first use. Throws ERR_DEVICE_UNAVAILABLE.
  Worker& device_thread(const LoadedEngine& engine, const std::string& device);
  /// Threads that prepare films, as many as there are cores; made as films come.
  Worker& film_threads();
  /// Takes the queued jobs of an environment out of all queues. Its JavaScript thread.
  std::vector<std::unique_ptr<Job>> take(const Environment* environment);

 private:
  Runtime();

  Loader loader_;
  std::mutex mutex_;
  std::map<std::string, std::unique_ptr<Worker>> workers_;
};

}  // namespace biovil
