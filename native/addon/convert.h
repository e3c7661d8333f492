#pragma once

#include <napi.h>

#include <memory>
#include <string>
#include <vector>

#include "addon/loader.h"
#include "engine.h"

// Between the objects of binding.d.ts and native values. JavaScript thread; a wrong type throws
// Napi::TypeError. scripts/check-native.mjs reads the `binding.d.ts:` marks in the source, and the functions
// under them.

namespace biovil {

/// A tensor that owns a copy of its bytes.
struct TensorCopy {
  ElementType type;
  std::vector<int64_t> dims;
  std::vector<char> bytes;

  TensorView view() const { return {type, bytes.data(), dims.data(), dims.size()}; }
};

struct ParameterRow {
  std::string name;
  size_t file;
  StoredType type;
  std::vector<int64_t> shape;
  std::vector<int64_t> strides;  // empty: row-major
  bool strided;
  uint64_t offset;
};

struct ProgramOptions {
  std::string graph;
  std::vector<std::string> methods;
  std::vector<std::string> files;
  std::vector<ParameterRow> parameters;
  std::string device;
  StoredType precision;
  int32_t threads;
};

EngineOptions read_engine_options(Napi::Value value);
ProgramOptions read_program_options(Napi::Value value);
TensorCopy read_tensor(Napi::Value value);
std::vector<TensorCopy> read_tensors(Napi::Value value);

Napi::Value write_engine_info(Napi::Env env, const LoadedEngine& engine);
Napi::Value write_device(Napi::Env env, const DeviceInfo& device);
/// Copies the numbers into memory that JavaScript allocates.
Napi::Value write_tensor(Napi::Env env, const TensorView& tensor);

}  // namespace biovil
