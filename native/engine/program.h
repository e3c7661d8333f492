#pragma once

#include <ATen/core/Tensor.h>
#include <torch/csrc/jit/api/module.h>

#include <string>
#include <unordered_map>
#include <vector>

#include "engine.h"

namespace biovil {

/// A graph bound to weights on a device. Used by one thread at a time.
struct Program {
 public:
  explicit Program(const ProgramSpec& spec);
  /// float32, contiguous, in host memory.
  std::vector<at::Tensor> run(const std::string& method, const TensorView* inputs, size_t count);

 private:
  const c10::Device device_;
  torch::jit::Module module_;
  std::unordered_map<std::string, torch::jit::Method> methods_;
};

}  // namespace biovil
