#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine.h"
#include "engine/mapped_file.h"

namespace biovil {

/// The weights of a program by name. Files are mapped on construction; a tensor is made when it is asked for,
/// and rows that name the same bytes with the same shape share it (a decoder tied to the word embeddings).
class Weights {
 public:
  Weights(const ProgramSpec& spec, c10::Device device, c10::ScalarType precision);

  bool has(const std::string& name) const { return rows_.count(name) != 0; }
  /// The weight on the device, in the precision. Throws ERR_CHECKPOINT_TRUNCATED, and ERR_CHECKPOINT_CORRUPT
  /// where it holds NaN or infinity and may not.
  at::Tensor get(const std::string& name);

 private:
  struct Key {
    size_t file;
    uint64_t offset;
    StoredType type;
    std::vector<int64_t> shape;
    std::vector<int64_t> strides;
    bool operator<(const Key& other) const;
  };

  at::Tensor view(const Parameter& row, const Key& key) const;
  void require_finite(const Parameter& row, const at::Tensor& tensor) const;

  const c10::Device device_;
  const c10::ScalarType precision_;
  const bool allow_non_finite_;
  std::vector<std::shared_ptr<MappedFile>> files_;
  std::unordered_map<std::string, const Parameter*> rows_;
  std::map<Key, at::Tensor> made_;
};

c10::ScalarType scalar_type(StoredType type);

}  // namespace biovil
