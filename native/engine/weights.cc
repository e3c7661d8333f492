#include "engine/weights.h"

#include <ATen/Functions.h>

#include <cstring>
#include <tuple>

#include "engine/failure.h"
#include "engine/numerics.h"

namespace biovil {
namespace {

std::vector<int64_t> row_major(const std::vector<int64_t>& shape) {
  std::vector<int64_t> strides(shape.size(), 1);
  for (size_t i = shape.size(); i-- > 1;) strides[i - 1] = strides[i] * std::max<int64_t>(shape[i], 1);
  return strides;
}

/// Elements from the first to the last that the view touches. Throws where the numbers make no sense.
uint64_t extent(const char* name, const std::vector<int64_t>& shape, const std::vector<int64_t>& strides) {
  uint64_t last = 0;
  for (size_t i = 0; i < shape.size(); i++) {
    if (shape[i] == 0) return 0;
    uint64_t step = 0;
    if (shape[i] < 0 || strides[i] < 0 ||
        __builtin_mul_overflow(static_cast<uint64_t>(shape[i] - 1), static_cast<uint64_t>(strides[i]),
                               &step) ||
        __builtin_add_overflow(last, step, &last)) {
      throw EngineError("ERR_CHECKPOINT_SHAPE",
                        std::string("Weight ") + name + " has an impossible shape or stride");
    }
  }
  return last + 1;
}

}  // namespace

c10::ScalarType scalar_type(StoredType type) {
  switch (type) {
    case StoredType::kFloat32:
      return at::kFloat;
    case StoredType::kFloat16:
      return at::kHalf;
    case StoredType::kBfloat16:
      return at::kBFloat16;
    case StoredType::kFloat64:
      return at::kDouble;
    case StoredType::kInt64:
      return at::kLong;
  }
  throw EngineError("ERR_NATIVE", "Unknown stored type");
}

bool Weights::Key::operator<(const Key& other) const {
  return std::tie(file, offset, type, shape, strides) <
         std::tie(other.file, other.offset, other.type, other.shape, other.strides);
}

Weights::Weights(const ProgramSpec& spec, c10::Device device, c10::ScalarType precision)
    : device_(device), precision_(precision), allow_non_finite_(spec.allow_non_finite) {
  for (size_t i = 0; i < spec.file_count; i++) {
    files_.push_back(std::make_shared<MappedFile>(spec.files[i].path, spec.files[i].identity));
  }
  for (size_t i = 0; i < spec.parameter_count; i++) {
    const Parameter& row = spec.parameters[i];
    if (row.file >= files_.size()) throw EngineError("ERR_NATIVE", std::string(row.name) + " names no file");
    rows_[row.name] = &row;
  }
}

at::Tensor Weights::get(const std::string& name) {
  const Parameter& row = *rows_.at(name);
  Key key{row.file, row.offset, row.type, {row.shape, row.shape + row.rank}, {}};
  key.strides = row.strides == nullptr ? row_major(key.shape)
                                       : std::vector<int64_t>(row.strides, row.strides + row.rank);
  auto found = made_.find(key);
  if (found != made_.end()) return found->second;
  at::Tensor tensor = view(row, key).to(device_, precision_);
  if (!allow_non_finite_) require_finite(row, tensor);
  made_.emplace(std::move(key), tensor);
  return tensor;
}

/// Looks at what is bound, not at what is stored: a large float32 is infinite in float16.
void Weights::require_finite(const Parameter& row, const at::Tensor& tensor) const {
  const int64_t at = first_non_finite(tensor);
  if (at < 0) return;
  throw EngineError("ERR_CHECKPOINT_CORRUPT",
                    std::string("Weight ") + row.name + " of " + files_[row.file]->path() +
                        " is NaN or infinite in " + c10::toString(precision_) + ", first at element " +
                        std::to_string(at) +
                        ": everything that is computed from it would be. The option allowNonFinite loads it "
                        "all the same");
}

at::Tensor Weights::view(const Parameter& row, const Key& key) const {
  const std::shared_ptr<MappedFile>& file = files_[row.file];
  const c10::ScalarType type = scalar_type(row.type);
  const uint64_t size = c10::elementSize(type);
  uint64_t bytes = 0, end = 0;
  if (__builtin_mul_overflow(extent(row.name, key.shape, key.strides), size, &bytes) ||
      __builtin_add_overflow(bytes, row.offset, &end) || end > file->size()) {
    throw EngineError("ERR_CHECKPOINT_TRUNCATED", file->path() + " ends before weight " + row.name +
                                                      ": expected " + std::to_string(bytes) + " bytes at " +
                                                      std::to_string(row.offset) + ", but the file has " +
                                                      std::to_string(file->size()));
  }
  auto options = at::TensorOptions().dtype(type);
  if (bytes == 0) return at::empty(key.shape, options);
  char* data = file->data() + row.offset;
  if (reinterpret_cast<uintptr_t>(data) % size == 0) {
    // The tensor keeps the mapping alive.
    return at::from_blob(
        data, key.shape, key.strides, [file](void*) {}, options);
  }
  at::Tensor copy = at::empty({static_cast<int64_t>(bytes / size)}, options);
  std::memcpy(copy.data_ptr(), data, bytes);
  return copy.as_strided(key.shape, key.strides);
}

}  // namespace biovil
