#pragma once

#include <cstddef>
#include <cstdint>

namespace biovil {

enum class SampleType { kUint8, kInt8, kUint16, kInt16, kUint32, kInt32, kFloat32, kFloat64 };

/// Samples of an image, interleaved and row-major; somebody else's memory.
struct Pixels {
  SampleType type;
  const void* data;
  int64_t width;
  int64_t height;
  int channels;  // 1, 3 or 4

  size_t row_length() const { return static_cast<size_t>(width) * static_cast<size_t>(channels); }
};

/// Calls `work` with a typed pointer to the samples.
template <typename Work>
auto with_samples(const Pixels& pixels, Work work) {
  switch (pixels.type) {
    case SampleType::kUint8:
      return work(static_cast<const uint8_t*>(pixels.data));
    case SampleType::kInt8:
      return work(static_cast<const int8_t*>(pixels.data));
    case SampleType::kUint16:
      return work(static_cast<const uint16_t*>(pixels.data));
    case SampleType::kInt16:
      return work(static_cast<const int16_t*>(pixels.data));
    case SampleType::kUint32:
      return work(static_cast<const uint32_t*>(pixels.data));
    case SampleType::kInt32:
      return work(static_cast<const int32_t*>(pixels.data));
    case SampleType::kFloat32:
      return work(static_cast<const float*>(pixels.data));
    case SampleType::kFloat64:
      break;
  }
  return work(static_cast<const double*>(pixels.data));
}

}  // namespace biovil
