#include "engine/devices.h"

#include <ATen/Context.h>
#include <dlfcn.h>

#include <cstdio>
#include <string>

#include "engine/cpu.h"

namespace biovil {
namespace {

void write_device(DeviceInfo* out, const std::string& id, const std::string& name, uint64_t memory) {
  std::snprintf(out->id, sizeof(out->id), "%s", id.c_str());
  std::snprintf(out->name, sizeof(out->name), "%s", name.c_str());
  out->total_memory = memory;
}

/// Name and memory of a CUDA device from the driver, which libtorch_cuda has loaded by then. libtorch's own
/// way needs headers of the CUDA toolkit; these three functions of the driver have kept their form since
/// CUDA 3.2.
void describe_cuda(int index, std::string* name, uint64_t* memory) {
  void* driver = dlopen("libcuda.so.1", RTLD_NOW | RTLD_NOLOAD);
  if (driver == nullptr) return;
  auto get = reinterpret_cast<int (*)(int*, int)>(dlsym(driver, "cuDeviceGet"));
  auto get_name = reinterpret_cast<int (*)(char*, int, int)>(dlsym(driver, "cuDeviceGetName"));
  auto get_memory = reinterpret_cast<int (*)(size_t*, int)>(dlsym(driver, "cuDeviceTotalMem_v2"));
  int device = 0;
  if (get != nullptr && get(&device, index) == 0) {
    char text[96] = {};
    size_t bytes = 0;
    if (get_name != nullptr && get_name(text, sizeof(text), device) == 0) *name = text;
    if (get_memory != nullptr && get_memory(&bytes, device) == 0) *memory = bytes;
  }
  dlclose(driver);
}

}  // namespace

size_t list_devices(DeviceInfo* out, size_t capacity) {
  if (capacity > 0) write_device(&out[0], "cpu", cpu_name(), cpu_memory());
  size_t cuda = at::globalContext().hasCUDA() ? at::detail::getCUDAHooks().deviceCount() : 0;
  for (size_t i = 0; i < cuda && i + 1 < capacity; i++) {
    std::string number = std::to_string(i);
    std::string name = "CUDA device " + number;
    uint64_t memory = 0;
    describe_cuda(static_cast<int>(i), &name, &memory);
    write_device(&out[i + 1], "cuda:" + number, name, memory);
  }
  return cuda + 1;
}

}  // namespace biovil
