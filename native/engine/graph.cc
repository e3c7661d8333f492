#include "engine/graph.h"

#include <torch/csrc/jit/passes/freeze_module.h>
#include <torch/csrc/jit/passes/frozen_graph_optimizations.h>
#include <torch/csrc/jit/passes/frozen_ops_to_mkldnn.h>
#include <torch/csrc/jit/passes/inliner.h>
#include <torch/csrc/jit/serialization/import.h>

#include <set>
#include <sstream>
#include <unordered_map>

#include "engine/failure.h"

namespace biovil {
namespace {

using torch::jit::Block;
using torch::jit::Module;
using torch::jit::Node;
using torch::jit::Value;

/// Dotted names of the attributes that a method reads, through whatever submodules.
class AttributeReads {
 public:
  explicit AttributeReads(const torch::jit::Method& method) : graph_(method.graph()->copy()) {
    torch::jit::Inline(*graph_);
    paths_[graph_->inputs().at(0)] = "";
    visit(graph_->block());
  }
  const std::set<std::string>& names() const { return names_; }

 private:
  void visit(const Block* block) {
    for (const Node* node : block->nodes()) {
      if (node->kind() == c10::prim::GetAttr) read(node);
      for (const Block* inner : node->blocks()) visit(inner);
    }
  }

  void read(const Node* node) {
    auto object = paths_.find(node->input());
    if (object == paths_.end()) return;
    std::string name = object->second + node->s(c10::attr::name);
    if (node->output()->type()->cast<c10::ClassType>()) {
      paths_[node->output()] = name + ".";
    } else {
      names_.insert(name);
    }
  }

  const std::shared_ptr<torch::jit::Graph> graph_;
  std::unordered_map<const Value*, std::string> paths_;
  std::set<std::string> names_;
};

std::string join(const std::vector<std::string>& names, size_t most) {
  std::string text;
  for (size_t i = 0; i < names.size() && i < most; i++) text += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > most) text += " and " + std::to_string(names.size() - most) + " more";
  return text;
}

/// The module that holds attribute `name`, and the attribute's own name in it.
std::pair<Module, std::string> owner(const Module& root, const std::string& name) {
  Module module = root;
  size_t start = 0;
  for (size_t dot; (dot = name.find('.', start)) != std::string::npos; start = dot + 1) {
    module = module.attr(name.substr(start, dot - start)).toModule();
  }
  return {module, name.substr(start)};
}

/// libtorch goes on with advice for its own developers.
std::string first_sentence(const std::string& text) { return text.substr(0, text.find(". ")); }

std::string shape_text(at::IntArrayRef shape) {
  std::ostringstream text;
  text << shape;
  return text.str();
}

/// A graph may leave shapes open, by a parameter of shape [0]: width and vocabulary come from the weights.
void check_shape(const std::string& name, at::IntArrayRef declared, at::IntArrayRef given) {
  bool open = declared == at::IntArrayRef({0});
  bool fits = open || declared == given;
  if (!fits) {
    throw EngineError("ERR_CHECKPOINT_SHAPE", "Weight " + name + " has shape " + shape_text(given) +
                                                  " but the graph declares " + shape_text(declared));
  }
}

void bind_weights(const Module& root, const std::set<std::string>& names, Weights& weights) {
  std::vector<std::string> missing;
  for (const std::string& name : names) {
    auto [module, attribute] = owner(root, name);
    c10::IValue value = module.attr(attribute);
    if (!value.isTensor()) continue;
    if (!weights.has(name)) {
      if (value.toTensor().is_meta()) missing.push_back(name);
      continue;
    }
    at::Tensor weight = weights.get(name);
    check_shape(name, value.toTensor().sizes(), weight.sizes());
    module.setattr(attribute, weight);
  }
  if (!missing.empty()) {
    throw EngineError("ERR_CHECKPOINT_KEYS", "The graph needs " + std::to_string(missing.size()) +
                                                 " weights that were not given: " + join(missing, 20));
  }
}

bool has_convolution(const Module& module, const std::vector<std::string>& methods) {
  for (const std::string& name : methods) {
    auto graph = module.get_method(name).graph()->copy();
    torch::jit::Inline(*graph);
    for (const Node* node : graph->nodes()) {
      if (node->kind() == c10::aten::_convolution || node->kind() == c10::aten::conv2d) return true;
    }
  }
  return false;
}

/// Weights become constants, each BatchNorm part of its convolution; on a CPU oneDNN keeps activations in its
/// own layout.
Module fold(const Module& module, const std::vector<std::string>& methods, bool cpu) {
  Module frozen = torch::jit::freeze_module(module, methods);
  for (const std::string& name : methods) {
    auto graph = frozen.get_method(name).graph();
    torch::jit::OptimizeFrozenGraph(graph, /*optimize_numerics=*/true);
    if (cpu) torch::jit::ConvertFrozenOpsToMKLDNN(graph);
  }
  return frozen;
}

Module read(const std::string& path, const std::vector<std::string>& methods) {
  Module module;
  try {
    module = torch::jit::load(path);
  } catch (const c10::Error& error) {
    throw EngineError("ERR_MODEL_GRAPH",
                      "Cannot read graph " + path + ": " + first_sentence(error.what_without_backtrace()));
  } catch (const std::exception& error) {
    throw EngineError("ERR_MODEL_GRAPH", "Cannot read graph " + path + ": " + first_sentence(error.what()));
  }
  for (const std::string& name : methods) {
    if (!module.find_method(name)) throw EngineError("ERR_MODEL_GRAPH", path + " has no method " + name);
  }
  return module;
}

}  // namespace

Module load_graph(const std::string& path, const std::vector<std::string>& methods, Weights& weights,
                  c10::Device device) {
  Module module = read(path, methods);
  std::set<std::string> names;
  for (const std::string& name : methods) {
    AttributeReads reads(module.get_method(name));
    names.insert(reads.names().begin(), reads.names().end());
  }
  bind_weights(module, names, weights);

  if (has_convolution(module, methods)) return fold(module, methods, device.is_cpu());

  // Not frozen: on BERT-base that changed nothing at B=32 S=24, cost 2 % at B=1 S=12 and 50 ms at load.
  return module;
}

}  // namespace biovil
