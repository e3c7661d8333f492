#include "addon/loader.h"

#include <dlfcn.h>
#include <unistd.h>

#include <cstring>

#include "addon/coded_error.h"

namespace biovil {
namespace {

// Never RTLD_DEEPBIND: node shares libstdc++ objects by copy relocation, and the first warning would crash.
constexpr int kOpenFlags = RTLD_NOW | RTLD_LOCAL;

std::string directory_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

/// Explains dlerror()'s text: names the library that is missing and who needs it.
CodedError load_error(const std::string& path, const std::string& text) {
  size_t end = text.find(": cannot open shared object file");
  if (end == std::string::npos) return {"ERR_LIBTORCH_LOAD", "Cannot load " + path + ": " + text};
  std::string missing = text.substr(0, end);
  if (missing == path) return {"ERR_LIBTORCH_LOAD", path + " does not exist or cannot be read"};
  return {"ERR_LIBTORCH_LOAD", path + " needs " + missing + ", which was not found in " + directory_of(path) +
                                   " nor where the library looks for it"};
}

void* open_library(const std::string& path) {
  void* handle = dlopen(path.c_str(), kOpenFlags);
  if (handle == nullptr) throw load_error(path, dlerror());
  return handle;
}

std::string major_minor(uint64_t abi) {
  return std::to_string(abi >> 56) + "." + std::to_string(abi >> 48 & 0xff);
}
std::string version_text(uint64_t abi) { return major_minor(abi) + "." + std::to_string(abi >> 40 & 0xff); }

/// Version of the libtorch that is mapped, from the one symbol of it whose form is stable.
uint64_t libtorch_version(const std::vector<void*>& handles) {
  for (void* handle : handles) {
    auto version = reinterpret_cast<uint64_t (*)()>(dlsym(handle, "aoti_torch_abi_version"));
    if (version != nullptr) return version();
  }
  throw CodedError("ERR_LIBTORCH_VERSION",
                   "The libraries do not tell their version: libtorch older than 2.9, or no libtorch");
}

void* open_engine(const std::string& path, uint64_t version) {
  void* handle = dlopen(path.c_str(), kOpenFlags);
  if (handle != nullptr) return handle;
  std::string text = dlerror();
  if (text.find("undefined symbol") == std::string::npos) throw load_error(path, text);
  throw CodedError("ERR_LIBTORCH_VERSION",
                   "The engine was not built for libtorch " + version_text(version) + ": " + text);
}

const Engine* engine_table(void* handle, const std::string& path) {
  auto entry = reinterpret_cast<const Engine* (*)()>(dlsym(handle, kEngineSymbol));
  const Engine* table = entry == nullptr ? nullptr : entry();
  if (table != nullptr && table->abi == kEngineAbi) return table;
  std::string found = table == nullptr ? "has no table" : "has table version " + std::to_string(table->abi);
  throw CodedError("ERR_ENGINE_ABI", path + " " + found + ", but this addon needs version " +
                                         std::to_string(kEngineAbi) + ": they come from different builds");
}

std::vector<DeviceInfo> list_devices(const Engine* table) {
  Failure failure = {};
  std::vector<DeviceInfo> devices(64);
  size_t count = table->devices(devices.data(), devices.size(), &failure);
  if (count == 0) throw CodedError(failure);
  devices.resize(count < devices.size() ? count : devices.size());
  return devices;
}

}  // namespace

const LoadedEngine& Loader::load(const EngineOptions& options) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (loaded_ == nullptr) {
    result_ = open(options);
    loaded_ = &result_;
  }
  return result_;
}

const LoadedEngine& Loader::require() const {
  const LoadedEngine* engine = loaded_;
  if (engine == nullptr) throw CodedError("ERR_NATIVE", "The engine is not loaded: call loadEngine() first");
  return *engine;
}

void Loader::check_directory(const EngineOptions& options) {
  if (options.libraries.empty()) return;
  std::string wanted = directory_of(options.libraries.front());
  if (!mapped_directory_.empty() && mapped_directory_ != wanted) {
    throw CodedError("ERR_LIBTORCH_LOAD",
                     "Libraries of " + mapped_directory_ +
                         " are mapped since an earlier attempt, and a process can use one libtorch "
                         "only: start a new process to use " +
                         wanted);
  }
}

LoadedEngine Loader::open(const EngineOptions& options) {
  check_directory(options);
  for (const std::string& path : options.companions) {
    // One that exists and does not load is left to the library that needs it, whose error then names it.
    if (access(path.c_str(), R_OK) == 0) dlopen(path.c_str(), kOpenFlags);
  }
  std::vector<void*> handles;
  for (const std::string& path : options.libraries) {
    handles.push_back(open_library(path));
    mapped_directory_ = directory_of(path);
  }
  uint64_t version = libtorch_version(handles);
  const Engine* table = engine_table(open_engine(options.engine, version), options.engine);
  std::string compiled_for = table->compiled_for;
  if (!options.any_version && compiled_for.rfind(major_minor(version) + ".", 0) != 0) {
    throw CodedError("ERR_LIBTORCH_VERSION", "The engine was built for libtorch " + compiled_for + ", but " +
                                                 mapped_directory_ + " holds " + version_text(version));
  }
  Failure failure = {};
  if (!table->configure(&failure)) throw CodedError(failure);
  return {table, version_text(version), mapped_directory_, list_devices(table)};
}

}  // namespace biovil
