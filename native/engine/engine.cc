#include "engine.h"

#include <ATen/Parallel.h>
#include <torch/headeronly/version.h>

#include <memory>
#include <vector>

#include "engine/cpu.h"
#include "engine/devices.h"
#include "engine/failure.h"
#include "engine/numerics.h"
#include "engine/program.h"

namespace biovil {

struct Results {
  std::vector<at::Tensor> tensors;
};

namespace {

bool configure(Failure* failure) {
  return guarded(failure, false, [] {
    require_full_float32();
    return true;
  });
}

bool tf32() {
  Failure ignored;
  return guarded(&ignored, true, [] { return allows_tf32(); });
}

size_t devices(DeviceInfo* out, size_t capacity, Failure* failure) {
  return guarded<size_t>(failure, 0, [&] { return list_devices(out, capacity); });
}

bool set_threads(int32_t threads, Failure* failure) {
  return guarded(failure, false, [&] {
    at::set_num_threads(threads > 0 ? threads : physical_cores());
    return true;
  });
}

Program* load(const ProgramSpec* spec, Failure* failure) {
  return guarded<Program*>(failure, nullptr, [&] { return new Program(*spec); });
}

Results* run(Program* program, const char* method, const TensorView* inputs, size_t count, Failure* failure) {
  return guarded<Results*>(failure, nullptr, [&] {
    auto results = std::make_unique<Results>();
    results->tensors = program->run(method, inputs, count);
    return results.release();
  });
}

size_t result_count(const Results* results) { return results->tensors.size(); }

TensorView result(const Results* results, size_t index) {
  const at::Tensor& tensor = results->tensors[index];
  return {ElementType::kFloat32, tensor.const_data_ptr(), tensor.sizes().data(), tensor.sizes().size()};
}

void free_results(Results* results) { delete results; }
void free_program(Program* program) { delete program; }

constexpr Engine kEngine = {kEngineAbi, TORCH_VERSION, configure,    tf32,   devices,      set_threads,
                            load,       run,           result_count, result, free_results, free_program};

}  // namespace
}  // namespace biovil

__attribute__((visibility("default"))) const biovil::Engine* biovil_engine() { return &biovil::kEngine; }
