#pragma once

#include <torch/csrc/jit/api/module.h>

#include <string>
#include <vector>

#include "engine/weights.h"

namespace biovil {

/// Loads a weightless TorchScript graph and binds what `methods` of it read to `weights`.
/// Throws ERR_MODEL_GRAPH, ERR_CHECKPOINT_KEYS, ERR_CHECKPOINT_SHAPE.
torch::jit::Module load_graph(const std::string& path, const std::vector<std::string>& methods,
                              Weights& weights, c10::Device device);

}  // namespace biovil
