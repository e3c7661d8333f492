#include "engine/program.h"

#include <ATen/Functions.h>
#include <c10/core/DeviceGuard.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/jit/passes/tensorexpr_fuser.h>
#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/csrc/jit/runtime/profiling_graph_executor_impl.h>

#include "engine/failure.h"
#include "engine/graph.h"
#include "engine/weights.h"

namespace biovil {
namespace {

c10::ScalarType element_type(ElementType type) {
  switch (type) {
    case ElementType::kFloat32:
      return at::kFloat;
    case ElementType::kInt32:
      return at::kInt;
    case ElementType::kUint8:
      return at::kByte;
  }
  throw EngineError("ERR_NATIVE", "Unknown element type");
}

/// The caller's memory outlives the run, so the tensor is a view of it, or a copy on the device.
at::Tensor input_tensor(const TensorView& view, c10::Device device) {
  at::Tensor tensor = at::from_blob(const_cast<void*>(view.data), at::IntArrayRef(view.dims, view.rank),
                                    at::TensorOptions().dtype(element_type(view.type)));
  return tensor.to(device, /*non_blocking=*/false);
}

void collect(const c10::IValue& value, std::vector<at::Tensor>* out) {
  if (value.isTensor()) {
    out->push_back(value.toTensor().to(at::kCPU, at::kFloat).contiguous());
  } else if (value.isTuple()) {
    for (const c10::IValue& element : value.toTupleRef().elements()) collect(element, out);
  } else if (value.isTensorList()) {
    for (const at::Tensor& tensor : value.toTensorVector()) collect(tensor, out);
  } else {
    throw EngineError("ERR_MODEL_GRAPH", "A method of the graph returned something other than tensors");
  }
}

/// Shapes change with every batch, so nothing that specialises on them pays: no profiling runs (50 ms each),
/// no fuser.
void configure_interpreter() {
  torch::jit::getProfilingMode() = false;
  torch::jit::setTensorExprFuserEnabled(false);
}

}  // namespace

Program::Program(const ProgramSpec& spec) : device_(spec.device) {
  configure_interpreter();
  c10::InferenceMode inference;
  c10::OptionalDeviceGuard guard(device_);
  Weights weights(spec, device_, scalar_type(spec.precision));
  std::vector<std::string> names(spec.methods, spec.methods + spec.method_count);
  module_ = load_graph(spec.graph, names, weights, device_);
  for (const std::string& name : names) methods_.emplace(name, module_.get_method(name));
}

std::vector<at::Tensor> Program::run(const std::string& method, const TensorView* inputs, size_t count) {
  auto found = methods_.find(method);
  if (found == methods_.end()) throw EngineError("ERR_MODEL_GRAPH", "The program has no method " + method);
  c10::InferenceMode inference;
  c10::OptionalDeviceGuard guard(device_);
  std::vector<c10::IValue> arguments;
  for (size_t i = 0; i < count; i++) arguments.emplace_back(input_tensor(inputs[i], device_));
  std::vector<at::Tensor> results;
  collect(found->second(std::move(arguments)), &results);
  return results;
}

}  // namespace biovil
