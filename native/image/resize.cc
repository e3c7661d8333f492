#include "image/resize.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "image/simd.h"
#include "image/transpose.h"

namespace biovil {
namespace {

constexpr int kBits = 22;
constexpr int32_t kHalf = 1 << (kBits - 1);
constexpr size_t kLanes = 16;

static_assert(kLanes == kRowsAtOnce);

BIOVIL_INLINE uint8_t clip(int32_t sum) {
  int32_t value = sum >> kBits;
  return static_cast<uint8_t>(value < 0 ? 0 : value > 255 ? 255 : value);
}

/// The weighted sum of `count` vectors of 16 bytes that lie `step` bytes apart.
BIOVIL_INLINE void weigh(const uint8_t* from, size_t step, const int32_t* weights, size_t count,
                         uint8_t* out) {
  int32_t sums[kLanes];
  for (int32_t& sum : sums) sum = kHalf;
  for (size_t k = 0; k < count; k++) {
    const uint8_t* bytes = from + k * step;
    for (size_t lane = 0; lane < kLanes; lane++) sums[lane] += weights[k] * static_cast<int32_t>(bytes[lane]);
  }
  for (size_t lane = 0; lane < kLanes; lane++) out[lane] = clip(sums[lane]);
}

BIOVIL_INLINE void weigh_along_x(const Weights& weights, const uint8_t* columns, uint8_t* results) {
  for (size_t x = 0; x < weights.size(); x++) {
    Weights::Taps taps = weights.taps(x);
    const uint8_t* from = columns + static_cast<size_t>(taps.start - weights.first()) * kLanes;
    weigh(from, kLanes, taps.weights, taps.count, results + x * kLanes);
  }
}

BIOVIL_INLINE void weigh_along_y(const Weights& weights, const uint8_t* rows, size_t stride, uint8_t* out) {
  for (size_t y = 0; y < weights.size(); y++) {
    Weights::Taps taps = weights.taps(y);
    const uint8_t* from = rows + static_cast<size_t>(taps.start - weights.first()) * stride;
    for (size_t x = 0; x < stride; x += kLanes)
      weigh(from + x, stride, taps.weights, taps.count, out + y * stride + x);
  }
}

BIOVIL_AVX2 void weigh_along_x_avx2(const Weights& weights, const uint8_t* columns, uint8_t* results) {
  weigh_along_x(weights, columns, results);
}

BIOVIL_AVX2 void weigh_along_y_avx2(const Weights& weights, const uint8_t* rows, size_t stride,
                                    uint8_t* out) {
  weigh_along_y(weights, rows, stride, out);
}

}  // namespace

Weights::Weights(int64_t input_size, const Span& span, int64_t crop) : identity_(span.size == input_size) {
  double scale = static_cast<double>(input_size) / static_cast<double>(span.size);
  double support = std::max(scale, 1.0);
  room_ = static_cast<size_t>(std::ceil(support)) * 2 + 1;
  for (int64_t cell = span.start; cell < span.start + crop; cell++)
    add((static_cast<double>(cell) + 0.5) * scale, support, 1.0 / support, input_size);
  first_ = starts_.front();
  last_ = starts_.back() + static_cast<int64_t>(counts_.back());
}

void Weights::add(double center, double support, double inverse_scale, int64_t input_size) {
  int64_t start = std::max<int64_t>(static_cast<int64_t>(center - support + 0.5), 0);
  int64_t end = std::min<int64_t>(static_cast<int64_t>(center + support + 0.5), input_size);
  auto count = static_cast<size_t>(end - start);
  std::vector<double> shares(count);
  double total = 0;
  for (size_t k = 0; k < count; k++) {
    double distance =
        std::abs((static_cast<double>(start + static_cast<int64_t>(k)) - center + 0.5) * inverse_scale);
    shares[k] = distance < 1 ? 1 - distance : 0;
    total += shares[k];
  }
  starts_.push_back(start);
  counts_.push_back(count);
  weights_.resize(starts_.size() * room_);
  int32_t* weights = &weights_[(starts_.size() - 1) * room_];
  for (size_t k = 0; k < count; k++) {
    double share = total == 0 ? shares[k] : shares[k] / total;
    weights[k] = static_cast<int32_t>(0.5 + share * (1 << kBits));
  }
}

RowResampler::RowResampler(const Weights& weights, size_t stride) : weights_(weights), stride_(stride) {
  if (weights.identity()) return;
  columns_.resize(padded(static_cast<size_t>(weights.last() - weights.first())) * kLanes);
  results_.resize(stride * kLanes);
}

void RowResampler::run(const uint8_t* const rows[kRowsAtOnce], uint8_t* out) {
  auto first = static_cast<size_t>(weights_.first());
  auto length = static_cast<size_t>(weights_.last()) - first;
  if (weights_.identity()) {
    for (size_t row = 0; row < kRowsAtOnce; row++)
      std::memcpy(out + row * stride_, rows[row] + first, weights_.size());
    return;
  }
  rows_to_columns(rows, first, length, columns_.data());
  (BIOVIL_HAS_AVX2 ? weigh_along_x_avx2 : weigh_along_x)(weights_, columns_.data(), results_.data());
  columns_to_rows(results_.data(), stride_, out);
}

void resample_columns(const Weights& weights, const uint8_t* rows, size_t stride, uint8_t* out) {
  if (weights.identity()) {
    std::memcpy(out, rows, weights.size() * stride);
    return;
  }
  (BIOVIL_HAS_AVX2 ? weigh_along_y_avx2 : weigh_along_y)(weights, rows, stride, out);
}

}  // namespace biovil
