#include "addon/runtime.h"

#include <utility>

#include "addon/openmp.h"
#include "engine/cpu.h"

namespace biovil {
namespace {

void check_device(const LoadedEngine& engine, const std::string& device) {
  std::string known;
  for (const DeviceInfo& info : engine.devices) {
    if (device == info.id) return;
    known += std::string(known.empty() ? "" : ", ") + info.id;
  }
  throw CodedError("ERR_DEVICE_UNAVAILABLE", "No device " + device + "; libtorch can use " + known);
}

}  // namespace

// When the addon is loaded, which is before any thread of it exists: writing the environment while another
// thread reads it would be a race.
Runtime::Runtime() { limit_openmp_spinning(); }

Runtime& Runtime::instance() {
  static Runtime* const runtime = new Runtime();
  return *runtime;
}

Worker& Runtime::loading_thread() {
  std::lock_guard<std::mutex> lock(mutex_);
  std::unique_ptr<Worker>& worker = workers_["loader"];
  if (worker == nullptr) worker = std::make_unique<Worker>([] {});
  return *worker;
}

Worker& Runtime::device_thread(const LoadedEngine& engine, const std::string& device) {
  check_device(engine, device);
  std::lock_guard<std::mutex> lock(mutex_);
  std::unique_ptr<Worker>& worker = workers_[device];
  if (worker == nullptr) {
    // OpenMP keeps the number of threads per calling thread, so the thread that will call it has to set it.
    worker = std::make_unique<Worker>([table = engine.table] {
      Failure ignored;
      table->set_threads(0, &ignored);
    });
  }
  return *worker;
}

Worker& Runtime::film_threads() {
  std::lock_guard<std::mutex> lock(mutex_);
  std::unique_ptr<Worker>& worker = workers_["films"];
  if (worker == nullptr) worker = std::make_unique<Worker>([] {}, static_cast<size_t>(physical_cores()));
  return *worker;
}

std::vector<std::unique_ptr<Job>> Runtime::take(const Environment* environment) {
  std::vector<std::unique_ptr<Job>> taken;
  std::lock_guard<std::mutex> lock(mutex_);
  for (auto& [name, worker] : workers_) worker->take(environment, taken);
  return taken;
}

}  // namespace biovil
